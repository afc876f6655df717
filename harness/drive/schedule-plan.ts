import type { ClockMode } from '../../spec/result.ts';
import { FairSuffix } from '../explore/fair-suffix.ts';
import { FewPreemptions } from '../explore/few-preemptions.ts';
import { type StrategyName, strategyNamed } from '../explore/strategies.ts';
import type { Strategy } from '../explore/strategy.ts';
import { fewPreemptionsShare } from '../limits.ts';
import { Seed } from '../seed.ts';

/**
 * How the schedules of one program are chosen, from its first execution to its last. The portfolio, which is the
 * default, comes after the schedules with at most one preemption, which get a small share of the executions.
 */
export class SchedulePlan {
  private readonly few: { readonly [clock in ClockMode]: FewPreemptions };
  private readonly fewMax: number;
  private readonly sampling: Strategy;

  /** `executions`: how many there will be, as far as is known. */
  constructor(name: StrategyName, seed: string, executions: number) {
    this.few = { late: new FewPreemptions(), explored: new FewPreemptions(), any: new FewPreemptions() };
    this.fewMax = name === 'portfolio' ? Math.floor(executions * fewPreemptionsShare) : 0;
    this.sampling = new FairSuffix(strategyNamed(name, new Seed(seed)));
  }

  /** The strategy for the execution at `index`; to be asked for each, in their order. */
  strategyFor(index: number, clock: ClockMode): Strategy {
    const few = this.few[clock];
    return index < this.fewMax && !few.isExhausted ? few : this.sampling;
  }
}
