import { type Event, type OpId, osThread, type RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';

/** What every requirement of the loop's own profile that is a MUST without deviations has in common. */
export const MUST_ON_LOOP = {
  scenario: 'A',
  level: 'MUST',
  needs: [],
  voidedBy: [],
  deviations: [],
} as const;

/** Nothing to judge. */
export const UNJUDGED: Judgement = { evidence: 0 };

/** A violation with its events in the order of their stamps; the violating operation counts as evidence itself. */
export function violated(evidence: number, explanation: string, ...events: readonly (Event | undefined)[]): Judgement {
  const shown = new Set(events.filter((event) => event !== undefined));
  return {
    evidence: evidence + 1,
    violation: { events: [...shown].sort((a, b) => a.seq - b.seq), explanation },
  };
}

/** The record was made on the loop's own thread, under either of its labels. */
export function isOnLoop(event: Event): boolean {
  return osThread(event.th) === 'L';
}

/** A forbidden call was made: what it broke cannot be told from what the implementation broke. */
export function isMisused(history: IndexedHistory): boolean {
  return history.byOp.has('rawCall');
}

/**
 * Makes something of a history once, however many judges ask for it one after the other. Only the newest history is
 * remembered: a map of all that are alive costs more than it saves where histories are small and many.
 */
export function perHistory<T>(make: (history: IndexedHistory) => T): (history: IndexedHistory) => T {
  let newest: { readonly history: IndexedHistory; readonly value: T } | undefined;
  return (history) => {
    if (newest?.history !== history) newest = { history, value: make(history) };
    return newest.value;
  };
}

/**
 * A judge that is asked only of histories in which one of these operations was begun and no forbidden call was made: in
 * all others there is nothing to judge, at next to no cost.
 */
export function whenInvoked(names: readonly string[], judge: Requirement['judge']): Requirement['judge'] {
  return (history) => {
    if (isMisused(history) || !names.some((name) => history.byOp.has(name))) return UNJUDGED;
    return judge(history);
  };
}

/** One loop at most lived in this history, so everything on the loop's thread is its business. */
export function hasOneLoop(history: IndexedHistory): boolean {
  return (history.byOp.get('newLoop')?.length ?? 0) <= 1 && !history.byOp.has('runner');
}

/** The loop that an operation used; undefined if several lived and the record does not name one. */
export function loopOf(history: IndexedHistory, operation: Operation): OpId | undefined {
  return hasOneLoop(history) ? 'only' : (operation.inv.loop?.ref ?? undefined);
}

/** The name by which explanations call what an operation scheduled or made. */
export function nameOf(operation: Operation): string {
  const body = operation.args['body'];
  return typeof body === 'string' ? `${body} (${operation.id})` : `${operation.op} ${operation.id}`;
}

/** Did the loop schedule this operation's body, to be run on its own thread? */
export function isLoopBody(operation: Operation | undefined): boolean {
  switch (operation?.op) {
    case 'callSoon':
    case 'callSoonThreadsafe':
    case 'callLater':
    case 'callAt':
    case 'createTask':
    case 'ensureFuture':
    case 'addDoneCallback':
    case 'runCoroutineThreadsafe':
    case 'runUntil':
    case 'await':
    case 'shield':
    case 'waitFor':
      return operation.args['body'] !== undefined;
    default:
      return false;
  }
}

/** Work that was put into the loop's ready queue, and ran. */
export type QueuedWork = { readonly operation: Operation; readonly run: RunEvent; readonly loop: OpId };

/**
 * Work that the loop's thread queued with callSoon, createTask or ensureFuture and that ran behind the call, in the
 * order in which it was queued: accepted, never named by a cancel, on a loop that is known. O(n log n).
 */
export const queuedWork: (history: IndexedHistory) => readonly QueuedWork[] = perHistory((history) => {
  const work: QueuedWork[] = [];
  for (const operation of operationsNamed(history, 'callSoon', 'createTask', 'ensureFuture')) {
    if (!isOnLoop(operation.inv) || !isAccepted(operation) || operation.args['body'] === undefined) continue;
    const run = scheduledBody(history, operation)?.runs[0];
    const loop = loopOf(history, operation);
    if (run === undefined || !isOnLoop(run) || run.seq < operation.ret!.seq || loop === undefined) continue;
    if (cancelOf(history, operation) === undefined) work.push({ operation, run, loop });
  }
  return work;
});

/** The value of a map, made on first use. */
export function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** How many of these ascending numbers are smaller than `limit`. O(log n). */
export function countBelow(ascending: readonly number[], limit: number): number {
  let low = 0;
  for (let high = ascending.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
