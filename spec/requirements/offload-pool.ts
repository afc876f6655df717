import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, operationsNamed, refsOf } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import { firstAbove } from './inbound-facts.ts';
import { isWhole, type Work } from './offload-work.ts';

/** More worker threads than this of one executor, and it is not judged: it bounds the cost of a question. */
const WORKER_THREADS_MAX = 64;

/** The executor that work was given to, if it is one that the program made. */
export function executorOf(work: Work): OpId | undefined {
  return refsOf(work.operation.args, 'executor')[0];
}

/** How many workers each executor of the program has. */
export function workerCounts(history: IndexedHistory): ReadonlyMap<OpId, number> {
  const counts = new Map<OpId, number>();
  for (const made of operationsNamed(history, 'makeExecutor')) {
    const count = made.args['count'];
    if (isAccepted(made) && typeof count === 'number') counts.set(made.id, count);
  }
  return counts;
}

/** Answers which works occupied every worker of an executor from provably before one record until after another. */
export type Occupancy = (executor: OpId, from: Event, until: Event) => readonly Work[] | undefined;

/**
 * Prepares answers: undefined unless exactly as many works as the executor has workers were inside their bodies all
 * that time, so that anything else given to it in between had to wait. O(n log n) once, then O(log n) a question.
 */
export function occupancy(history: IndexedHistory, works: readonly Work[]): Occupancy {
  const counts = workerCounts(history);
  const byThread = new Map<OpId, Map<string, Work[]>>();
  for (const work of works) {
    const executor = executorOf(work);
    if (executor === undefined || work.run === undefined) continue;
    let threads = byThread.get(executor);
    if (threads === undefined) {
      threads = new Map();
      byThread.set(executor, threads);
    }
    const known = threads.get(work.run.th);
    if (known === undefined) threads.set(work.run.th, [work]);
    else known.push(work);
  }
  for (const threads of byThread.values()) {
    for (const list of threads.values()) list.sort((one, other) => one.run!.seq - other.run!.seq);
  }
  return (executor, from, until) => {
    const threads = byThread.get(executor);
    if (threads === undefined || threads.size > WORKER_THREADS_MAX) return undefined;
    const held: Work[] = [];
    for (const list of threads.values()) {
      const work = list[firstAbove(list.length, (position) => list[position]!.run!.seq, from.seq) - 1];
      if (work === undefined || work.doubled || !precedes(work.run!, from)) continue;
      if (work.end === undefined ? isWhole(history) : precedes(until, work.end)) held.push(work);
    }
    return held.length === counts.get(executor) ? held : undefined;
  };
}
