import type { Event } from './history.ts';
import type { IndexedHistory, Operation } from './indexed-history.ts';

/** The operation was accepted: it returned without an error. */
export function isAccepted(operation: Operation): boolean {
  return operation.ret !== undefined && operation.ret.err === undefined;
}

/** The first record of a cancel of exactly this object (`cancelHandle`, `cancelTask`, …), if any was begun. */
export function cancelOf(history: IndexedHistory, operation: Operation): Event | undefined {
  return history.byRef.get(operation.id)?.find((other) => other.op === 'cancelHandle' || other.op === 'cancelTask')
    ?.inv;
}
