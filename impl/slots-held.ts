import type { OpId } from '../spec/history.ts';
import type { Message } from './platform.ts';
import type { ConcurrentFuture } from './reference/concurrent-future.ts';
import type { Executor } from './reference/executor.ts';
import type { Future } from './reference/future.ts';
import type { Handle } from './reference/handle.ts';
import type { RemoteHandle } from './reference/remote-handle.ts';

/**
 * What a slot holds: one thread's own object for what an operation made, and `ref`, the id of that operation. Tasks are
 * futures. A future, a task and a plain handle never leave their loop's thread: elsewhere they are `elsewhere`, by the
 * key under which other threads may complete them (-1: not at all).
 */
export type Held =
  | { readonly kind: 'handle'; readonly ref: OpId; readonly thing: Handle }
  | { readonly kind: 'remote-handle'; readonly ref: OpId; readonly thing: RemoteHandle }
  | { readonly kind: 'future'; readonly ref: OpId; readonly thing: Future }
  | { readonly kind: 'concurrent'; readonly ref: OpId; readonly thing: ConcurrentFuture }
  | { readonly kind: 'executor'; readonly ref: OpId; readonly thing: Executor }
  | { readonly kind: 'thread'; readonly ref: OpId; readonly thing: number }
  | { readonly kind: 'elsewhere'; readonly ref: OpId; readonly thing: number };

/** How a held object crosses a thread: kind, ref, and what the other thread makes its own object of. */
export type Crossing = readonly [kind: Held['kind'], ref: OpId, address: Message];
