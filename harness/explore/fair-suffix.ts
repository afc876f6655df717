import { unfairStepsMax } from '../limits.ts';
import { Seed } from '../seed.ts';
import { RandomWalk } from './random-walk.ts';
import type { Situation, Strategy, Tid } from './strategy.ts';

/**
 * A strategy whose executions end in fairness: what is not over after `unfairStepsMax` steps goes on as a random walk,
 * which lets every thread that can go on do so again and again. So an execution that then still reaches the step cap
 * was not kept from its end by its schedule.
 */
export class FairSuffix implements Strategy {
  private readonly inner: Strategy;
  private walk: RandomWalk | undefined;

  constructor(inner: Strategy) {
    this.inner = inner;
  }

  begin(): void {
    this.walk = undefined;
    this.inner.begin();
  }

  pick(enabled: number, situation: Situation): Tid {
    if (situation.steps < unfairStepsMax) return this.inner.pick(enabled, situation);
    this.walk ??= new RandomWalk(new Seed('fair suffix'));
    return this.walk.pick(enabled);
  }

  end(situation: Situation): void {
    this.inner.end(situation);
  }
}
