import { describe, expect, test } from 'vitest';
import { Seed } from '../seed.ts';
import { Engine } from './engine.ts';
import {
  countSchedules,
  type Definition,
  deviationOf,
  distributionOf,
  scheduleOf,
  straightLines,
} from './fixtures/enumeration.ts';
import { load, lock, store, unlock } from './programs/free-program.ts';
import { loopLost, loopOK } from './programs/loop.ts';
import { RandomWalk } from './random-walk.ts';

/** 1/n at each decision. */
const RANDOM_WALK: Definition<null> = {
  initial: [{ value: null, p: 1 }],
  performed: (state) => state,
  decide: (state, enabled) => enabled.map((tid) => ({ value: [tid, state], p: 1 / enabled.length })),
};

const underLock = (cell: number) => [lock(0), load(cell), unlock(0)];

describe('the random walk', () => {
  test.each([
    ['two lost updates', straightLines([load(0), store(0, 1)], [load(0), store(0, 1)]), 6],
    ['two threads under a lock and one beside it', straightLines(underLock(1), underLock(1), [store(1, 1)]), 14],
    ['a loop that sleeps', loopLost(1, 1), 15],
  ])('gives each schedule the product of 1/n: %s', (_, program, schedules) => {
    const expected = distributionOf(program, RANDOM_WALK);
    expect(expected.size).toBe(schedules);
    const counts = countSchedules(program, new RandomWalk(new Seed('random walk')), 20_000);
    expect(deviationOf(counts, expected)).toBeLessThan(3.09);
  });

  test('does the same for the same seed, whatever engine performs it', () => {
    const schedules = (seed: string, engineOf: () => Engine) => {
      const strategy = new RandomWalk(new Seed(seed));
      return Array.from({ length: 40 }, () => scheduleOf(engineOf(), loopOK(2, 1), strategy));
    };
    const engine = new Engine();
    expect(schedules('one', () => engine)).toEqual(schedules('one', () => new Engine()));
    expect(schedules('one', () => engine)).not.toEqual(schedules('two', () => engine));
  });
});
