import { describe, expect, test } from 'vitest';
import { Seed } from '../seed.ts';
import { Engine } from './engine.ts';
import {
  countSchedules,
  type Definition,
  deviationOf,
  distributionOf,
  permutations,
  scheduleOf,
  straightLines,
  type Weighted,
} from './fixtures/enumeration.ts';
import { Pct } from './pct.ts';
import { load, lock, store, unlock } from './programs/free-program.ts';
import { loopLost, loopOK } from './programs/loop.ts';
import type { Subject } from './subject.ts';

type State = { readonly priorities: readonly number[]; readonly points: readonly number[]; readonly decisions: number };

/** Any order of the threads, any depth up to the greatest, any distinct change points in 1 … k - 1. */
function priorityTesting(threads: number, depthMax: number, k: number): Definition<State> {
  const initial: Weighted<State>[] = [];
  const orders = permutations(Array.from({ length: threads }, (_, tid) => tid));
  for (let depth = 1; depth <= depthMax; depth++) {
    const choices = pointsOf(Math.min(depth - 1, Math.max(k - 1, 0)), k);
    for (const priorities of orders) {
      for (const points of choices) {
        const value = { priorities, points, decisions: 0 };
        initial.push({ value, p: 1 / (depthMax * orders.length * choices.length) });
      }
    }
  }
  return {
    initial,
    performed: (state) => state,
    decide: ({ priorities, points, decisions }, enabled, { last }) => {
      const point = points.indexOf(decisions);
      const changed = point < 0 ? priorities : priorities.with(last, -1 - point);
      const highest = enabled.reduce((best, tid) => (changed[tid]! > changed[best]! ? tid : best));
      return [{ value: [highest, { priorities: changed, points, decisions: decisions + 1 }], p: 1 }];
    },
  };
}

/** All ordered choices of so many distinct change points. */
function pointsOf(count: number, k: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return pointsOf(count - 1, k).flatMap((points) =>
    Array.from({ length: k - 1 }, (_, at) => at + 1)
      .filter((point) => !points.includes(point))
      .map((point) => [...points, point]),
  );
}

/** A strategy that has seen an execution with as many decisions as any has, and how many these are. */
function warmedUp(program: Subject, depthMax: number): { readonly strategy: Pct; readonly k: number } {
  const strategy = new Pct(new Seed('priorities'), depthMax);
  const engine = new Engine();
  let k = 0;
  for (let execution = 0; execution < 1000; execution++) {
    k = Math.max(k, engine.run(program, strategy, { clock: 'late', spurious: false }).decisions);
  }
  return { strategy, k };
}

function frequencyOf(program: Subject, strategy: Pct, schedule: string): number {
  const executions = 8000;
  return (countSchedules(program, strategy, executions).get(schedule) ?? 0) / executions;
}

const underLock = (cell: number) => [lock(0), load(cell), unlock(0)];
const LOST_UPDATE = [load(0), store(0, 1)];
const TWO_LOST_UPDATES = straightLines(LOST_UPDATE, LOST_UPDATE);

describe('probabilistic concurrency testing', () => {
  test.each([
    ['two lost updates, depth 2', TWO_LOST_UPDATES, 2],
    ['two lost updates, depth 4', TWO_LOST_UPDATES, 4],
    ['two threads under a lock and one beside it', straightLines(underLock(1), underLock(1), [store(1, 1)]), 4],
    ['a loop that sleeps', loopLost(1, 1), 4],
    ['three lost updates', straightLines(LOST_UPDATE, LOST_UPDATE, LOST_UPDATE), 4],
  ])('gives each schedule the probability that its definition does: %s', (_, program, depthMax) => {
    const { strategy, k } = warmedUp(program, depthMax);
    const expected = distributionOf(program, priorityTesting(program.threads.length, depthMax, k));
    expect(deviationOf(countSchedules(program, strategy, 20_000), expected)).toBeLessThan(3.09);
  });

  test('of depth 1 finds a bug that only needs an order of two threads half the time', () => {
    const program = straightLines([load(0), load(1)], [store(0, 1), store(1, 1)]);
    const { strategy } = warmedUp(program, 1);
    const found = frequencyOf(program, strategy, '1100');
    expect(found).toBeGreaterThan(0.47);
    expect(found).toBeLessThan(0.53);
  });

  test.each([
    // Both threads, or two of three, are left in their midst: the first one left goes on first, or the last one.
    [2, straightLines([load(0), load(0)], [store(0, 1)]), '010'],
    [3, straightLines([load(0), load(0), load(0)], [store(0, 1), store(0, 1)]), '01001'],
    [3, straightLines([load(0), load(0)], [load(1), load(1)], [load(2)]), '01201'],
    [3, straightLines([load(0), load(0)], [load(1), load(1)], [load(2)]), '01210'],
  ])('of depth %i finds a bug of that depth as often as the theorem says', (depth, program, schedule) => {
    const { strategy, k } = warmedUp(program, depth);
    // 1 / (n k^(d-1)), where one execution in d has the full depth.
    const promised = 1 / (depth * program.threads.length * k ** (depth - 1));
    expect(frequencyOf(program, strategy, schedule)).toBeGreaterThan(promised);
  });

  test('has no change points while it knows of no execution', () => {
    for (let seed = 0; seed < 50; seed++) {
      const schedule = scheduleOf(new Engine(), TWO_LOST_UPDATES, new Pct(new Seed(`${seed}`)));
      expect(['0011', '1100']).toContain(schedule);
    }
  });

  test('does the same for the same seed', () => {
    const schedules = (seed: string) => {
      const engine = new Engine();
      const strategy = new Pct(new Seed(seed));
      return Array.from({ length: 40 }, () => scheduleOf(engine, loopOK(2, 1), strategy));
    };
    expect(schedules('one')).toEqual(schedules('one'));
    expect(schedules('one')).not.toEqual(schedules('two'));
  });
});
