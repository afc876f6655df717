import type { Visible, VisibleOp } from '../../../impl/platform.ts';
import type { ThreadCode } from '../subject.ts';
import {
  type End,
  exchange,
  type FreeProgram,
  freeProgram,
  load,
  lock,
  notify,
  push,
  store,
  takeAll,
  unlock,
  wait,
} from './free-program.ts';

/** The word that the loop sleeps on, the flag of those that sleep by it, the lock of those that lock; the queue. */
const WAKE = 0;
const ASLEEP = 1;
const LOCK = 2;
const QUEUE = 0;

/** Clears the wake word, takes what is there (behind a lock, if it locks), and sleeps on the word if that was nothing. */
class Loop implements ThreadCode {
  private readonly clear: VisibleOp = exchange(WAKE, 0);
  private readonly enter: VisibleOp = lock(LOCK);
  private readonly take: VisibleOp = takeAll(QUEUE);
  private readonly leave: VisibleOp = unlock(LOCK);
  private readonly sleep: VisibleOp = wait(WAKE, 0);
  private readonly expected: number;
  private readonly locks: boolean;

  constructor(expected: number, locks: boolean) {
    this.expected = expected;
    this.locks = locks;
  }

  *run(): Visible<void> {
    for (let ran = 0; ran < this.expected; ) {
      yield this.clear;
      if (this.locks) yield this.enter;
      const taken = (yield this.take) as readonly number[];
      if (this.locks) yield this.leave;
      ran += taken.length;
      if (taken.length === 0) yield this.sleep;
    }
  }
}

/** Clears the wake word after it found nothing: what was pushed in between sets the word in vain. */
class LateClearingLoop implements ThreadCode {
  private readonly take: VisibleOp = takeAll(QUEUE);
  private readonly clear: VisibleOp = store(WAKE, 0);
  private readonly sleep: VisibleOp = wait(WAKE, 0);
  private readonly expected: number;

  constructor(expected: number) {
    this.expected = expected;
  }

  *run(): Visible<void> {
    for (let ran = 0; ran < this.expected; ) {
      const taken = (yield this.take) as readonly number[];
      ran += taken.length;
      if (taken.length > 0) continue;
      yield this.clear;
      yield this.sleep;
    }
  }
}

/** Says that it sleeps only after it looked: whoever pushed in between rings no bell. */
class FlaggingLoop implements ThreadCode {
  private readonly take: VisibleOp = takeAll(QUEUE);
  private readonly fallAsleep: VisibleOp = store(ASLEEP, 1);
  private readonly look: VisibleOp = load(WAKE);
  private readonly sleep: VisibleOp = wait(WAKE, 0);
  private readonly clear: VisibleOp = store(WAKE, 0);
  private readonly wakeUp: VisibleOp = store(ASLEEP, 0);
  private readonly expected: number;

  constructor(expected: number) {
    this.expected = expected;
  }

  *run(): Visible<void> {
    for (let ran = 0; ran < this.expected; ) {
      const taken = (yield this.take) as readonly number[];
      ran += taken.length;
      if (taken.length > 0) continue;
      yield this.fallAsleep;
      if (((yield this.look) as number) === 0) yield this.sleep;
      yield this.clear;
      yield this.wakeUp;
    }
  }
}

/** Pushes (behind a lock, if it locks), sets the wake word, and rings if it was not set. */
class Producer implements ThreadCode {
  private readonly enter: VisibleOp = lock(LOCK);
  private readonly push: VisibleOp;
  private readonly leave: VisibleOp = unlock(LOCK);
  private readonly set: VisibleOp = exchange(WAKE, 1);
  private readonly ring: VisibleOp = notify(WAKE, 1);
  private readonly posts: number;
  private readonly locks: boolean;

  constructor(id: number, posts: number, locks: boolean) {
    this.push = push(QUEUE, id);
    this.posts = posts;
    this.locks = locks;
  }

  *run(): Visible<void> {
    for (let post = 0; post < this.posts; post++) {
      if (this.locks) yield this.enter;
      yield this.push;
      if (this.locks) yield this.leave;
      if (((yield this.set) as number) === 0) yield this.ring;
    }
  }
}

/** Pushes, and rings if the loop says that it sleeps. */
class FlagReadingProducer implements ThreadCode {
  private readonly push: VisibleOp;
  private readonly look: VisibleOp = load(ASLEEP);
  private readonly set: VisibleOp = store(WAKE, 1);
  private readonly ring: VisibleOp = notify(WAKE, 1);
  private readonly posts: number;

  constructor(id: number, posts: number) {
    this.push = push(QUEUE, id);
    this.posts = posts;
  }

  *run(): Visible<void> {
    for (let post = 0; post < this.posts; post++) {
      yield this.push;
      if (((yield this.look) as number) === 0) continue;
      yield this.set;
      yield this.ring;
    }
  }
}

function everythingRan({ isDone }: End): string | undefined {
  return isDone ? undefined : 'lost wake-up: the loop sleeps, and what was pushed never runs';
}

function named(kind: string, producers: number, posts: number): string {
  return posts === 1 ? `${kind}${producers}` : `${kind}${producers}x${posts}`;
}

function withProducers(
  name: string,
  loop: ThreadCode,
  producer: (id: number) => ThreadCode,
  producers: number,
): FreeProgram {
  const threads = [loop, ...Array.from({ length: producers }, (_, id) => producer(id))];
  return freeProgram(name, [0, 0, 0], threads, everythingRan);
}

/** A loop, and so many producers that each push so often; correct. */
export function loopOK(producers: number, posts: number): FreeProgram {
  const name = named('loopOK', producers, posts);
  return withProducers(name, new Loop(producers * posts, false), (id) => new Producer(id, posts, false), producers);
}

export function loopOKmutex(producers: number, posts: number): FreeProgram {
  const name = `${named('loopOK', producers, posts)}mutex`;
  return withProducers(name, new Loop(producers * posts, true), (id) => new Producer(id, posts, true), producers);
}

export function loopLost(producers: number, posts: number): FreeProgram {
  const name = named('loopLost', producers, posts);
  return withProducers(
    name,
    new LateClearingLoop(producers * posts),
    (id) => new Producer(id, posts, false),
    producers,
  );
}

export function loopSleep(producers: number, posts: number): FreeProgram {
  const name = named('loopSleep', producers, posts);
  return withProducers(
    name,
    new FlaggingLoop(producers * posts),
    (id) => new FlagReadingProducer(id, posts),
    producers,
  );
}
