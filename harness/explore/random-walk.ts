import type { Seed } from '../seed.ts';
import { countThreads, lowest, type Strategy, type Tid } from './strategy.ts';

/** Uniform among the enabled at every decision: a schedule has the product of its decisions' 1/n. */
export class RandomWalk implements Strategy {
  private readonly seed: Seed;

  constructor(seed: Seed) {
    this.seed = seed;
  }

  begin(): void {}

  pick(enabled: number): Tid {
    let rest = enabled;
    for (let skip = this.seed.below(countThreads(enabled)); skip > 0; skip--) rest &= rest - 1;
    return lowest(rest);
  }

  end(): void {}
}
