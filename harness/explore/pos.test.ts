import { describe, expect, test } from 'vitest';
import { Seed } from '../seed.ts';
import { dependent } from './access.ts';
import { Engine } from './engine.ts';
import {
  countSchedules,
  type Definition,
  deviationOf,
  distributionOf,
  type Ranks,
  ranked,
  scheduleOf,
  straightLines,
} from './fixtures/enumeration.ts';
import { Pos } from './pos.ts';
import { load, lock, store, unlock } from './programs/free-program.ts';
import { loopLost, loopOK } from './programs/loop.ts';
import type { Tid } from './strategy.ts';

/** The highest goes on; its priority goes, and so does that of each thread whose step depends on the one performed. */
const PARTIAL_ORDER_SAMPLING: Definition<Ranks> = {
  initial: [{ value: [], p: 1 }],
  performed: (ranks, tid, machine) =>
    ranks.map((other) =>
      other === null || other === tid || dependent(machine.access(tid), machine.access(other)) ? null : other,
    ),
  decide: (ranks, enabled) =>
    ranked(ranks, enabled).map(({ value, p }) => ({ value: [highest(value, enabled), value], p })),
};

function highest(ranks: Ranks, enabled: readonly Tid[]): Tid {
  return ranks.find((tid): tid is Tid => tid !== null && enabled.includes(tid))!;
}

const underLock = (cell: number) => [lock(0), load(cell), unlock(0)];

describe('partial order sampling', () => {
  test.each([
    ['two lost updates', straightLines([load(0), store(0, 1)], [load(0), store(0, 1)]), 6],
    ['steps that are independent', straightLines([load(0), store(1, 1), load(0)], [load(0), load(2), store(1, 1)]), 20],
    ['two threads under a lock and one beside it', straightLines(underLock(1), underLock(1), [store(1, 1)]), 14],
    ['a loop that sleeps', loopLost(1, 1), 15],
  ])('gives each schedule the probability that its definition does: %s', (_, program, schedules) => {
    const expected = distributionOf(program, PARTIAL_ORDER_SAMPLING);
    expect(expected.size).toBe(schedules);
    const counts = countSchedules(program, new Pos(new Seed('partial orders')), 40_000);
    expect(deviationOf(counts, expected)).toBeLessThan(3.09);
  });

  test('orders two racing stores evenly, however many independent steps come before one of them', () => {
    const reads = Array.from({ length: 30 }, () => load(1));
    const program = straightLines([...reads, store(0, 1)], [store(0, 2)]);
    const executions = 4000;
    let late = 0;
    for (const [schedule, count] of countSchedules(program, new Pos(new Seed('even')), executions)) {
      if (schedule.endsWith('1')) late += count;
    }
    // The lone store is late when its priority is below 31 others': 1/32; a random walk takes 2^-31.
    expect(late / executions).toBeGreaterThan(1 / 32 - 0.012);
    expect(late / executions).toBeLessThan(1 / 32 + 0.012);
  });

  test('does the same for the same seed, and keeps nothing from one program to the next', () => {
    const schedules = (between: boolean) => {
      const engine = new Engine();
      const strategy = new Pos(new Seed('same'));
      return Array.from({ length: 40 }, () => {
        if (between) engine.run(straightLines([load(0)]), strategy, { clock: 'late', spurious: false });
        return scheduleOf(engine, loopOK(2, 1), strategy);
      });
    };
    expect(schedules(false)).toEqual(schedules(true));
    expect(new Set(schedules(false)).size).toBeGreaterThan(20);
  });
});
