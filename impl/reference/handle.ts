import type { Context } from './context.ts';
import type { Callback } from './types.ts';

/** A scheduled callback of the loop's own thread. */
export class Handle {
  readonly callback: Callback;
  readonly context: Context;
  /** Deadline in nanoseconds of the loop's clock; 0 for a callback that is no timer. */
  readonly whenNs: number;
  isCancelled = false;
  private onCancel: (() => void) | undefined;

  constructor(callback: Callback, context: Context, whenNs: number, onCancel?: () => void) {
    this.callback = callback;
    this.context = context;
    this.whenNs = whenNs;
    this.onCancel = onCancel;
  }

  /** Before it runs: it never will. Else, or again: nothing. */
  cancel(): void {
    this.isCancelled = true;
    this.onCancel?.();
    this.onCancel = undefined;
  }

  /** It is about to run: a later cancel has nothing to take back. */
  release(): void {
    this.onCancel = undefined;
  }
}
