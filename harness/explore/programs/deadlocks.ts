import type { Visible, VisibleOp } from '../../../impl/platform.ts';
import type { ThreadCode } from '../subject.ts';
import { type End, type FreeProgram, freeProgram, load, lock, store, unlock } from './free-program.ts';

function everyoneEnded({ isDone }: End): string | undefined {
  return isDone ? undefined : 'deadlock: each waits for a lock that the other holds';
}

/** Increments a word under two locks. */
class TwiceLocked implements ThreadCode {
  private readonly enterOuter: VisibleOp;
  private readonly enterInner: VisibleOp;
  private readonly read: VisibleOp = load(2);
  private readonly write: VisibleOp = store(2, 0);
  private readonly leaveInner: VisibleOp;
  private readonly leaveOuter: VisibleOp;

  constructor(outer: number, inner: number) {
    this.enterOuter = lock(outer);
    this.enterInner = lock(inner);
    this.leaveInner = unlock(inner);
    this.leaveOuter = unlock(outer);
  }

  *run(): Visible<void> {
    yield this.enterOuter;
    yield this.enterInner;
    this.write.a = ((yield this.read) as number) + 1;
    yield this.write;
    yield this.leaveInner;
    yield this.leaveOuter;
  }
}

/** Two locks, taken in one order and in the other. */
export function deadlock01(): FreeProgram {
  return freeProgram('deadlock01', [0, 0, 0], [new TwiceLocked(0, 1), new TwiceLocked(1, 0)], everyoneEnded);
}

const COUNT_LOCK = 0;
const CLASS_LOCK = 1;

/**
 * A member of a class: the first to come takes the lock of the class, the last to go frees it. It waits for that lock
 * with the lock of the counters in its hand, which the holder needs to free it.
 */
class Member implements ThreadCode {
  private readonly enter: VisibleOp = lock(COUNT_LOCK);
  private readonly read: VisibleOp;
  private readonly write: VisibleOp;
  private readonly takeClass: VisibleOp = lock(CLASS_LOCK);
  private readonly freeClass: VisibleOp = unlock(CLASS_LOCK);
  private readonly leave: VisibleOp = unlock(COUNT_LOCK);

  constructor(counter: number) {
    this.read = load(counter);
    this.write = store(counter, 0);
  }

  *run(): Visible<void> {
    yield this.enter;
    this.write.a = ((yield this.read) as number) + 1;
    yield this.write;
    if (this.write.a === 1) yield this.takeClass;
    yield this.leave;
    yield this.enter;
    this.write.a = ((yield this.read) as number) - 1;
    yield this.write;
    if (this.write.a === 0) yield this.freeClass;
    yield this.leave;
  }
}

/** One member of either class. */
export function carter01(): FreeProgram {
  return freeProgram('carter01', [0, 0, 0, 0], [new Member(2), new Member(3)], everyoneEnded);
}
