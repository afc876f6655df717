import type { Event, OpId, RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Violation } from '../verdict.ts';

/** Facts that several judges of traffic into the loop rest on. All are cheap and none assumes that ids are known. */

/** Passes of `quiesce` at which it gave up: nothing is owed after it. */
const QUIESCE_PASSES_MAX = 100;

/** The record was made by a thread other than the loop's (M and L are one). */
export function isForeign(event: Event): boolean {
  return event.th !== 'L' && event.th !== 'M';
}

/** At most one loop was ever made, so that "idle" and "late" can mean no other one. */
export function hasOneLoop(history: IndexedHistory): boolean {
  return operationsNamed(history, 'newLoop').length <= 1 && !history.byOp.has('runner');
}

/**
 * The judge, but silent on histories with a call that the documentation forbids: what such a call broke cannot be told
 * from what the implementation broke.
 */
export function unlessMisused(judge: Requirement['judge']): Requirement['judge'] {
  return (history) => (history.byOp.has('rawCall') ? { evidence: 0 } : judge(history));
}

/** A violation with its records in the order of their stamps; absent ones are left out. */
export function witness(records: readonly (Event | undefined)[], explanation: string): Violation {
  const events = records.filter((record) => record !== undefined).sort((a, b) => a.seq - b.seq);
  return { events, explanation };
}

/** The body was passed as what it is: one passed as a plain function may rightly never be entered. */
export function isPassedPlainly(operation: Operation): boolean {
  return operation.args['as'] === undefined;
}

export function firstRun(history: IndexedHistory, operation: Operation): RunEvent | undefined {
  return scheduledBody(history, operation)?.runs[0];
}

/** The record with the greater stamp. */
export function laterOf<E extends Event>(one: E, other: E): E {
  return one.seq < other.seq ? other : one;
}

/** A `timeoutUs` in nanoseconds; absent or null waits for ever. */
export function timeoutNs({ args }: Pick<Operation, 'args'>): number {
  const value = args['timeoutUs'];
  return typeof value === 'number' ? value * 1000 : Number.POSITIVE_INFINITY;
}

/** What a submission or a concurrent future is called in explanations. */
export function nameOf(operation: Operation): string {
  const body = operation.args['body'];
  return typeof body === 'string' ? body : `concurrent future ${operation.id}`;
}

/**
 * The history hung, and something that a thread waits for and that was certain since `since` never reached it: always
 * at a deadlock (nobody can move any more), at a deadline if it was certain for more than B.
 */
export function hungSince(history: IndexedHistory, since: Event): boolean {
  const { eot, bounds } = history;
  if (eot?.reason === 'deadlock') return true;
  return eot?.reason === 'deadline' && bounds.B !== null && eot.t - since.t > bounds.B;
}

/** The `quiesce` passed over everything that was ready, and did not give up. */
export function didDrain({ ret }: Operation): boolean {
  return typeof ret?.v === 'number' && ret.v < QUIESCE_PASSES_MAX;
}

/**
 * Tells whether a loop was drained after a record: a `quiesce` of it that did not give up began provably after the
 * record and the program ended by its own logic (contract 3, lower bounds). With a `runner` it cannot be told which loop
 * another thread's call reached, and nothing counts as drained. O(quiesce operations) once, then O(1).
 */
export function drainedAfter(history: IndexedHistory): (record: Event, loop: OpId | null) => boolean {
  const last = new Map<OpId | null, Operation>();
  if (history.eot?.reason === 'done' && !history.byOp.has('runner')) {
    for (const quiesce of operationsNamed(history, 'quiesce')) {
      if (didDrain(quiesce)) last.set(quiesce.loop, quiesce);
    }
  }
  return (record, loop) => {
    const quiesce = last.get(loop);
    return quiesce !== undefined && precedes(record, quiesce.inv);
  };
}

/** Position of the first of `count` ascending values that is greater than `limit`; `count` if there is none. O(log n). */
export function firstAbove(count: number, valueAt: (position: number) => number, limit: number): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
