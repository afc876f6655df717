import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Deviation } from '../../spec/result.ts';
import { shrinkSchedule } from './schedule.ts';

const list = (...operations: readonly number[]): Deviation[] =>
  operations.map((operation) => ({ after: 0, operation, to: 1 }));

test('keeps exactly the deviations that the failure needs, wherever they stand', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(40), { maxLength: 4 }),
      fc.uniqueArray(fc.nat(40), { maxLength: 30 }),
      async (needed, others) => {
        const first = list(...[...new Set([...needed, ...others])].sort((a, b) => a - b));
        const attempt = async (tried: readonly Deviation[]) =>
          needed.every((operation) => tried.some((deviation) => deviation.operation === operation)) ? tried : undefined;
        const operations = (await shrinkSchedule(first, attempt, 10_000)).map(({ operation }) => operation);
        expect(operations.sort((a, b) => a - b)).toEqual([...needed].sort((a, b) => a - b));
      },
    ),
  );
});

test('stops after the attempts it was given', async () => {
  let tries = 0;
  const attempt = async (): Promise<undefined> => {
    tries++;
    return undefined;
  };
  await shrinkSchedule(list(...Array.from({ length: 100 }, (_, n) => n)), attempt, 7);
  expect(tries).toBe(7);
});
