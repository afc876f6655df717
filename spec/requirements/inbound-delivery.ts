import type { Event } from '../history.ts';
import { type IndexedHistory, type Operation, refsOf, scheduledBody } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { hasOneLoop, laterOf } from './inbound-facts.ts';
import type { Submission } from './inbound-outcome.ts';

/** A suspension of a coroutine that a cancel has to end, and the late record from which that was certain. */
export type OwedResumption = { readonly suspended: Operation; readonly since: Event };

/** Operations on a future that can end the wait for it with CANCELLED. */
const MAY_CANCEL_WAIT: ReadonlySet<string> = new Set(['cancelFuture', 'setException', 'complete']);

/** The coroutine sleeps, or awaits a plain future itself: nothing in between may keep a cancellation to itself. */
export function isPlainSuspension(history: IndexedHistory, { op, args, susp }: Operation): boolean {
  if (susp === undefined) return false;
  if (op === 'sleep') return true;
  const awaited = refsOf(args)[0];
  return op === 'await' && awaited !== undefined && history.operations.get(awaited)?.op === 'createFuture';
}

/**
 * The suspension that the first cancel of a submission meets, `cancel` being the first that returned true. Either the
 * coroutine was in it before any cancel began, or it is its first suspension at all, so that no earlier one can have
 * had the cancellation (and a coroutine that suppressed it be waiting for something else by now).
 *
 *   L     run co … susp(s) ───────────────► resm(s, CANCELLED)
 *   F1            inv cancel   ret true
 */
export function owedResumption(
  history: IndexedHistory,
  { future }: Submission,
  cancel: Operation,
): OwedResumption | undefined {
  const begun = future.operations.find(({ op }) => op === 'concurrentCancel')!.inv.seq;
  const body = scheduledBody(history, future.made);
  const suspensions = body?.operations.filter(({ susp }) => susp !== undefined) ?? [];
  const met = suspensions.findLast(({ susp }) => susp!.seq < begun);
  const suspended = met !== undefined && (met.resm?.seq ?? begun) >= begun ? met : suspensions[0];
  if (suspended === undefined || !isPlainSuspension(history, suspended)) return undefined;
  return { suspended, since: laterOf<Event>(cancel.ret!, suspended.susp!) };
}

/**
 * The coroutine met a cancellation that only a cancel of its concurrent future can have caused: in a plain suspension
 * that ended after the first such cancel began. Nothing is concluded of one that has a `timeout` block.
 */
export function didMeetCancel(history: IndexedHistory, { future }: Submission): boolean {
  const begun = future.operations.find(({ op }) => op === 'concurrentCancel')?.inv.seq ?? Number.POSITIVE_INFINITY;
  const operations = scheduledBody(history, future.made)?.operations ?? [];
  if (operations.some(({ op }) => op === 'timeout')) return false;
  return operations.some((operation) => {
    if (operation.resm?.err !== 'CANCELLED' || operation.resm.seq < begun) return false;
    if (!isPlainSuspension(history, operation)) return false;
    const touched = history.byRef.get(refsOf(operation.args)[0] ?? '') ?? [];
    return !touched.some(({ op }) => MAY_CANCEL_WAIT.has(op));
  });
}

/**
 * The coroutine was not resumed in time: late while the loop was idle, or not at all although the loop was drained
 * afterwards (`isDrained`, see `drainedAfter`).
 */
export function isUndelivered(
  history: IndexedHistory,
  { future }: Submission,
  { suspended, since }: OwedResumption,
  isDrained: (record: Event, loop: Operation['loop']) => boolean,
): boolean {
  if (hasOneLoop(history) && isLate(history, since, suspended.resm)) return true;
  return suspended.resm === undefined && isDrained(since, future.made.loop);
}
