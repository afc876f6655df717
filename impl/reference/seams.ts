import type { Cell, Message, Platform, Visible, WaitOutcome } from '../platform.ts';
import { FOREVER } from '../platform.ts';
import type { Outcome } from './errors.ts';
import { decodeError } from './errors.ts';
import type { Future } from './future.ts';
import { type Inbox, ringInbox } from './inbox.ts';

/** The points of the reference at which a mutant puts a real bug back, each a small function. */
export type Seams = {
  /** A turn's first act: clear the wake flag, then take what is in the inbox, in this order. */
  readonly collect: (inbox: Inbox) => Visible<readonly Message[]>;
  /** The last act before the loop's thread blocks. */
  readonly beforePark: (inbox: Inbox) => Visible<void>;
  /** Wakes the loop for a completion from outside. */
  readonly ringCompletion: (inbox: Inbox) => Visible<void>;
  /** Gives a future what its executor work came to, unless it is done already. */
  readonly copyOutcome: (future: Future, outcome: Outcome) => void;
  /** Blocks until a concurrent future's state is no longer what was seen; `state + 1` is a spare word. */
  readonly awaitState: (platform: Platform, state: Cell, seen: number, deadline: number) => Visible<WaitOutcome>;
  /** Wakes all that wait for a concurrent future. */
  readonly signalState: (platform: Platform, state: Cell) => Visible<void>;
};

export function settle(future: Future, outcome: Outcome): void {
  if ('value' in outcome) future.setResult(outcome.value);
  else if ('error' in outcome) future.setException(decodeError(outcome.error));
  else future.cancel();
}

export const SEAMS: Seams = {
  *collect(inbox) {
    yield* inbox.clear();
    return yield* inbox.take();
  },
  *beforePark() {
    yield* [];
  },
  ringCompletion: ringInbox,
  copyOutcome(future, outcome) {
    if (!future.done()) settle(future, outcome);
  },
  awaitState: (platform, state, seen, deadline) => platform.wait(state, seen, deadline),
  *signalState(platform, state) {
    yield* platform.notify(state, FOREVER);
  },
};
