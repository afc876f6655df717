import type { Visible } from '../platform.ts';
import type { Context } from './context.ts';
import { cancelled, FatalError, isCancellation, LoopError } from './errors.ts';
import { Future } from './future.ts';
import type { Handle } from './handle.ts';
import type { Loop } from './loop.ts';
import type { Coroutine } from './types.ts';

/**
 * Drives a coroutine on the loop, step by step, each step a callback. Cancellation is a request: it is raised at the
 * await the task is suspended in (by cancelling what it awaits) or at its next one, once a request; `uncancel` counts
 * requests down and withdraws one that was not delivered. A task that is cancelled before its first step never enters
 * its body.
 */
export class Task extends Future {
  private readonly coroutine: Coroutine;
  private context: Context;
  private awaited: Future | null = null;
  private mustCancel = false;
  private requests = 0;
  private readonly wakeUp: (future: Future) => Visible<unknown> = (future) => this.resume(future);

  constructor(loop: Loop, coroutine: Coroutine) {
    super(loop);
    this.coroutine = coroutine;
    this.context = loop.context;
    loop.queue(() => this.step(undefined), this.context);
  }

  override setResult(): never {
    throw new LoopError('OTHER(RuntimeError)', 'a task gets its result from its coroutine');
  }

  override setException(): never {
    throw new LoopError('OTHER(RuntimeError)', 'a task gets its exception from its coroutine');
  }

  override cancel(): boolean {
    if (this.done()) return false;
    this.requests++;
    if (this.awaited?.cancel() !== true) this.mustCancel = true;
    return true;
  }

  /** Requests that were not withdrawn. */
  cancelling(): number {
    return this.requests;
  }

  /** Withdraws a request; returns how many are left. */
  uncancel(): number {
    if (this.requests > 0) this.requests--;
    if (this.requests === 0) this.mustCancel = false;
    return this.requests;
  }

  private *resume(future: Future): Visible<void> {
    let error: unknown;
    try {
      future.result();
    } catch (thrown) {
      error = thrown;
    }
    yield* this.step(error);
  }

  private *step(thrown: unknown): Visible<void> {
    let error = thrown;
    if (this.mustCancel) {
      if (!isCancellation(error)) error = cancelled();
      this.mustCancel = false;
    }
    this.awaited = null;
    const { loop } = this;
    loop.currentTask = this;
    loop.context = this.context;
    try {
      let next = error === undefined ? this.coroutine.next() : this.coroutine.throw(error);
      while (next.done !== true && next.value !== null && !(next.value instanceof Future)) {
        const answer: unknown = yield next.value;
        next = this.coroutine.next(answer);
      }
      if (next.done === true) this.finish(next.value);
      else this.suspend(next.value as Future | null);
    } catch (raised) {
      this.fail(raised);
    } finally {
      loop.currentTask = null;
      this.context = loop.context;
    }
  }

  private finish(value: unknown): void {
    if (this.mustCancel) super.cancel();
    else super.setResult(value);
  }

  private fail(error: unknown): void {
    if (isCancellation(error)) super.cancel();
    else super.setException(error);
    if (error instanceof FatalError) throw error;
  }

  private suspend(awaited: Future | null): void {
    if (awaited === null) this.loop.queue(() => this.step(undefined), this.loop.context);
    else if (awaited === this) this.stepWith(new LoopError('OTHER(RuntimeError)', 'a task cannot await itself'));
    else if (awaited.loop !== this.loop)
      this.stepWith(new LoopError('OTHER(RuntimeError)', 'a future of another loop'));
    else {
      awaited.addDoneCallback(this.wakeUp, this.loop.context);
      this.awaited = awaited;
      if (this.mustCancel && awaited.cancel()) this.mustCancel = false;
    }
  }

  private stepWith(error: LoopError): void {
    this.loop.queue(() => this.step(error), this.loop.context);
  }
}

/** Everything that is ready now runs before the task goes on. */
export function* yieldNow(): Coroutine<void> {
  yield null;
}

/** Suspends for at least this long; 0 or less is a bare pass. */
export function* sleep(loop: Loop, delayNs: number): Coroutine<void> {
  if (delayNs <= 0) {
    yield null;
    return;
  }
  const future = loop.createFuture();
  const handle = yield* loop.callLater(delayNs, function* () {
    if (!future.done()) future.setResult(null);
    yield* [];
  });
  try {
    yield* future;
  } finally {
    handle.cancel();
  }
}

/** Awaits, but a cancellation of the awaiter does not reach what is awaited. */
export function* shield(loop: Loop, subject: Future | Coroutine): Coroutine {
  const inner = loop.ensureFuture(subject);
  if (inner.done()) return inner.result();
  const outer = loop.createFuture();
  const copy = function* (): Visible<void> {
    yield* [];
    if (outer.done()) return;
    if (inner.cancelled()) outer.cancel();
    else if (inner.exception() === null) outer.setResult(inner.result());
    else outer.setException(inner.exception());
  };
  inner.addDoneCallback(copy);
  try {
    return yield* outer;
  } finally {
    inner.removeDoneCallback(copy);
  }
}

/**
 * Runs a block under a deadline: when it passes, the task is cancelled, and the cancellation that leaves the block
 * becomes TIMEOUT. A block that never awaits after it is not interrupted.
 */
export function* timeout(loop: Loop, timeoutNs: number, block: () => Coroutine): Coroutine {
  const task = loop.currentTask;
  if (task === null) throw new LoopError('NOT_RUNNING', 'a time-out belongs to a task');
  const before = task.cancelling();
  let hasExpired = false;
  const expire = function* (): Visible<void> {
    hasExpired = true;
    task.cancel();
    yield* [];
  };
  let handle: Handle | undefined;
  if (timeoutNs <= 0) handle = loop.callSoon(expire);
  else if (Number.isFinite(timeoutNs)) handle = yield* loop.callLater(timeoutNs, expire);
  try {
    const value = yield* block();
    handle?.cancel();
    if (hasExpired) task.uncancel();
    return value;
  } catch (error) {
    handle?.cancel();
    if (hasExpired && task.uncancel() <= before && isCancellation(error)) throw timedOut();
    throw error;
  }
}

/** Awaits with a deadline, cancels what it awaits when it passes, and returns only when that has ended. */
export function* waitFor(loop: Loop, subject: Future | Coroutine, timeoutNs: number): Coroutine {
  if (timeoutNs > 0) return yield* timeout(loop, timeoutNs, () => awaitable(loop, subject));
  const inner = loop.ensureFuture(subject);
  if (inner.done()) return inner.result();
  inner.cancel();
  yield* untilDone(loop, inner);
  if (inner.cancelled()) throw timedOut();
  return inner.result();
}

function timedOut(): LoopError {
  return new LoopError('TIMEOUT', 'the time is up');
}

function awaitable(loop: Loop, subject: Future | Coroutine): Coroutine {
  if (subject instanceof Future) return subject[Symbol.iterator]();
  return typeof subject?.next === 'function' ? subject : loop.ensureFuture(subject)[Symbol.iterator]();
}

/** Suspends until the future is done, whatever its outcome. */
function* untilDone(loop: Loop, future: Future): Coroutine<void> {
  const waiter = loop.createFuture();
  future.addDoneCallback(function* () {
    if (!waiter.done()) waiter.setResult(null);
    yield* [];
  });
  yield* waiter;
}
