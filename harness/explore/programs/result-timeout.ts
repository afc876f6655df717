import { TIMED_OUT, type Visible, type VisibleOp } from '../../../impl/platform.ts';
import type { ThreadCode } from '../subject.ts';
import {
  arm,
  compareExchange,
  exchange,
  type FreeProgram,
  freeProgram,
  load,
  notify,
  push,
  store,
  takeAll,
  wait,
} from './free-program.ts';

/** The word that the loop sleeps on; then each request's state and the word that its client sleeps on. The queue. */
const WAKE = 0;
const QUEUE = 0;
const PENDING = 0;
const COMPLETED = 1;
const CANCELLED = 2;
const PATIENCE_NS = 10;

function stateOf(request: number): number {
  return 1 + 2 * request;
}

function replyOf(request: number): number {
  return 2 + 2 * request;
}

/** Settles requests, each in one step or, torn, by a look and a write. */
type Settling = 'at-once' | 'torn';

/** Completes what is pending of the requests that it takes, and rings their clients. */
class ServingLoop implements ThreadCode {
  /** Bits of the requests that it completed. */
  completed = 0;
  private readonly clear: VisibleOp = exchange(WAKE, 0);
  private readonly take: VisibleOp = takeAll(QUEUE);
  private readonly sleep: VisibleOp = wait(WAKE, 0);
  private readonly complete: VisibleOp = compareExchange(0, PENDING, COMPLETED);
  private readonly look: VisibleOp = load(0);
  private readonly write: VisibleOp = store(0, COMPLETED);
  private readonly reply: VisibleOp = exchange(0, 1);
  private readonly ring: VisibleOp = notify(0, 1);
  private readonly expected: number;
  private readonly settling: Settling;

  constructor(expected: number, settling: Settling) {
    this.expected = expected;
    this.settling = settling;
  }

  *run(): Visible<void> {
    this.completed = 0;
    for (let handled = 0; handled < this.expected; ) {
      yield this.clear;
      const taken = (yield this.take) as readonly number[];
      handled += taken.length;
      for (const request of taken) {
        const settle = this.settling === 'torn' ? this.look : this.complete;
        settle.object = stateOf(request);
        if (((yield settle) as number) === PENDING) {
          this.completed |= 1 << request;
          this.write.object = stateOf(request);
          if (this.settling === 'torn') yield this.write;
        }
        this.reply.object = replyOf(request);
        yield this.reply;
        this.ring.object = replyOf(request);
        yield this.ring;
      }
      if (taken.length === 0) yield this.sleep;
    }
  }
}

/** Pushes its request, rings, and waits for the reply so long; then it cancels, if the request is still pending. */
class Client implements ThreadCode {
  hasCancelled = false;
  private readonly push: VisibleOp;
  private readonly set: VisibleOp = exchange(WAKE, 1);
  private readonly ring: VisibleOp = notify(WAKE, 1);
  private readonly arm: VisibleOp = arm(PATIENCE_NS);
  private readonly sleep: VisibleOp;
  private readonly cancel: VisibleOp;
  private readonly look: VisibleOp;
  private readonly write: VisibleOp;
  private readonly settling: Settling;

  constructor(request: number, settling: Settling) {
    this.push = push(QUEUE, request);
    this.sleep = wait(replyOf(request), 0);
    this.cancel = compareExchange(stateOf(request), PENDING, CANCELLED);
    this.look = load(stateOf(request));
    this.write = store(stateOf(request), CANCELLED);
    this.settling = settling;
  }

  *run(): Visible<void> {
    this.hasCancelled = false;
    yield this.push;
    if (((yield this.set) as number) === 0) yield this.ring;
    this.sleep.deadline = (yield this.arm) as number;
    if ((yield this.sleep) !== TIMED_OUT) return;
    const settle = this.settling === 'torn' ? this.look : this.cancel;
    if (((yield settle) as number) !== PENDING) return;
    this.hasCancelled = true;
    if (this.settling === 'torn') yield this.write;
  }
}

function resultTimeout(name: string, clients: number, settling: Settling): FreeProgram {
  const loop = new ServingLoop(clients, settling);
  const requesters = Array.from({ length: clients }, (_, request) => new Client(request, settling));
  const words = new Array<number>(1 + 2 * clients).fill(0);
  return freeProgram(name, words, [loop, ...requesters], ({ isDone }) => {
    if (!isDone) return 'deadlock: the loop or a client waits for ever';
    for (const [request, { hasCancelled }] of requesters.entries()) {
      const isCompleted = (loop.completed & (1 << request)) !== 0;
      if (isCompleted && hasCancelled) return `request ${request} was both completed and cancelled`;
      if (!isCompleted && !hasCancelled) return `request ${request} was neither completed nor cancelled`;
    }
    return undefined;
  });
}

/** So many clients of a loop, each of which waits for its result with a time-out; correct. For an explored clock. */
export function rct(clients: number): FreeProgram {
  return resultTimeout(`rct${clients}`, clients, 'at-once');
}

/** As `rct`, but whoever settles a request looks at its state first and writes it then. */
export function rctBug(clients: number): FreeProgram {
  return resultTimeout(`rct${clients}bug`, clients, 'torn');
}
