import type { Seed } from '../seed.ts';
import { dependent, threadOf } from './access.ts';
import { Priorities } from './priorities.ts';
import type { Situation, Strategy, Tid } from './strategy.ts';

/**
 * Partial order sampling (Yuan et al., CAV 2018). Each pending step has a random priority, and the highest of the
 * enabled is performed; that renews the priorities of the steps that depend on it. So what is drawn is an order of
 * dependent steps rather than an order of threads. It keeps nothing from one execution to the next.
 */
export class Pos implements Strategy {
  private readonly priorities: Priorities;
  /** Steps of the log that have been taken into account. */
  private seen = 0;

  constructor(seed: Seed) {
    this.priorities = new Priorities(seed);
  }

  begin(): void {
    this.priorities.holders = 0;
    this.seen = 0;
  }

  /**
   * Priorities of steps that were performed are gone, and so are those of steps that depend on one that was. A thread
   * that performed nothing since the last decision still has the step pending that it had then.
   */
  pick(enabled: number, situation: Situation): Tid {
    const { priorities } = this;
    const { log, steps } = situation;
    for (; this.seen < steps; this.seen++) {
      const performed = log[this.seen]!;
      let held = priorities.holders & ~(1 << threadOf(performed));
      for (let rest = held; rest !== 0; rest &= rest - 1) {
        const bit = rest & -rest;
        if (dependent(performed, situation.access(31 - Math.clz32(bit)))) held &= ~bit;
      }
      priorities.holders = held;
    }
    return priorities.highest(enabled);
  }

  end(): void {}
}
