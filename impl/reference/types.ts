import type { Cell, Message, Platform, Port, Visible, VisibleOp } from '../platform.ts';
import type { Future } from './future.ts';
import type { Loop } from './loop.ts';

/** What a loop runs: a generator function, since what it does may be visible to other threads. */
export type Callback = () => Visible<unknown>;

/**
 * A coroutine is a generator object. It yields a visible operation, which is passed on to whoever drives the thread; a
 * pending future, on which the task suspends; or null, a bare pass: everything ready now runs first.
 */
export type Coroutine<T = unknown> = Generator<VisibleOp | Future | null, T, unknown>;

/** Code that crosses a thread by its id, and where it may run. */
export type LoopFunction =
  | { readonly kind: 'callback'; readonly run: (loop: Loop, args: readonly Message[]) => Visible<unknown> }
  | { readonly kind: 'coroutine'; readonly run: (loop: Loop, args: readonly Message[]) => Coroutine }
  | { readonly kind: 'worker'; readonly run: (platform: Platform, args: readonly Message[]) => Visible<Message> }
  /** A done callback of a concurrent future: runs in the thread that completes it, or that adds it too late. */
  | { readonly kind: 'notice'; readonly run: (platform: Platform, args: readonly Message[]) => Visible<unknown> };

/** The table that every thread loads: functions never cross a thread, their ids do. */
export type FunctionTable = { readonly [functionId: string]: LoopFunction };

/** Where a loop can be reached: plain data that crosses threads. */
export type LoopAddress = { readonly wake: Cell; readonly gate: Cell; readonly inbox: Port };

export type ConcurrentAddress = {
  readonly state: Cell;
  readonly value: Port;
  readonly callbacks: Port;
  /** The loop whose coroutine completes it: it hears of a cancellation. */
  readonly loop: LoopAddress | null;
};

export type ExecutorAddress = { readonly cells: Cell; readonly jobs: Port };
