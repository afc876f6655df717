import { FOREVER } from '../platform.ts';
import { SEAMS, type Seams, settle } from '../reference/seams.ts';

/** The reference with one real bug put back, by replacing a seam. */
export type Mutant = {
  readonly id: string;
  readonly title: string;
  /** Where the real bug was. */
  readonly source: string;
  /** Any of these must find it. */
  readonly requirements: readonly string[];
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
