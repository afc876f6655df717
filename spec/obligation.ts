import type { Event } from './history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from './indexed-history.ts';
import { precedes } from './relation.ts';

/** Passes of `quiesce` at which it gave up: its history then owes nothing. */
const QUIESCE_PASSES_MAX = 100;

/** Operations that may cancel a task they do not name. */
const CANCELLING: readonly string[] = [
  'cancelTask',
  'cancelFuture',
  'concurrentCancel',
  'waitFor',
  'timeout',
  'runner',
  'gather',
];

/** The operation was accepted: it returned without an error. */
export function isAccepted(operation: Operation): boolean {
  return operation.ret !== undefined && operation.ret.err === undefined;
}

/** The first record of a cancel of exactly this object (`cancelHandle`, `cancelTask`, …), if any was begun. */
export function cancelOf(history: IndexedHistory, operation: Operation): Event | undefined {
  return history.byRef.get(operation.id)?.find((other) => other.op === 'cancelHandle' || other.op === 'cancelTask')
    ?.inv;
}

/**
 * The work must have run by the end of this history (contract 3, lower bound of exactly-once): scheduled by callSoon,
 * callSoonThreadsafe or createTask, accepted before a `quiesce` of the same loop that drained it, nothing cancelled
 * it, and the program ended by its own logic. A task that others await is excused as soon as anything in the history
 * cancels, since cancellation travels along awaits.
 */
export function isOwed(history: IndexedHistory, operation: Operation): boolean {
  const { ret } = operation;
  if (history.eot?.reason !== 'done' || ret === undefined || ret.err !== undefined) return false;
  if (cancelOf(history, operation) !== undefined) return false;
  if (operation.op === 'createTask' && history.byRef.has(operation.id)) {
    if (CANCELLING.some((name) => history.byOp.has(name))) return false;
  }
  return operationsNamed(history, 'quiesce').some(
    (quiesce) =>
      quiesce.loop === operation.loop &&
      typeof quiesce.ret?.v === 'number' &&
      quiesce.ret.v < QUIESCE_PASSES_MAX &&
      precedes(ret, quiesce.inv),
  );
}
