import { type Event, type History, osThread } from '../../spec/history.ts';
import { side } from '../../spec/relation.ts';
import type { CriticalSwap, StepPlace } from '../../spec/result.ts';
import { isOfQueue, operationAt, type StampedStep } from '../drive/switches.ts';
import { type Access, objectOf, READS_CLOCK, WRITES, WRITES_CLOCK } from '../explore/access.ts';
import { CLOCK } from '../explore/strategy.ts';
import type { CriticalPair } from './critical-pair.ts';
import type { PerformedProgram } from './program.ts';

/** What a critical pair of steps of a Program is to a person: where both stand in the history, and what differs then. */
export function describeCriticalPair(
  { trace, steps, history }: PerformedProgram,
  { first, second, passing }: CriticalPair<PerformedProgram>,
  token: string,
): CriticalSwap {
  const threads = labelsOf(trace, history);
  const difference = differenceOf(history, passing.history);
  return {
    first: placeOf(trace, first, history, threads),
    second: placeOf(trace, second, history, threads),
    on: sharedBy(steps[first]!, steps[second]!, trace[first]!),
    passing: { token, deviations: passing.deviations },
    threads,
    ...(difference === undefined ? {} : { difference }),
  };
}

function sharedBy(first: Access, second: Access, { kind }: StampedStep): CriticalSwap['on'] {
  const isWritten = ((first | second) & WRITES) !== 0;
  if (isWritten && objectOf(first) === objectOf(second)) return isOfQueue(kind) ? 'queue' : 'word';
  const knowsTime = (access: Access) => (access & (READS_CLOCK | WRITES_CLOCK)) !== 0;
  const movesTime = ((first | second) & WRITES_CLOCK) !== 0;
  return movesTime && knowsTime(first) && knowsTime(second) ? 'clock' : 'records';
}

/**
 * The threads' labels by their numbers, and a made-up one where a thread left no record. A step's first record is its
 * own thread's, except where it let another one go on: so the label that comes first most often is the thread's.
 */
function labelsOf(trace: readonly StampedStep[], history: History): readonly string[] {
  const labels = ['L'];
  const counts = new Map<number, Map<string, number>>();
  for (let at = 0; at < trace.length; at++) {
    const { tid, seq } = trace[at]!;
    if (tid === CLOCK || tid === 0) continue;
    labels[tid] ??= `thread ${tid}`;
    const end = trace[at + 1]?.seq ?? history.length;
    const record = history[seq];
    if (record === undefined || record.seq >= end || record.ev === 'eot' || osThread(record.th) === 'L') continue;
    const seen = counts.get(tid) ?? new Map<string, number>();
    seen.set(record.th, (seen.get(record.th) ?? 0) + 1);
    counts.set(tid, seen);
  }
  for (const [tid, seen] of counts) labels[tid] = [...seen].sort(([, a], [, b]) => b - a)[0]![0];
  return Array.from(labels, (label, tid) => label ?? `thread ${tid}`);
}

/** Records that a step stamped before its operation was performed are early, and its first ones. */
function placeOf(trace: readonly StampedStep[], at: number, history: History, labels: readonly string[]): StepPlace {
  const { tid, seq } = trace[at]!;
  if (tid === CLOCK) return { th: 'clock', operation: 'advance' };
  const th = labels[tid]!;
  const end = trace[at + 1]?.seq ?? history.length;
  const isOwn = (event: Event) => event.ev !== 'meta' && event.ev !== 'eot' && osThread(event.th) === th;
  let next = seq;
  for (; next < end; next++) {
    const event = history[next];
    if (event === undefined || !isOwn(event) || side(event) === 'late') break;
  }
  const after = history.slice(0, next).findLast(isOwn)?.seq;
  const before = history.slice(next).find(isOwn)?.seq;
  return {
    th,
    operation: operationAt(trace, at),
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
  };
}

/** Of the first records in which a thread differs, the earliest; stamps and times may differ. */
function differenceOf(here: History, there: History): CriticalSwap['difference'] {
  const ours = recordsByThread(here);
  const theirs = recordsByThread(there);
  const differences: NonNullable<CriticalSwap['difference']>[] = [];
  for (const th of new Set([...ours.keys(), ...theirs.keys()])) {
    const mine = ours.get(th) ?? [];
    const other = theirs.get(th) ?? [];
    const at = Array.from({ length: Math.max(mine.length, other.length) }).findIndex(
      (_, index) => contentOf(mine[index]) !== contentOf(other[index]),
    );
    if (at === -1) continue;
    const differs = { th, ...(mine[at] ? { here: mine[at] } : {}), ...(other[at] ? { there: other[at] } : {}) };
    differences.push(differs);
  }
  const seqOf = ({ here: mine, there: other }: NonNullable<CriticalSwap['difference']>) =>
    Math.min(mine?.seq ?? Number.POSITIVE_INFINITY, other?.seq ?? Number.POSITIVE_INFINITY);
  return differences.sort((a, b) => seqOf(a) - seqOf(b))[0];
}

function recordsByThread(history: History): ReadonlyMap<string, readonly Event[]> {
  const records = new Map<string, Event[]>();
  for (const event of history) {
    if (event.ev === 'meta' || event.ev === 'eot') continue;
    const th = osThread(event.th);
    const before = records.get(th);
    if (before === undefined) records.set(th, [event]);
    else before.push(event);
  }
  return records;
}

function contentOf(event: Event | undefined): string {
  return JSON.stringify({ ...event, seq: 0, t: 0 });
}
