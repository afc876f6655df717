import { FOREVER } from '../platform.ts';
import { PENDING, SEAMS, type Seams, settle } from '../reference/seams.ts';

/** The reference with one real bug put back, by replacing a seam. */
export type Mutant = {
  readonly id: string;
  readonly title: string;
  /** Where the real bug was. */
  readonly source: string;
  /** Any of these must find it. */
  readonly requirements: readonly string[];
  /** The program of `cases/exploration` that shows it, where the first requirement's own program does not. */
  readonly case?: string;
  /** Ordering constraints that a schedule must meet: 0 = every schedule shows it. */
  readonly depth: 0 | 1 | 2 | 3;
  readonly seams: Seams;
};

export const MUTANTS: readonly Mutant[] = [
  {
    id: 'P001',
    title: 'the loop takes its inbox and clears the wake flag afterwards',
    source: 'libuv, uv_async: a send is missed because the consumer clears "pending" too late',
    requirements: ['C-TS-01'],
    depth: 2,
    seams: {
      ...SEAMS,
      *collect(inbox) {
        const messages = yield* inbox.take();
        yield* inbox.clear();
        return messages;
      },
    },
  },
  {
    id: 'P003',
    title: 'the wake flag is cleared after the inbox was seen empty, without a second look',
    source: 'netty #8230: the last submitted task may never run',
    requirements: ['C-TS-01'],
    depth: 2,
    seams: {
      ...SEAMS,
      collect: (inbox) => inbox.take(),
      beforePark: (inbox) => inbox.clear(),
    },
  },
  {
    id: 'P004',
    title: 'result() tests "done?" and then waits for a signal that may have been given in between',
    source: 'netty: await() on a promise misses the completion signal',
    requirements: ['C-RCT-01', 'C-CF-01'],
    depth: 2,
    seams: {
      ...SEAMS,
      *awaitState(platform, state, _seen, deadline) {
        const signals = yield* platform.load(state + 1);
        return yield* platform.wait(state + 1, signals, deadline);
      },
      *signalState(platform, state) {
        yield* platform.add(state + 1, 1);
        yield* platform.notify(state + 1, FOREVER);
      },
    },
  },
  {
    id: 'P031',
    title: 'the result of executor work is copied onto a future that was cancelled meanwhile',
    source: 'asyncio: executor result copied onto an already cancelled future raises InvalidStateError',
    requirements: ['B-EXE-09'],
    depth: 1,
    seams: { ...SEAMS, copyOutcome: settle },
  },
  {
    id: 'P018',
    title: 'a submitter asks whether the loop is closed and comes in afterwards',
    source: 'kotlinx.coroutines: tasks dispatched while the scheduler closes are lost',
    requirements: ['L-CLS-06'],
    case: 'result-or-closed',
    depth: 2,
    seams: {
      ...SEAMS,
      *admit({ platform, address, gate }) {
        if (yield* gate.isClosed()) return false;
        yield* platform.add(address.gate, 1);
        return true;
      },
    },
  },
  {
    id: 'torn-claim',
    title: "a concurrent future's state is read, and written if it was pending",
    source: 'the read-then-write state of a result with a time-out: completed and cancelled, both',
    requirements: ['C-CF-07', 'C-CF-06'],
    depth: 2,
    seams: {
      ...SEAMS,
      *claim(platform, state, next) {
        if ((yield* platform.load(state)) !== PENDING) return false;
        yield* platform.store(state, next);
        return true;
      },
    },
  },
  {
    id: 'two-rings',
    title: 'even and odd threads have a queue each, and the loop empties them one after the other',
    source: 'rings of a producer each, scanned in a fixed order, where one order of all submissions is declared',
    requirements: ['C-TS-08'],
    depth: 1,
    seams: {
      ...SEAMS,
      deposit: ({ platform, address }, message) => platform.post(address.inbox + (platform.thread % 2), message),
      *take({ platform, address }) {
        const even = yield* platform.drain(address.inbox);
        return [...even, ...(yield* platform.drain(address.inbox + 1))];
      },
    },
  },
  {
    id: 'article-direct',
    title: "a foreign thread completes the loop's future without waking the loop",
    source: "the article's own scenario B: the callback calls set_result directly",
    requirements: ['B-FCB-01'],
    depth: 1,
    seams: {
      ...SEAMS,
      *ringCompletion() {
        yield* [];
      },
    },
  },
];
