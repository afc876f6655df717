import { FOREVER, type Message, type Platform, TIMED_OUT, type Visible } from '../platform.ts';
import { decodeError, isClosed, LoopError, type Outcome } from './errors.ts';
import { Inbox } from './inbox.ts';
import { RemoteHandle } from './remote-handle.ts';
import { SEAMS, type Seams } from './seams.ts';
import type { ConcurrentAddress, FunctionTable, LoopAddress } from './types.ts';

/** Cells from the state on: the state, a spare word, and how many wait. */
const WAITERS = 2;
const CELLS = 3;

const SETTING = 1;
const FINISHED = 2;
const CANCELLED = 3;

function isFinal(state: number): boolean {
  return state === FINISHED || state === CANCELLED;
}

/**
 * An outcome to come that threads may block for. Each thread has an object of its own; what they share is a word for
 * the state (with a spare one behind it), one that counts who waits, a port that holds the outcome, and one for done
 * callbacks. Whoever completes it wakes nobody where nobody waits:
 *
 *   completer   state PENDING→SETTING   post outcome   state FINISHED   waiters? ── signal   done callbacks
 *   waiter      waiters +1   state? ── block while it is what was seen ── state again   peek outcome   waiters -1
 *
 * After a time-out the state is read once more: a completion that returned before the deadline is delivered.
 */
export class ConcurrentFuture {
  readonly address: ConcurrentAddress;
  private readonly platform: Platform;
  private readonly functions: FunctionTable;
  private readonly seams: Seams;

  private constructor(platform: Platform, functions: FunctionTable, address: ConcurrentAddress, seams: Seams) {
    this.platform = platform;
    this.functions = functions;
    this.address = address;
    this.seams = seams;
  }

  /** `loop` is the one whose coroutine will complete it, if there is one. */
  static create(
    platform: Platform,
    functions: FunctionTable,
    loop: LoopAddress | null = null,
    seams: Seams = SEAMS,
  ): ConcurrentFuture {
    const state = platform.allocateCells(CELLS);
    const address = { state, value: platform.allocatePort(), callbacks: platform.allocatePort(), loop };
    return new ConcurrentFuture(platform, functions, address, seams);
  }

  /** Another thread's own object for it. */
  static at(
    platform: Platform,
    functions: FunctionTable,
    address: ConcurrentAddress,
    seams: Seams = SEAMS,
  ): ConcurrentFuture {
    return new ConcurrentFuture(platform, functions, address, seams);
  }

  *done(): Visible<boolean> {
    return isFinal(yield* this.platform.load(this.address.state));
  }

  *cancelled(): Visible<boolean> {
    return (yield* this.platform.load(this.address.state)) === CANCELLED;
  }

  /** A submission stays pending while its coroutine runs, so that it can be cancelled; nothing else runs. */
  *running(): Visible<boolean> {
    yield* [];
    return false;
  }

  /** Blocks for the value at most so long (null: for good; 0 or less: not at all); throws the error, CANCELLED, TIMEOUT. */
  *result(timeoutNs: number | null): Visible<Message> {
    const outcome = yield* this.outcome(timeoutNs);
    if ('value' in outcome) return outcome.value;
    throw decodeError('error' in outcome ? outcome.error : null);
  }

  /** The encoded error, or null; blocks and throws as `result` does. */
  *exception(timeoutNs: number | null): Visible<Message> {
    const outcome = yield* this.outcome(timeoutNs);
    return 'error' in outcome ? outcome.error : null;
  }

  *setResult(value: Message): Visible<void> {
    if (!(yield* this.settle({ value }))) throw new LoopError('INVALID_STATE', 'it is already done');
  }

  *setException(error: Message): Visible<void> {
    if (!(yield* this.settle({ error }))) throw new LoopError('INVALID_STATE', 'it is already done');
  }

  /** Completes it unless it is done, and says whether it did. Its done callbacks run here, in their order. */
  *settle(outcome: Outcome): Visible<boolean> {
    const { state, value } = this.address;
    if ('cancelled' in outcome) return yield* this.markCancelled();
    if (!(yield* this.seams.claim(this.platform, state, SETTING))) return false;
    yield* this.platform.post(value, outcome);
    yield* this.platform.store(state, FINISHED);
    yield* this.signal();
    yield* this.runCallbacks();
    return true;
  }

  /** True: it is cancelled, now or before, and stays so. Its loop, if there is one, cancels the coroutine. */
  *cancel(): Visible<boolean> {
    if (!(yield* this.markCancelled())) return yield* this.cancelled();
    const { loop, state } = this.address;
    if (loop === null) return true;
    try {
      yield* new Inbox(this.platform, loop, this.seams).submit(['cancel', state]);
    } catch (error) {
      // A closed loop has nothing left to cancel.
      if (!isClosed(error)) throw error;
    }
    return true;
  }

  /** Runs by id where it is completed; at once, here, if it is done already. Each exactly once. */
  *addDoneCallback(functionId: string, args: readonly Message[]): Visible<void> {
    if (yield* this.done()) {
      yield* this.call(functionId, args);
      return;
    }
    const claim = RemoteHandle.create(this.platform);
    yield* this.platform.post(this.address.callbacks, [functionId, args, claim.address]);
    // Whoever completed it meanwhile may have looked before the callback was there; others' are still the completer's.
    if ((yield* this.done()) && (yield* claim.take())) yield* this.call(functionId, args);
  }

  private *markCancelled(): Visible<boolean> {
    const { state } = this.address;
    if (!(yield* this.seams.claim(this.platform, state, CANCELLED))) return false;
    yield* this.signal();
    yield* this.runCallbacks();
    return true;
  }

  private *signal(): Visible<void> {
    const { state } = this.address;
    if ((yield* this.platform.load(state + WAITERS)) > 0) yield* this.seams.signalState(this.platform, state);
  }

  private *outcome(timeoutNs: number | null): Visible<Outcome> {
    const waiters = this.address.state + WAITERS;
    yield* this.platform.add(waiters, 1);
    try {
      return yield* this.await(timeoutNs);
    } finally {
      yield* this.platform.add(waiters, -1);
    }
  }

  private *await(timeoutNs: number | null): Visible<Outcome> {
    const { platform } = this;
    const { state, value } = this.address;
    let seen = yield* platform.load(state);
    if (!isFinal(seen)) {
      if (timeoutNs !== null && timeoutNs <= 0) throw timedOut();
      const deadline = timeoutNs === null ? FOREVER : (yield* platform.now()) + timeoutNs;
      while (!isFinal(seen)) {
        const outcome = yield* this.seams.awaitState(platform, state, seen, deadline);
        seen = yield* platform.load(state);
        if (outcome === TIMED_OUT && !isFinal(seen)) throw timedOut();
      }
    }
    if (seen === CANCELLED) throw new LoopError('CANCELLED', 'it was cancelled');
    return (yield* platform.peek(value)) as unknown as Outcome;
  }

  private *runCallbacks(): Visible<void> {
    for (;;) {
      const message = yield* this.platform.receive(this.address.callbacks);
      if (message === undefined) return;
      const [functionId, args, claim] = message as readonly [string, readonly Message[], number];
      if (yield* RemoteHandle.at(this.platform, claim).take()) yield* this.call(functionId, args);
    }
  }

  /** An error of a done callback stops neither the others nor the completion. */
  private *call(functionId: string, args: readonly Message[]): Visible<void> {
    const notice = this.functions[functionId];
    if (notice?.kind !== 'notice') throw new LoopError('TYPE', `"${functionId}" is no done callback`);
    try {
      yield* notice.run(this.platform, args);
    } catch {
      // Its own record says so; there is nobody to tell.
    }
  }
}

function timedOut(): LoopError {
  return new LoopError('TIMEOUT', 'the time is up');
}
