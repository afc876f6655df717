import * as limits from '../limits.ts';
import { type Access, EARLY, LATE, objectOf, READS_CLOCK, threadOf, WRITES, WRITES_CLOCK } from './access.ts';

/** Cells and ports; the object of steps that touch neither lies behind, and nobody writes it. */
const OBJECTS = (limits.simulatedCellsPerThread + limits.simulatedPortsPerThread) * limits.virtualThreadsMax;
/** Integers that are saved for each step. */
const SAVED = 4;

/**
 * The happens-before order of an execution so far, as 64 bits: two prefixes that differ only in the order of adjacent
 * independent steps have the same key, any others have not, but for an accident of 2^-64 a pair.
 *
 * The key is the sum of a hash for each step: of what it touched, of its thread's step before, of the last write of its
 * object and of the clock, and if it carries an early record, of all late ones so far. That tells the order of any two
 * dependent steps (`dependent` in access.ts) from one of them: a read says between which writes it stands, so a write
 * need not say what was read; and likewise late records. A step is added or taken back in O(1).
 */
export class HappensBefore {
  readonly low: Lane = new Lane(0x85ebca6b, 0x2c1b3c6d);
  readonly high: Lane = new Lane(0x27d4eb2f, 0x297a2d39);
  private readonly steps: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  private count = 0;

  append(access: Access): void {
    this.steps[this.count] = access;
    this.low.append(this.count, access);
    this.high.append(this.count, access);
    this.count++;
  }

  /** Takes back all but the first `count` steps. */
  retreat(count: number): void {
    while (this.count > count) {
      this.count--;
      this.low.takeBack(this.count, this.steps[this.count]!);
      this.high.takeBack(this.count, this.steps[this.count]!);
    }
  }
}

/** 32 bits of the key, by constants of its own: an accident in one lane says nothing about the other. */
class Lane {
  key = 0;
  private readonly seed: number;
  private readonly factor: number;
  /** The last step of each thread, and the last write of each object. */
  private readonly threads: Int32Array = new Int32Array(32);
  private readonly writes: Int32Array = new Int32Array(OBJECTS);
  private clockWrite = 0;
  /** The sum of all steps so far that carry a late record. */
  private late = 0;
  /** A step's own hash, and what it replaced. */
  private readonly saved: Int32Array = new Int32Array(limits.stepsPerExecutionMax * SAVED);

  constructor(seed: number, factor: number) {
    this.seed = seed;
    this.factor = factor;
  }

  append(at: number, access: Access): void {
    const { saved, threads, writes, clockWrite } = this;
    const from = at * SAVED;
    const thread = threadOf(access);
    const object = objectOf(access);
    const previous = threads[thread]!;
    const write = object < OBJECTS ? writes[object]! : 0;
    let hash = this.mixed(this.mixed(this.mixed(this.seed, access), previous), write);
    if ((access & (READS_CLOCK | WRITES_CLOCK)) !== 0) hash = this.mixed(hash, clockWrite);
    if ((access & EARLY) !== 0) hash = this.mixed(hash, this.late);
    hash = this.mixed(hash, this.seed);
    saved[from] = hash;
    saved[from + 1] = previous;
    saved[from + 2] = write;
    saved[from + 3] = clockWrite;
    this.key = (this.key + hash) | 0;
    threads[thread] = hash;
    if ((access & WRITES) !== 0) writes[object] = hash;
    if ((access & WRITES_CLOCK) !== 0) this.clockWrite = hash;
    if ((access & LATE) !== 0) this.late = (this.late + hash) | 0;
  }

  takeBack(at: number, access: Access): void {
    const { saved } = this;
    const from = at * SAVED;
    const hash = saved[from]!;
    this.key = (this.key - hash) | 0;
    this.threads[threadOf(access)] = saved[from + 1]!;
    if ((access & WRITES) !== 0) this.writes[objectOf(access)] = saved[from + 2]!;
    this.clockWrite = saved[from + 3]!;
    if ((access & LATE) !== 0) this.late = (this.late - hash) | 0;
  }

  private mixed(hash: number, value: number): number {
    const product = Math.imul(hash ^ value, this.factor);
    return product ^ (product >>> 15);
  }
}

/** A slot holds nothing, or how many preemptions its prefix was entered with, plus one. */
const EMPTY = 0;
export const preemptionsMax = 254;

/**
 * The prefixes that a search has entered, by 64-bit keys, and with how few preemptions. At `cacheEntriesMax` it is
 * full: it says so, and takes no more.
 */
export class EnteredPrefixes {
  isFull = false;
  private size = 0;
  private mask = (1 << 10) - 1;
  private low = new Int32Array(this.mask + 1);
  private high = new Int32Array(this.mask + 1);
  private entered = new Uint8Array(this.mask + 1);

  /** Whether the prefix was entered before with no more preemptions; if not, it has been now. */
  enter(low: number, high: number, preemptions: number): boolean {
    const slot = this.find(low, high);
    const before = this.entered[slot]!;
    if (before !== EMPTY) {
      if (before <= preemptions + 1) return true;
      this.entered[slot] = preemptions + 1;
      return false;
    }
    if (this.size >= limits.cacheEntriesMax) {
      this.isFull = true;
      return false;
    }
    this.put(slot, low, high, preemptions + 1);
    if (++this.size * 2 > this.mask) this.grow();
    return false;
  }

  /** The slot of a key, or the empty one where it belongs. */
  private find(low: number, high: number): number {
    let slot = low & this.mask;
    while (this.entered[slot] !== EMPTY && (this.low[slot] !== low || this.high[slot] !== high)) {
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }

  private put(slot: number, low: number, high: number, entered: number): void {
    this.low[slot] = low;
    this.high[slot] = high;
    this.entered[slot] = entered;
  }

  private grow(): void {
    const { low, high, entered } = this;
    this.mask = this.mask * 2 + 1;
    this.low = new Int32Array(this.mask + 1);
    this.high = new Int32Array(this.mask + 1);
    this.entered = new Uint8Array(this.mask + 1);
    for (let slot = 0; slot < entered.length; slot++) {
      if (entered[slot] !== EMPTY)
        this.put(this.find(low[slot]!, high[slot]!), low[slot]!, high[slot]!, entered[slot]!);
    }
  }
}
