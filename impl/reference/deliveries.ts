import type { Message, Visible } from '../platform.ts';
import { Context } from './context.ts';
import { LoopError, type Outcome } from './errors.ts';
import type { Future } from './future.ts';
import type { Loop } from './loop.ts';
import { RemoteHandle } from './remote-handle.ts';
import { type Seams, settle } from './seams.ts';
import { Submissions } from './submissions.ts';
import type { ConcurrentAddress, FunctionTable } from './types.ts';

type Variables = { readonly [tag: string]: Message };

/** What other threads give a loop, message by message, as work of its own thread; and whom it is for. */
export class Deliveries {
  private readonly loop: Loop;
  private readonly functions: FunctionTable;
  private readonly seams: Seams;
  private readonly submissions: Submissions;
  private readonly works: Map<number, Future> = new Map();
  private readonly exposed: Map<number, Future> = new Map();
  private lastKey = 0;

  constructor(loop: Loop, functions: FunctionTable, seams: Seams) {
    this.loop = loop;
    this.functions = functions;
    this.seams = seams;
    this.submissions = new Submissions(loop, functions, seams);
  }

  /** The key under which other threads may complete the future. */
  expose(future: Future): number {
    this.exposed.set(++this.lastKey, future);
    return this.lastKey;
  }

  /** A number under which an executor may report work to come. */
  newKey(): number {
    return ++this.lastKey;
  }

  /** The future waits for what the executor will report under the number. */
  expectWork(key: number, future: Future): void {
    this.works.set(key, future);
  }

  /** The loop is closed: concurrent futures of what will not go on are cancelled, nothing else is owed. */
  *abandon(): Visible<void> {
    this.works.clear();
    this.exposed.clear();
    yield* this.submissions.abandon();
  }

  /** Queues a message's work in the loop's one queue. Touches only the loop's own memory. */
  receive([kind, first, second, third, fourth]: readonly Message[]): void {
    const { loop } = this;
    switch (kind) {
      case 'call': {
        const context = new Context(fourth as Variables);
        loop.queue(() => this.call(first as string, second as readonly Message[], third as number), context);
        break;
      }
      case 'coroutine': {
        const args = second as readonly Message[];
        const start = this.submissions.accept(first as string, args, third as ConcurrentAddress);
        loop.queue(start, new Context(fourth as Variables));
        break;
      }
      case 'cancel':
        loop.queue(() => this.submissions.cancel(first as number), loop.context);
        break;
      case 'complete':
        loop.queue(() => this.complete(first as number, second as unknown as Outcome), loop.context);
        break;
      case 'work':
        loop.queue(() => this.deliver(first as number, second as unknown as Outcome), loop.context);
        break;
      case 'stop':
        loop.queue(() => this.stop(), loop.context);
        break;
      default:
        throw new LoopError('TYPE', `the inbox holds a message of kind ${String(kind)}`);
    }
  }

  private *call(functionId: string, args: readonly Message[], handle: number): Visible<void> {
    if (!(yield* RemoteHandle.at(this.loop.platform, handle).take())) return;
    const callback = this.functions[functionId];
    if (callback?.kind === 'callback') yield* callback.run(this.loop, args);
  }

  private *complete(key: number, outcome: Outcome): Visible<void> {
    yield* [];
    const future = this.exposed.get(key);
    if (future === undefined || future.done()) return;
    this.exposed.delete(key);
    settle(future, outcome);
  }

  private *deliver(id: number, outcome: Outcome): Visible<void> {
    yield* [];
    const future = this.works.get(id);
    this.works.delete(id);
    if (future !== undefined) this.seams.copyOutcome(future, outcome);
  }

  private *stop(): Visible<void> {
    yield* [];
    this.loop.stop();
  }
}
