import type { EndEvent, Event, RetEvent, RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, scheduledBody } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { ConcurrentFuture } from './concurrent-completion.ts';

/** A done callback with its records. */
export type Added = {
  readonly operation: Operation;
  readonly ret: RetEvent;
  readonly run: RunEvent | undefined;
  readonly end: EndEvent | undefined;
};

/** What completes a future, as far as the history shows it. */
export type Completion = {
  /** Completion provably came after every record that precedes this one; none: nobody began to complete it. */
  readonly earliest: Event | undefined;
  /** The only operation that can have completed a future that the program completes, if it returned. */
  readonly by: Operation | undefined;
  /** The return after which the future is complete and its callbacks have been called, if only one thread completes it. */
  readonly over: RetEvent | undefined;
};

/** The done callbacks that were added to a future, in the order in which the calls began. */
export function callbacksOf(history: IndexedHistory, { operations }: ConcurrentFuture): readonly Added[] {
  return operations.flatMap((operation) => {
    if (operation.op !== 'concurrentAddDoneCallback' || !isAccepted(operation)) return [];
    const body = scheduledBody(history, operation);
    return [{ operation, ret: operation.ret!, run: body?.runs[0], end: body?.ends[0] }];
  });
}

/** What the history shows about the completion of a future. O(k log k) in the operations on it. */
export function completionOf(history: IndexedHistory, { made, operations }: ConcurrentFuture): Completion {
  const tried = operations.filter(({ op }) => op === 'concurrentSet' || op === 'concurrentCancel');
  const possible = tried.filter(({ ret }) => ret === undefined || (ret.err === undefined && ret.v !== false));
  const only = possible.length === 1 && possible[0]!.ret !== undefined ? possible[0] : undefined;
  if (made.op === 'createConcurrent') return { earliest: tried[0]?.inv, by: only, over: only?.ret };
  const end = scheduledBody(history, made)?.ends[0];
  const over = only?.ret !== undefined && (end === undefined || precedes(only.ret, end)) ? only.ret : undefined;
  // The loop may give up a coroutine without entering it: from a missing end nothing follows.
  if (end === undefined) return { earliest: made.inv, by: undefined, over };
  const earliest = tried[0] !== undefined && tried[0].inv.seq < end.seq ? tried[0].inv : end;
  return { earliest, by: undefined, over };
}

/** Callbacks that had been added before anything can have completed the future, in the order of their adding. */
export function addedBefore(callbacks: readonly Added[], { earliest }: Completion): readonly Added[] {
  return callbacks.filter(({ ret }) => earliest === undefined || precedes(ret, earliest));
}
