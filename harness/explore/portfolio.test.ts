import { describe, expect, test } from 'vitest';
import { Seed } from '../seed.ts';
import { Engine } from './engine.ts';
import { scheduleOf } from './fixtures/enumeration.ts';
import { loopLost, loopOK } from './programs/loop.ts';
import { STRATEGIES, type StrategyName, strategyNamed } from './strategies.ts';
import { clockOf } from './strategy.ts';

const LATE = { clock: 'late', spurious: false } as const;

function schedulesOf(name: StrategyName, seed: Seed, count: number): readonly string[] {
  const engine = new Engine();
  const strategy = strategyNamed(name, seed);
  return Array.from({ length: count }, () => scheduleOf(engine, loopOK(2, 1), strategy));
}

/** Which of its members the portfolio asks in its n-th execution. */
const MEMBERS = ['pos', 'surw', 'pct', 'random'] as const;
function memberOf(execution: number): (typeof MEMBERS)[number] {
  return MEMBERS[(execution + Math.floor(execution / 4)) % 4]!;
}

describe('the portfolio', () => {
  test('gives its executions to its members in turn, each as if it were alone', () => {
    const seed = new Seed('portfolio');
    const schedules = schedulesOf('portfolio', seed, 80);
    for (const member of MEMBERS) {
      const own = schedules.filter((_, execution) => memberOf(execution) === member);
      expect(own).toEqual(schedulesOf(member, seed.fork(member), 20));
    }
  });

  test('lets each member meet both clocks equally often', () => {
    for (const member of MEMBERS) {
      const executions = Array.from({ length: 16 }, (_, index) => index).filter((index) => memberOf(index) === member);
      expect(executions.filter((index) => clockOf(index) === 'late')).toHaveLength(2);
    }
  });
});

describe('strategies by name', () => {
  test.each(STRATEGIES)('%s finds a lost wake-up', (name) => {
    const program = loopLost(2, 1);
    for (let seed = 0; seed < 20; seed++) {
      const engine = new Engine();
      const strategy = strategyNamed(name, new Seed(`${seed}`));
      const reasons = Array.from({ length: 200 }, () => engine.run(program, strategy, LATE).reason);
      expect(reasons).toContain('deadlock');
    }
  });
});
