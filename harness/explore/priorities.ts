import type { Seed } from '../seed.ts';
import type { Tid } from './strategy.ts';

const THREADS = 32;

/**
 * Random priorities of threads, each drawn when it is first asked for: uniform in 0 … 2^32 - 1, so that two are equal
 * once in four billion, and then the lower thread is the higher one. Given ones may be below 0.
 */
export class Priorities {
  /** The threads that have one. */
  holders = 0;
  private readonly seed: Seed;
  private readonly values: Float64Array = new Float64Array(THREADS);

  constructor(seed: Seed) {
    this.seed = seed;
  }

  set(tid: Tid, value: number): void {
    this.values[tid] = value;
    this.holders |= 1 << tid;
  }

  /** The highest thread of a mask that is not empty. */
  highest(threads: number): Tid {
    const { values } = this;
    let highest = 31 - Math.clz32(threads & -threads);
    for (let rest = threads; rest !== 0; rest &= rest - 1) {
      const tid = 31 - Math.clz32(rest & -rest);
      if ((this.holders & (1 << tid)) === 0) this.set(tid, this.seed.next());
      if (values[tid]! > values[highest]!) highest = tid;
    }
    return highest;
  }
}
