/** The reference implementation as a library: an event loop and the threads that talk to it, on any `Platform`. */
export { ConcurrentFuture } from './concurrent-future.ts';
export { Context } from './context.ts';
export { decodeError, encodeError, FatalError, LoopError } from './errors.ts';
export { Executor, executorThreads } from './executor.ts';
export { Future } from './future.ts';
export { Handle } from './handle.ts';
export { Loop } from './loop.ts';
export { RemoteHandle } from './remote-handle.ts';
export { RemoteLoop } from './remote-loop.ts';
export { shield, sleep, Task, timeout, waitFor, yieldNow } from './task.ts';
export type { Callback, Coroutine, FunctionTable, LoopAddress, LoopFunction } from './types.ts';
