import type { Message, Platform, Visible } from '../platform.ts';
import { ConcurrentFuture } from './concurrent-future.ts';
import { LoopError, type Outcome } from './errors.ts';
import { Inbox } from './inbox.ts';
import { RemoteHandle } from './remote-handle.ts';
import { SEAMS, type Seams } from './seams.ts';
import type { FunctionTable, LoopAddress } from './types.ts';

type Variables = { readonly [tag: string]: Message };

/** A loop as a thread that is not its own sees it: the calls that may be made from anywhere. */
export class RemoteLoop {
  private readonly platform: Platform;
  private readonly functions: FunctionTable;
  private readonly seams: Seams;
  private readonly inbox: Inbox;

  constructor(platform: Platform, functions: FunctionTable, address: LoopAddress, seams: Seams = SEAMS) {
    this.platform = platform;
    this.functions = functions;
    this.seams = seams;
    this.inbox = new Inbox(platform, address, seams);
  }

  /** Runs on the loop's thread, in the order of calls, exactly once; wakes the loop. CLOSED after close. */
  *callSoonThreadsafe(functionId: string, args: readonly Message[], context: Variables = {}): Visible<RemoteHandle> {
    this.expect('callback', functionId);
    const handle = RemoteHandle.create(this.platform);
    yield* this.inbox.submit(['call', functionId, args, handle.address, context]);
    return handle;
  }

  /** Runs the coroutine as a task of the loop. A submission that is cancelled before it is picked up never runs. */
  *runCoroutineThreadsafe(
    functionId: string,
    args: readonly Message[],
    context: Variables = {},
  ): Visible<ConcurrentFuture> {
    this.expect('coroutine', functionId);
    const future = ConcurrentFuture.create(this.platform, this.functions, this.inbox.address, this.seams);
    yield* this.inbox.submit(['coroutine', functionId, args, future.address, context]);
    return future;
  }

  /** Completes a future of the loop that was exposed under the key, unless it is done by then. */
  *complete(key: number, outcome: Outcome): Visible<void> {
    yield* this.inbox.submit(['complete', key, outcome], this.seams.ringCompletion);
  }

  /** A stop crosses as work of the loop: it is not lost, and the loop wakes for it. */
  *stop(): Visible<void> {
    yield* this.inbox.submit(['stop']);
  }

  *runForever(): Visible<void> {
    yield* this.refuse();
  }

  *runUntil(): Visible<void> {
    yield* this.refuse();
  }

  *close(): Visible<void> {
    if (yield* this.inbox.gate.isClosed()) return;
    yield* this.refuse();
  }

  /** A loop is run and closed by its own thread only; the error says first what is wrong anyway. */
  private *refuse(): Visible<never> {
    if (yield* this.inbox.gate.isClosed()) throw new LoopError('CLOSED', 'the loop is closed');
    if (yield* this.inbox.gate.isRunning()) throw new LoopError('ALREADY_RUNNING', 'the loop is running');
    throw new LoopError('WRONG_THREAD', 'only its own thread runs and closes a loop');
  }

  private expect(kind: 'callback' | 'coroutine', functionId: string): void {
    if (this.functions[functionId]?.kind !== kind) throw new LoopError('TYPE', `"${functionId}" is no ${kind}`);
  }
}
