import type { EndEvent, Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import type { Json } from '../program.ts';
import { precedes } from '../relation.ts';
import {
  type ConcurrentFuture,
  concurrentFutures,
  firstPossibleCancel,
  isSetByProgram,
} from './concurrent-completion.ts';
import { didDrain, hasOneLoop, hungSince, isForeign, laterOf } from './inbound-facts.ts';

/** A submitted coroutine and what a foreign thread was told about it. */
export type Submission = {
  readonly future: ConcurrentFuture;
  readonly name: string;
  readonly end: EndEvent | undefined;
  readonly wasEntered: boolean;
};

/** Submissions that only their coroutine completes: nobody else sets their future. */
export function submissionsOf(history: IndexedHistory): readonly Submission[] {
  return concurrentFutures(history).flatMap((future) => {
    if (future.made.op !== 'runCoroutineThreadsafe' || isSetByProgram(future)) return [];
    const body = scheduledBody(history, future.made);
    return [
      { future, name: String(future.made.args['body']), end: body?.ends[0], wasEntered: (body?.runs.length ?? 0) > 0 },
    ];
  });
}

/** The foreign concurrentResult calls on a submission that no cancel can have decided. */
export function uncancelledCalls({ future }: Submission): readonly Operation[] {
  const cancel = firstPossibleCancel(future);
  return future.operations.filter(({ op, inv, ret }) => {
    if (op !== 'concurrentResult' || !isForeign(inv) || ret?.err === 'UNSET') return false;
    return cancel === undefined || (ret !== undefined && precedes(ret, cancel.inv));
  });
}

/**
 * Bodies that cancel the task they run in, themselves or through a body they await or made: what such a task ends
 * with need not be what its coroutine ended with. O(n).
 */
export function selfCancelling(history: IndexedHistory): ReadonlySet<OpId> {
  const found = new Set<OpId>();
  for (const { inv, args } of operationsNamed(history, 'cancelTask')) {
    if (args['of'] !== undefined) continue;
    let body: OpId | undefined = inv.inst;
    while (body !== undefined && !found.has(body)) {
      found.add(body);
      body = history.instances.get(body)?.operation?.inv.inst;
    }
  }
  return found;
}

/**
 * The first stamp from which a loop may be winding down: it is stopped or closed, or the body it ran for has ended.
 * From then on an implementation may cancel what is left, or tell waiters that it will not come.
 */
export function windingDownFrom(history: IndexedHistory): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { inv } of operationsNamed(history, 'stop', 'close').slice(0, 1)) first = inv.seq;
  for (const run of operationsNamed(history, 'runUntil', 'runner')) {
    first = Math.min(first, scheduledBody(history, run)?.ends[0]?.seq ?? first);
  }
  return first;
}

/**
 * From which record on the future of a coroutine that ended must be complete: one that only a complete future allows,
 * or the return of a `quiesce` that passed over every hop after the end. `undefined`: no record shows it.
 */
function completeSince(history: IndexedHistory, { future, end }: Submission): Event | undefined {
  const proof = future.proofs[0]?.record;
  const drain = operationsNamed(history, 'quiesce').find(
    (quiesce) => quiesce.loop === future.made.loop && didDrain(quiesce) && quiesce.ret!.seq > end!.seq,
  )?.ret;
  if (proof === undefined || drain === undefined) return proof ?? drain;
  return proof.seq < drain.seq ? proof : drain;
}

/**
 * An unbounded call that hung although its coroutine had ended: the history ended by deadlock or deadline, and the
 * future was complete, or the loop was idle, long enough after the end. O(log n) beyond the operations on the future.
 */
export function isStuck(history: IndexedHistory, submission: Submission, call: Operation): boolean {
  const { end } = submission;
  const isHung = history.eot?.reason === 'deadlock' || history.eot?.reason === 'deadline';
  if (!isHung || end === undefined || call.ret !== undefined || typeof call.args['timeoutUs'] === 'number')
    return false;
  const complete = completeSince(history, submission);
  if (complete !== undefined && hungSince(history, laterOf<Event>(complete, call.inv))) return true;
  return hasOneLoop(history) && hungSince(history, laterOf<Event>(end, call.inv)) && isLate(history, end, undefined);
}

/** Equality of JSON values, whatever the order of keys. */
export function isSameValue(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [one, other] as { readonly [key: string]: Json }[];
  const keys = Object.keys(left!);
  return (
    keys.length === Object.keys(right!).length &&
    keys.every((key) => key in right! && isSameValue(left![key], right![key]))
  );
}
