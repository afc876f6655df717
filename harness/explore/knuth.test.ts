import { describe, expect, test } from 'vitest';
import type { VisibleOp } from '../../impl/platform.ts';
import { Seed } from '../seed.ts';
import { estimateExecutions } from './knuth.ts';
import { Machine } from './machine.ts';
import { freeProgram, load, store } from './programs/free-program.ts';
import { loopOK } from './programs/loop.ts';
import { reorder } from './programs/memory.ts';

const LIBERTIES = { clock: 'explored', spurious: false } as const;

function* perform(operation: VisibleOp) {
  yield operation;
}

function oneStepThreads(operations: readonly VisibleOp[]) {
  const threads = operations.map((operation) => ({ run: () => perform(operation) }));
  return freeProgram('one step each', [], threads, () => undefined);
}

describe('the estimate of a tree', () => {
  test.each(['none', 'sleep-sets'] as const)('is exact where all dives are alike (%s)', (reduction) => {
    const program = oneStepThreads([store(0, 1), store(0, 2), store(0, 3), store(0, 4)]);
    const estimate = estimateExecutions(new Machine(), program, LIBERTIES, reduction, 20, new Seed('alike'));
    const exact = { mean: 24, standardError: 0 };
    expect(estimate).toEqual({ executions: exact, complete: exact });
  });

  test('counts executions that are given up apart from complete ones', () => {
    // Of two steps that commute the second order is given up after one step.
    const program = oneStepThreads([load(0), load(1)]);
    const { executions, complete } = estimateExecutions(
      new Machine(),
      program,
      LIBERTIES,
      'sleep-sets',
      400,
      new Seed('apart'),
    );
    expect(executions).toEqual({ mean: 2, standardError: 0 });
    expect(complete.mean).toBeGreaterThan(0.8);
    expect(complete.mean).toBeLessThan(1.2);
  });

  test.each([
    ['loopOK2', loopOK(2, 1), 'sleep-sets', 616],
    ['loopOK2', loopOK(2, 1), 'none', 5086],
    ['reorder_4', reorder(4), 'sleep-sets', 1248],
    ['reorder_4', reorder(4), 'none', 7038],
    ['loopOK3', loopOK(3, 1), 'sleep-sets', 240_384],
  ] as const)('of %s is within a factor of two', (_name, program, reduction, count) => {
    const { complete } = estimateExecutions(new Machine(), program, LIBERTIES, reduction, 4000, new Seed('factor'));
    expect(complete.mean).toBeGreaterThan(count / 2);
    expect(complete.mean).toBeLessThan(count * 2);
    expect(complete.standardError).toBeLessThan(complete.mean);
  });
});
