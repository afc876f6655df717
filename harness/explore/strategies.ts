import { assertNever } from '../../spec/assert-never.ts';
import type { Seed } from '../seed.ts';
import { Pct } from './pct.ts';
import { Portfolio } from './portfolio.ts';
import { Pos } from './pos.ts';
import { RandomWalk } from './random-walk.ts';
import type { Strategy } from './strategy.ts';
import { Surw } from './surw.ts';

/** Random strategies by the names that a command line knows them by. */
export const STRATEGIES = ['portfolio', 'random', 'pct', 'pos', 'surw', 'urw'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

/** A new strategy, for the executions of one program. */
export function strategyNamed(name: StrategyName, seed: Seed): Strategy {
  switch (name) {
    case 'portfolio':
      return new Portfolio(seed);
    case 'random':
      return new RandomWalk(seed);
    case 'pct':
      return new Pct(seed);
    case 'pos':
      return new Pos(seed);
    case 'surw':
      return new Surw(seed);
    case 'urw':
      return new Surw(seed, 'every-step');
    default:
      return assertNever(name);
  }
}
