import type { Event, RetEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';

/** One concurrent future with all that was performed on it, in order. */
export type ConcurrentFuture = {
  /** The operation that made it; `runCoroutineThreadsafe` completes it, `createConcurrent` leaves that to the program. */
  readonly made: Operation;
  readonly operations: readonly Operation[];
  /** All proofs that the future was complete, by the stamps of their records. */
  readonly proofs: readonly CompletionProof[];
};

/**
 * A late record that only a completed concurrent future allows, and how the future was completed as far as it shows:
 * `settled` by a value or an error, `cancelled`, or `either`.
 */
export type CompletionProof = {
  readonly record: Event;
  readonly by: Operation;
  readonly how: 'settled' | 'cancelled' | 'either';
};

/** The program completes the future itself, so that what its coroutine does decides nothing alone. */
export function isSetByProgram({ operations }: ConcurrentFuture): boolean {
  return operations.some(({ op }) => op === 'concurrentSet');
}

/** The first begun cancel of the future that may have been the one that took effect. */
export function firstPossibleCancel({ operations }: ConcurrentFuture): Operation | undefined {
  return operations.find(({ op, ret }) => op === 'concurrentCancel' && ret?.v !== false && ret?.err !== 'UNSET');
}

/** The cancel that was the first to return true. */
export function firstTrueCancel({ operations }: ConcurrentFuture): Operation | undefined {
  let first: Operation | undefined;
  for (const operation of operations) {
    if (operation.op !== 'concurrentCancel' || operation.ret?.v !== true) continue;
    if (first === undefined || operation.ret.seq < first.ret!.seq) first = operation;
  }
  return first;
}

function howQueried(ret: RetEvent): CompletionProof['how'] | undefined {
  const state = ret.v as { readonly done?: unknown; readonly cancelled?: unknown } | null | undefined;
  if (typeof state !== 'object' || state?.done !== true) return undefined;
  return state.cancelled === true ? 'cancelled' : state.cancelled === false ? 'settled' : 'either';
}

function howAnswered(ret: RetEvent): CompletionProof['how'] | undefined {
  if (ret.err === 'CANCELLED') return 'cancelled';
  return ret.err === undefined || ret.err.startsWith('USER(') ? 'settled' : undefined;
}

function proofOf(history: IndexedHistory, by: Operation): CompletionProof | undefined {
  const { ret } = by;
  if (by.op === 'concurrentAddDoneCallback') {
    const run = scheduledBody(history, by)?.runs[0];
    return run === undefined ? undefined : { record: run, by, how: 'either' };
  }
  if (ret === undefined) return undefined;
  let how: CompletionProof['how'] | undefined;
  if (by.op === 'concurrentSet') how = ret.err === undefined ? 'settled' : undefined;
  else if (by.op === 'concurrentCancel') how = ret.v === true ? 'cancelled' : undefined;
  else if (by.op === 'concurrentQuery') how = howQueried(ret);
  else if (by.op === 'concurrentResult' || by.op === 'concurrentException') how = howAnswered(ret);
  return how === undefined ? undefined : { record: ret, by, how };
}

/** Several judges ask for the futures of one history; what they are is decided once. */
const FUTURES: WeakMap<IndexedHistory, readonly ConcurrentFuture[]> = new WeakMap();

/**
 * Every concurrent future that something was performed on, in the order of their making, those whose making was
 * refused left out. O(n log n) for the first call of a history, then O(1).
 */
export function concurrentFutures(history: IndexedHistory): readonly ConcurrentFuture[] {
  let futures = FUTURES.get(history);
  if (futures === undefined) {
    futures = operationsNamed(history, 'createConcurrent', 'runCoroutineThreadsafe').flatMap((made) => {
      const operations = made.ret?.err === undefined ? history.byRef.get(made.id) : undefined;
      if (operations === undefined) return [];
      const proofs = operations.flatMap((operation) => proofOf(history, operation) ?? []);
      proofs.sort((a, b) => a.record.seq - b.record.seq);
      return [{ made, operations, proofs }];
    });
    FUTURES.set(history, futures);
  }
  return futures;
}

/** The outcome of the future may itself be an error of kind TIMEOUT, which is no expiry; unknown outcomes count. */
export function mayFailWithTimeout(history: IndexedHistory, future: ConcurrentFuture): boolean {
  if (future.operations.some(({ op, args }) => op === 'concurrentSet' && args['error'] === 'TIMEOUT')) return true;
  return scheduledBody(history, future.made)?.ends.some(({ err }) => err === 'TIMEOUT') ?? false;
}
