import type { Visible, VisibleOp } from '../../../impl/platform.ts';
import type { ThreadCode } from '../subject.ts';
import { type FreeProgram, freeProgram, load, lock, store, unlock } from './free-program.ts';

/** `target = source + plus` under a lock. */
class Assignment implements ThreadCode {
  private readonly enter: VisibleOp;
  private readonly read: VisibleOp;
  private readonly write: VisibleOp;
  private readonly leave: VisibleOp;
  private readonly plus: number;

  constructor(mutex: number, target: number, source: number, plus: number) {
    this.enter = lock(mutex);
    this.read = load(source);
    this.write = store(target, 0);
    this.leave = unlock(mutex);
    this.plus = plus;
  }

  *run(): Visible<void> {
    yield this.enter;
    this.write.a = ((yield this.read) as number) + this.plus;
    yield this.write;
    yield this.leave;
  }
}

/** Reads a word under a lock. */
class Look implements ThreadCode {
  seen = 0;
  private readonly enter: VisibleOp;
  private readonly read: VisibleOp;
  private readonly leave: VisibleOp;

  constructor(mutex: number, word: number) {
    this.enter = lock(mutex);
    this.read = load(word);
    this.leave = unlock(mutex);
  }

  *run(): Visible<void> {
    this.seen = 0;
    yield this.enter;
    this.seen = (yield this.read) as number;
    yield this.leave;
  }
}

/** Two stages and the lock of each. */
const FIRST = 0;
const SECOND = 1;
const FIRST_LOCK = 2;
const SECOND_LOCK = 3;

class Stages implements ThreadCode {
  private readonly enterFirst: VisibleOp = lock(FIRST_LOCK);
  private readonly setFirst: VisibleOp = store(FIRST, 1);
  private readonly leaveFirst: VisibleOp = unlock(FIRST_LOCK);
  private readonly enterSecond: VisibleOp = lock(SECOND_LOCK);
  private readonly readFirst: VisibleOp = load(FIRST);
  private readonly setSecond: VisibleOp = store(SECOND, 0);
  private readonly leaveSecond: VisibleOp = unlock(SECOND_LOCK);

  *run(): Visible<void> {
    yield this.enterFirst;
    yield this.setFirst;
    yield this.leaveFirst;
    yield this.enterSecond;
    this.setSecond.a = ((yield this.readFirst) as number) + 1;
    yield this.setSecond;
    yield this.leaveSecond;
  }
}

class StagesReader implements ThreadCode {
  sawHalf = false;
  private readonly enterFirst: VisibleOp = lock(FIRST_LOCK);
  private readonly readFirst: VisibleOp = load(FIRST);
  private readonly leaveFirst: VisibleOp = unlock(FIRST_LOCK);
  private readonly enterSecond: VisibleOp = lock(SECOND_LOCK);
  private readonly readSecond: VisibleOp = load(SECOND);
  private readonly leaveSecond: VisibleOp = unlock(SECOND_LOCK);

  *run(): Visible<void> {
    this.sawHalf = false;
    yield this.enterFirst;
    const first = (yield this.readFirst) as number;
    yield this.leaveFirst;
    if (first === 0) return;
    yield this.enterSecond;
    this.sawHalf = ((yield this.readSecond) as number) !== first + 1;
    yield this.leaveSecond;
  }
}

/** All threads but the last set a word and then another that depends on it, each under its lock; the last reads both. */
export function twoStage(threads: number): FreeProgram {
  const writers = Array.from({ length: threads - 1 }, () => new Stages());
  const reader = new StagesReader();
  return freeProgram(`twostage_${threads}`, [0, 0, 0, 0], [...writers, reader], () =>
    reader.sawHalf ? 'the reader saw the first stage without the second' : undefined,
  );
}

/** The word that all share, and its lock. */
const SHARED = 0;
const LOCK = 1;

/** A check that takes for granted that deposit and withdrawal are over. */
export function account(): FreeProgram {
  const check = new Look(LOCK, SHARED);
  const deposit = new Assignment(LOCK, SHARED, SHARED, 20);
  const withdrawal = new Assignment(LOCK, SHARED, SHARED, -5);
  return freeProgram('account', [10, 0], [deposit, withdrawal, check], () =>
    check.seen === 25 ? undefined : `the check saw a balance of ${check.seen}`,
  );
}

/** A check that takes for granted that it does not come last. */
export function lazy01(): FreeProgram {
  const check = new Look(LOCK, SHARED);
  const one = new Assignment(LOCK, SHARED, SHARED, 1);
  const two = new Assignment(LOCK, SHARED, SHARED, 2);
  return freeProgram('lazy01', [0, 0], [one, two, check], () =>
    check.seen >= 3 ? `the check saw ${check.seen}` : undefined,
  );
}

const RING_LOCK = 4;

/** A token goes round a ring of four words, if each hands it on after it got it. */
export function tokenRing(): FreeProgram {
  const first = new Assignment(RING_LOCK, 0, 3, 1);
  const others = [1, 2, 3].map((word) => new Assignment(RING_LOCK, word, word - 1, 0));
  return freeProgram('token_ring', [0, 0, 0, 0, 0], [first, ...others], ({ words }) =>
    [0, 1, 2, 3].every((word) => words[word] === 1) ? undefined : 'the token did not go round',
  );
}

const OTHER_LOCK = 2;

/** Increments the word, and expects to find what it wrote: it holds a lock, but not the others'. */
class ConfidentIncrement implements ThreadCode {
  wasDisturbed = false;
  private readonly enter: VisibleOp = lock(LOCK);
  private readonly read: VisibleOp = load(SHARED);
  private readonly write: VisibleOp = store(SHARED, 0);
  private readonly leave: VisibleOp = unlock(LOCK);

  *run(): Visible<void> {
    this.wasDisturbed = false;
    yield this.enter;
    this.write.a = ((yield this.read) as number) + 1;
    yield this.write;
    this.wasDisturbed = ((yield this.read) as number) !== this.write.a;
    yield this.leave;
  }
}

export function wrongLock(): FreeProgram {
  const confident = new ConfidentIncrement();
  const others = Array.from({ length: 7 }, () => new Assignment(OTHER_LOCK, SHARED, SHARED, 1));
  return freeProgram('wronglock', [0, 0, 0], [confident, ...others], () =>
    confident.wasDisturbed ? 'the word changed under its lock' : undefined,
  );
}

const FILLED = 2;
const ITEMS = 2;

class StackProducer implements ThreadCode {
  private readonly enter: VisibleOp = lock(LOCK);
  private readonly read: VisibleOp = load(SHARED);
  private readonly write: VisibleOp = store(SHARED, 0);
  private readonly fill: VisibleOp = store(FILLED, 1);
  private readonly leave: VisibleOp = unlock(LOCK);

  *run(): Visible<void> {
    for (let item = 0; item < ITEMS; item++) {
      yield this.enter;
      this.write.a = ((yield this.read) as number) + 1;
      yield this.write;
      yield this.fill;
      yield this.leave;
    }
  }
}

/** Tests outside the lock whether there was anything ever, and pops. */
class StackConsumer implements ThreadCode {
  metNothing = false;
  private readonly look: VisibleOp = load(FILLED);
  private readonly enter: VisibleOp = lock(LOCK);
  private readonly read: VisibleOp = load(SHARED);
  private readonly write: VisibleOp = store(SHARED, 0);
  private readonly leave: VisibleOp = unlock(LOCK);

  *run(): Visible<void> {
    this.metNothing = false;
    for (let item = 0; item < ITEMS; item++) {
      if (((yield this.look) as number) === 0) continue;
      yield this.enter;
      const size = (yield this.read) as number;
      this.write.a = size - 1;
      if (size > 0) yield this.write;
      else this.metNothing = true;
      yield this.leave;
    }
  }
}

export function stack(): FreeProgram {
  const consumer = new StackConsumer();
  return freeProgram('stack', [0, 0, 0], [new StackProducer(), consumer], () =>
    consumer.metNothing ? 'popped an empty stack' : undefined,
  );
}
