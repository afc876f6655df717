import type { Cell, Message, Platform, Visible, WaitOutcome } from '../platform.ts';
import { FOREVER } from '../platform.ts';
import type { Outcome } from './errors.ts';
import { decodeError } from './errors.ts';
import type { Future } from './future.ts';
import { type Inbox, ringInbox } from './inbox.ts';

/** The points of the reference at which a mutant puts a real bug back, each a small function. */
export type Seams = {
  /** Lets a submitter in unless the loop is closed; it leaves by the gate. */
  readonly admit: (inbox: Inbox) => Visible<boolean>;
  /** Puts a message where the loop will find it; `address.inbox + 1` is a spare port. */
  readonly deposit: (inbox: Inbox, message: Message) => Visible<void>;
  /** Takes all messages, in the order in which they run. */
  readonly take: (inbox: Inbox) => Visible<readonly Message[]>;
  /** A turn's first act: clear the wake flag, then take what is in the inbox, in this order. */
  readonly collect: (inbox: Inbox) => Visible<readonly Message[]>;
  /** The last act before the loop's thread blocks. */
  readonly beforePark: (inbox: Inbox) => Visible<void>;
  /** Wakes the loop for a completion from outside. */
  readonly ringCompletion: (inbox: Inbox) => Visible<void>;
  /** Gives a future what its executor work came to, unless it is done already. */
  readonly copyOutcome: (future: Future, outcome: Outcome) => void;
  /** Moves a concurrent future's state from pending on, and says whether it was this call that did. */
  readonly claim: (platform: Platform, state: Cell, next: number) => Visible<boolean>;
  /** Blocks until a concurrent future's state is no longer what was seen; `state + 1` is a spare word. */
  readonly awaitState: (platform: Platform, state: Cell, seen: number, deadline: number) => Visible<WaitOutcome>;
  /** Wakes all that wait for a concurrent future. */
  readonly signalState: (platform: Platform, state: Cell) => Visible<void>;
};

/** A concurrent future's state at first. */
export const PENDING = 0;

export function settle(future: Future, outcome: Outcome): void {
  if ('value' in outcome) future.setResult(outcome.value);
  else if ('error' in outcome) future.setException(decodeError(outcome.error));
  else future.cancel();
}

export const SEAMS: Seams = {
  admit: ({ gate }) => gate.enter(),
  deposit: ({ platform, address }, message) => platform.post(address.inbox, message),
  take: ({ platform, address }) => platform.drain(address.inbox),
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
  *claim(platform, state, next) {
    return (yield* platform.compareExchange(state, PENDING, next)) === PENDING;
  },
  awaitState: (platform, state, seen, deadline) => platform.wait(state, seen, deadline),
  *signalState(platform, state) {
    yield* platform.notify(state, FOREVER);
  },
};
