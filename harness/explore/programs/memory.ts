import type { Visible, VisibleOp } from '../../../impl/platform.ts';
import type { ThreadCode } from '../subject.ts';
import { add, type FreeProgram, freeProgram, load, store } from './free-program.ts';

/** Reads, then writes one more: what others wrote in between is lost. */
class Increment implements ThreadCode {
  private readonly read: VisibleOp = load(0);
  private readonly write: VisibleOp = store(0, 0);

  *run(): Visible<void> {
    this.write.a = ((yield this.read) as number) + 1;
    yield this.write;
  }
}

/** So many threads increment one word without a lock; wrong if an update is lost. */
export function lostUpdate(threads: number): FreeProgram {
  const increments = Array.from({ length: threads }, () => new Increment());
  return freeProgram(`lu${threads}`, [0], increments, ({ words }) =>
    words[0] === threads ? undefined : `${threads} increments made ${words[0]}`,
  );
}

const A = 0;
const B = 1;

class Setter implements ThreadCode {
  private readonly setA: VisibleOp = store(A, 1);
  private readonly setB: VisibleOp = store(B, -1);

  *run(): Visible<void> {
    yield this.setA;
    yield this.setB;
  }
}

/** Takes for granted that it sees both words set or neither. */
class PairReader implements ThreadCode {
  sawHalf = false;
  private readonly readA: VisibleOp = load(A);
  private readonly readB: VisibleOp = load(B);

  *run(): Visible<void> {
    this.sawHalf = false;
    if (((yield this.readA) as number) === 0 && ((yield this.readB) as number) === 0) return;
    this.sawHalf = ((yield this.readA) as number) !== 1 || ((yield this.readB) as number) !== -1;
  }
}

/** All threads but the last set two words, one after the other; the last reads them. */
export function reorder(threads: number): FreeProgram {
  const setters = Array.from({ length: threads - 1 }, () => new Setter());
  const reader = new PairReader();
  return freeProgram(`reorder_${threads}`, [0, 0], [...setters, reader], () =>
    reader.sawHalf ? 'the reader saw one word set and the other not' : undefined,
  );
}

class RepeatedStore implements ThreadCode {
  private readonly write: VisibleOp;
  private readonly count: number;

  constructor(value: number, count: number) {
    this.write = store(0, value);
    this.count = count;
  }

  *run(): Visible<void> {
    for (let written = 0; written < this.count; written++) yield this.write;
  }
}

/** Wrong only if one step of one thread comes after all 25 of the other: a random walk gives that 2^-25. */
export function uneven25(): FreeProgram {
  return freeProgram('uneven25', [1], [new RepeatedStore(0, 1), new RepeatedStore(1, 25)], ({ words }) =>
    words[0] === 1 ? undefined : 'the single write came last',
  );
}

/** How many use the device, the owner included; whether it is to stop; that nobody uses it; that it has stopped. */
const USERS = 0;
const STOPPING = 1;
const UNUSED = 2;
const STOPPED = 3;

/** Enters if nobody stops the device, but may be late to say so. */
class Worker implements ThreadCode {
  metStopped = false;
  private readonly look: VisibleOp = load(STOPPING);
  private readonly enter: VisibleOp = add(USERS, 1);
  private readonly use: VisibleOp = load(STOPPED);
  private readonly leave: VisibleOp = add(USERS, -1);
  private readonly signal: VisibleOp = store(UNUSED, 1);

  *run(): Visible<void> {
    this.metStopped = false;
    if (((yield this.look) as number) === 0) {
      yield this.enter;
      this.metStopped = ((yield this.use) as number) !== 0;
    }
    if (((yield this.leave) as number) === 1) yield this.signal;
  }
}

class Stopper implements ThreadCode {
  private readonly announce: VisibleOp = store(STOPPING, 1);
  private readonly leave: VisibleOp = add(USERS, -1);
  private readonly signal: VisibleOp = store(UNUSED, 1);
  private readonly look: VisibleOp = load(UNUSED);
  private readonly stop: VisibleOp = store(STOPPED, 1);

  *run(): Visible<void> {
    yield this.announce;
    if (((yield this.leave) as number) === 1) yield this.signal;
    if (((yield this.look) as number) !== 0) yield this.stop;
  }
}

/** A driver that is stopped while a worker starts to use it; wrong if the worker uses it stopped. */
export function bluetooth(): FreeProgram {
  const worker = new Worker();
  return freeProgram('bluetooth', [1, 0, 0, 0], [worker, new Stopper()], () =>
    worker.metStopped ? 'the worker used a stopped device' : undefined,
  );
}
