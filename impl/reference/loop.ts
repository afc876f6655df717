import type { Message, Platform, Visible } from '../platform.ts';
import { Context } from './context.ts';
import { Deliveries } from './deliveries.ts';
import { FatalError, LoopError } from './errors.ts';
import { Executor } from './executor.ts';
import { Future } from './future.ts';
import { Handle } from './handle.ts';
import { Inbox } from './inbox.ts';
import { RemoteHandle } from './remote-handle.ts';
import { SEAMS, type Seams } from './seams.ts';
import { Task } from './task.ts';
import { Timers } from './timers.ts';
import type { Callback, Coroutine, FunctionTable, LoopAddress } from './types.ts';

/** Threads of the default executor. */
const DEFAULT_WORKERS = 8;

export type ExceptionHandler = (error: unknown, message: string) => Visible<unknown>;

/**
 * An event loop of one thread. A turn takes what other threads gave it, then the timers that are due, and then runs
 * exactly the callbacks that were ready, in their order; what they schedule is the next turn's. With nothing ready it
 * blocks in one place, until a submission or the earliest timer wakes it.
 *
 * Methods that are generators touch what other threads can see. Without an exception handler errors of callbacks go
 * unreported; errors of tasks are kept in the task.
 */
export class Loop {
  readonly platform: Platform;
  readonly address: LoopAddress;
  currentTask: Task | null = null;
  /** Of the callback or task that runs, else of the thread itself. */
  context: Context = new Context();
  isRunning = false;
  isClosed = false;
  private readonly functions: FunctionTable;
  private readonly seams: Seams;
  private readonly inbox: Inbox;
  private readonly timers: Timers = new Timers();
  private readonly deliveries: Deliveries;
  private ready: Handle[] = [];
  private isStopping = false;
  private defaultExecutor: Executor | null = null;
  private handler: ExceptionHandler | null = null;

  constructor(platform: Platform, functions: FunctionTable, seams: Seams = SEAMS) {
    this.platform = platform;
    this.functions = functions;
    this.seams = seams;
    const wake = platform.allocateCells(2);
    this.address = { wake, gate: wake + 1, inbox: platform.allocatePort() };
    // The port behind it is a spare one.
    platform.allocatePort();
    this.inbox = new Inbox(platform, this.address, seams);
    this.deliveries = new Deliveries(this, functions, seams);
  }

  *time(): Visible<number> {
    return yield* this.platform.now();
  }

  /** Runs in the next turn, behind what is ready now. CLOSED after close, TYPE for what is no callback. */
  callSoon(callback: Callback, context: Context = this.context): Handle {
    this.expectCallback(callback);
    return this.queue(callback, context);
  }

  /** As callSoon without its checks: for the loop's own objects, which may outlive it. */
  queue(callback: Callback, context: Context): Handle {
    const handle = new Handle(callback, context, 0);
    if (!this.isClosed) this.ready.push(handle);
    return handle;
  }

  /** Runs when at least `delayNs` have passed. */
  *callLater(delayNs: number, callback: Callback, context: Context = this.context): Visible<Handle> {
    if (typeof delayNs !== 'number') throw new LoopError('TYPE', 'a delay is a number');
    this.expectCallback(callback);
    return this.callAt((yield* this.time()) + delayNs, callback, context);
  }

  callAt(whenNs: number, callback: Callback, context: Context = this.context): Handle {
    if (typeof whenNs !== 'number') throw new LoopError('TYPE', 'a time is a number');
    this.expectCallback(callback);
    const handle = new Handle(callback, context, whenNs, () => this.timers.noteCancel());
    this.timers.push(handle);
    return handle;
  }

  /** On the loop's own thread: behind what the inbox holds, in the same queue as callSoon. */
  *callSoonThreadsafe(
    functionId: string,
    args: readonly Message[],
    context: { readonly [tag: string]: Message } = this.context.entries,
  ): Visible<RemoteHandle> {
    this.expectOpen();
    if (this.functions[functionId]?.kind !== 'callback') throw new LoopError('TYPE', `"${functionId}" is no callback`);
    for (const message of yield* this.inbox.take()) this.deliveries.receive(message as readonly Message[]);
    const handle = RemoteHandle.create(this.platform);
    this.deliveries.receive(['call', functionId, args, handle.address, context]);
    return handle;
  }

  createFuture(): Future {
    return new Future(this);
  }

  /** The task's first step is queued like a callback. */
  createTask(coroutine: Coroutine): Task {
    this.expectOpen();
    if (typeof coroutine?.next !== 'function') throw new LoopError('TYPE', 'a task needs a coroutine');
    return new Task(this, coroutine);
  }

  /** A future is returned unchanged, a coroutine becomes a task. */
  ensureFuture(subject: Future | Coroutine): Future {
    return subject instanceof Future ? subject : this.createTask(subject);
  }

  /** Runs on a thread of the executor (null: the default one); the future is completed on the loop's thread. */
  *runInExecutor(executor: Executor | null, functionId: string, args: readonly Message[]): Visible<Future> {
    this.expectOpen();
    if (this.functions[functionId]?.kind !== 'worker') throw new LoopError('TYPE', `"${functionId}" is no work`);
    const pool = executor ?? this.executor();
    const key = this.deliveries.newKey();
    const handle = yield* pool.submit(key, functionId, args, this.address);
    // The report cannot have come: it is this thread that takes it.
    const future = this.createFuture();
    this.deliveries.expectWork(key, future);
    future.addDoneCallback(function* () {
      if (future.cancelled()) yield* handle.cancel();
    });
    return future;
  }

  /** Awaits the end of all work of the default executor, which takes no more from the moment this begins. */
  *shutdownDefaultExecutor(): Coroutine<void> {
    const pool = this.executor();
    yield* pool.shutdown(false, false);
    const future = this.createFuture();
    yield* pool.watch(this.address, this.exposeFuture(future));
    yield* future;
  }

  /** The key under which other threads may complete the future. */
  exposeFuture(future: Future): number {
    return this.deliveries.expose(future);
  }

  setExceptionHandler(handler: ExceptionHandler | null): void {
    this.handler = handler;
  }

  contextSet(tag: string, value: Message): void {
    this.context = this.context.with(tag, value);
  }

  contextGet(tag: string): Message {
    return this.context.get(tag);
  }

  /** The turn in hand is the last of this run; what it leaves is the next run's. */
  stop(): void {
    this.isStopping = true;
  }

  *runForever(): Visible<void> {
    this.expectOpen();
    if (this.isRunning) throw new LoopError('ALREADY_RUNNING', 'the loop is running');
    this.isRunning = true;
    yield* this.inbox.gate.setRunning(true);
    try {
      do yield* this.turn();
      while (!this.isStopping);
    } finally {
      this.isStopping = false;
      this.isRunning = false;
      yield* this.inbox.gate.setRunning(false);
    }
  }

  /** Runs until the future is done and gives its result; STOPPED if the loop was stopped before. */
  *runUntilComplete(future: Future): Visible<unknown> {
    this.expectOpen();
    if (this.isRunning) throw new LoopError('ALREADY_RUNNING', 'the loop is running');
    const stop = (): Visible<void> => this.stopAfter(future);
    future.addDoneCallback(stop);
    try {
      yield* this.runForever();
    } finally {
      future.removeDoneCallback(stop);
    }
    if (!future.done()) throw new LoopError('STOPPED', 'the loop stopped before the future was done');
    return future.result();
  }

  /**
   * Idempotent, final. Work that was accepted and has not run is discarded, and every concurrent future of it is
   * cancelled, so that nobody waits for good; nothing runs here afterwards. Does not wait for executor work.
   */
  *close(): Visible<void> {
    if (this.isRunning) throw new LoopError('ALREADY_RUNNING', 'a running loop cannot be closed');
    if (this.isClosed) return;
    this.isClosed = true;
    yield* this.inbox.gate.close();
    for (const message of yield* this.inbox.take()) this.deliveries.receive(message as readonly Message[]);
    this.ready = [];
    this.timers.clear();
    yield* this.deliveries.abandon();
    if (this.defaultExecutor !== null) yield* this.defaultExecutor.shutdown(false, false);
  }

  private expectOpen(): void {
    if (this.isClosed) throw new LoopError('CLOSED', 'the loop is closed');
  }

  private expectCallback(callback: Callback): void {
    this.expectOpen();
    if (typeof callback !== 'function') throw new LoopError('TYPE', 'a callback is a function');
  }

  private executor(): Executor {
    this.defaultExecutor ??= new Executor(this.platform, this.functions, DEFAULT_WORKERS);
    return this.defaultExecutor;
  }

  private *stopAfter(future: Future): Visible<void> {
    yield* [];
    // A fatal error leaves the loop by itself.
    if (future.cancelled() || !(future.exception() instanceof FatalError)) this.stop();
  }

  private *turn(): Visible<void> {
    for (const message of yield* this.seams.collect(this.inbox)) this.deliveries.receive(message as readonly Message[]);
    if (this.timers.size > 0) this.ready.push(...this.timers.takeDue(yield* this.time()));
    if (this.ready.length === 0 && !this.isStopping) yield* this.park();
    else yield* this.runReady();
  }

  /** The one place where the loop's thread blocks. */
  private *park(): Visible<void> {
    yield* this.seams.beforePark(this.inbox);
    yield* this.platform.wait(this.address.wake, 0, this.timers.nextNs);
  }

  private *runReady(): Visible<void> {
    const batch = this.ready;
    this.ready = [];
    let at = 0;
    try {
      while (at < batch.length) yield* this.run(batch[at++]!);
    } finally {
      // A fatal error leaves in the middle: what it left is ready when the loop runs again.
      if (at < batch.length) this.ready = [...batch.slice(at), ...this.ready];
    }
  }

  private *run(handle: Handle): Visible<void> {
    if (handle.isCancelled) return;
    handle.release();
    const { context } = this;
    this.context = handle.context;
    try {
      yield* handle.callback();
    } catch (error) {
      if (error instanceof FatalError) throw error;
      yield* this.report(error);
    } finally {
      this.context = context;
    }
  }

  private *report(error: unknown): Visible<void> {
    if (this.handler === null) return;
    try {
      yield* this.handler(error, 'exception in a callback');
    } catch (second) {
      if (second instanceof FatalError) throw second;
    }
  }
}
