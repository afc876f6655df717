import type { Seed } from '../seed.ts';
import { countThreads, nthThread, type Strategy, type Tid } from './strategy.ts';

/** Uniform among the enabled at every decision: a schedule has the product of its decisions' 1/n. */
export class RandomWalk implements Strategy {
  private readonly seed: Seed;

  constructor(seed: Seed) {
    this.seed = seed;
  }

  begin(): void {}

  pick(enabled: number): Tid {
    return nthThread(enabled, this.seed.below(countThreads(enabled)));
  }

  end(): void {}
}
