import type { Visible } from '../platform.ts';
import type { Context } from './context.ts';
import { cancelled, LoopError } from './errors.ts';
import type { Loop } from './loop.ts';
import type { Coroutine } from './types.ts';

export type DoneCallback = (future: Future) => Visible<unknown>;

type State =
  | { readonly kind: 'pending' }
  | { readonly kind: 'finished'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled' };

const PENDING: State = { kind: 'pending' };

/**
 * An outcome to come, on one loop's thread. It is completed at most once; completing it queues its callbacks, in the
 * order they were added, and calls none of them itself. `yield* future` in a coroutine suspends until it is done; a
 * done one is no scheduling point.
 */
export class Future {
  readonly loop: Loop;
  private state: State = PENDING;
  private callbacks: { readonly callback: DoneCallback; readonly context: Context }[] = [];

  constructor(loop: Loop) {
    this.loop = loop;
  }

  done(): boolean {
    return this.state.kind !== 'pending';
  }

  cancelled(): boolean {
    return this.state.kind === 'cancelled';
  }

  /** The value, or throws the error or CANCELLED; INVALID_STATE while pending. */
  result(): unknown {
    const { state } = this;
    if (state.kind === 'finished') return state.value;
    if (state.kind === 'failed') throw state.error;
    if (state.kind === 'cancelled') throw cancelled();
    throw new LoopError('INVALID_STATE', 'the future is not done');
  }

  /** The error, or null; throws CANCELLED, or INVALID_STATE while pending. */
  exception(): unknown {
    if (this.state.kind === 'failed') return this.state.error;
    this.result();
    return null;
  }

  setResult(value: unknown): void {
    this.complete({ kind: 'finished', value });
  }

  setException(error: unknown): void {
    this.complete({ kind: 'failed', error });
  }

  /** False if it was done. */
  cancel(): boolean {
    if (this.done()) return false;
    this.complete({ kind: 'cancelled' });
    return true;
  }

  /** Queued when the future is done, or now if it is; never called from here. */
  addDoneCallback(callback: DoneCallback, context: Context = this.loop.context): void {
    if (this.done()) this.loop.queue(() => callback(this), context);
    else this.callbacks.push({ callback, context });
  }

  /** Removes every registration of the callback that is not queued yet; returns their number. */
  removeDoneCallback(callback: DoneCallback): number {
    const left = this.callbacks.filter((entry) => entry.callback !== callback);
    const removed = this.callbacks.length - left.length;
    this.callbacks = left;
    return removed;
  }

  *[Symbol.iterator](): Coroutine {
    if (!this.done()) yield this;
    return this.result();
  }

  private complete(state: State): void {
    if (this.done()) throw new LoopError('INVALID_STATE', 'the future is already done');
    this.state = state;
    const { callbacks } = this;
    this.callbacks = [];
    for (const { callback, context } of callbacks) this.loop.queue(() => callback(this), context);
  }
}
