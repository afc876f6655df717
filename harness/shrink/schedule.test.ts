import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Deviation } from '../../spec/result.ts';
import { findCriticalPair } from './critical-pair.ts';
import { Attempts, countSwitches, type Performed, type Performer } from './performer.ts';
import { shrinkSchedule } from './schedule.ts';

const list = (...operations: readonly number[]): Deviation[] =>
  operations.map((operation) => ({ after: 0, operation, to: 1 }));

/** Steps of these threads, all on one word that they write. */
function performed(
  order: readonly number[],
  outcome: Performed['outcome'],
  deviations: readonly Deviation[],
): Performed {
  const trace = order.map((tid) => ({ tid, kind: 1, object: 0, blocked: false, ended: false }));
  return { deviations, steps: order.map((tid) => (1 << 5) | tid), trace, outcome };
}

/** Fails as `fails` says of a schedule, and can follow no order. */
function replaying(fails: (deviations: readonly Deviation[]) => boolean): Performer<Performed> {
  return {
    replay: async (deviations) => performed([], fails(deviations) ? 'fails' : 'passes', deviations),
    follow: async () => undefined,
  };
}

/** Deviates whenever it switches; fails as `fails` says of the order of steps. */
function following(fails: (order: readonly number[]) => boolean): Performer<Performed> {
  const perform = (order: readonly number[]) => {
    const switches = order.flatMap((tid, at) => (at > 0 && order[at - 1] !== tid ? [at] : []));
    return performed(order, fails(order) ? 'fails' : 'passes', list(...switches));
  };
  return { replay: async () => undefined, follow: async (order) => perform(order) };
}

describe('a shrunk schedule', () => {
  test('keeps exactly the deviations that the failure needs, wherever they stand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(40), { maxLength: 4 }),
        fc.uniqueArray(fc.nat(40), { maxLength: 30 }),
        async (needed, others) => {
          const first = list(...[...new Set([...needed, ...others])].sort((a, b) => a - b));
          const performer = replaying((tried) =>
            needed.every((operation) => tried.some((deviation) => deviation.operation === operation)),
          );
          const { deviations } = await shrinkSchedule(performed([], 'fails', first), performer, new Attempts(10_000));
          const operations = deviations.map(({ operation }) => operation);
          expect(operations.sort((a, b) => a - b)).toEqual([...needed].sort((a, b) => a - b));
        },
      ),
    );
  });

  test('can spare no single deviation, even where two must go together', async () => {
    const isEven = (deviations: readonly Deviation[]) => deviations.length % 2 === 0 && deviations.length >= 2;
    const first = performed([], 'fails', list(...Array.from({ length: 16 }, (_, n) => n)));
    const { deviations } = await shrinkSchedule(first, replaying(isEven), new Attempts(10_000));
    expect(deviations).toHaveLength(2);
  });

  test('has the steps of a thread in one go, unless the failure needs them apart', async () => {
    const performer = following((order) => order.indexOf(1) < order.lastIndexOf(0));
    const first = (await performer.follow([0, 1, 0, 1, 0, 2, 0, 2]))!;
    const best = await shrinkSchedule(first, performer, new Attempts(10_000));
    expect(best.outcome).toBe('fails');
    expect(countSwitches(best.trace).contextSwitches).toBe(2);
  });

  test('is the best of the attempts that were given', async () => {
    let tries = 0;
    const performer = replaying(() => {
      tries++;
      return false;
    });
    const first = performed([], 'fails', list(...Array.from({ length: 100 }, (_, n) => n)));
    expect(await shrinkSchedule(first, performer, new Attempts(7))).toBe(first);
    expect(tries).toBe(7);
  });
});

describe('switches', () => {
  const step = { kind: 0, object: 0, blocked: false, ended: false };
  test('are preemptions when the thread could have gone on', () => {
    const trace = [
      { ...step, tid: 0 },
      { ...step, tid: 1, blocked: true },
      { ...step, tid: 2, ended: true },
      { ...step, tid: 31 },
      { ...step, tid: 0 },
      { ...step, tid: 0 },
    ];
    expect(countSwitches(trace)).toEqual({ contextSwitches: 4, preemptions: 1 });
  });
});

describe('a critical pair', () => {
  test('is the last whose exchange makes the failure go away', async () => {
    const performer = following((order) => order.lastIndexOf(0) < order.indexOf(1));
    const failing = (await performer.follow([0, 0, 0, 1, 1]))!;
    const pair = await findCriticalPair(failing, performer, new Attempts(100));
    expect(pair).toMatchObject({ first: 2, second: 4 });
    expect(pair!.passing.steps.map((access) => access & 31)).toEqual([0, 0, 1, 1, 0]);
  });

  test('is not one that the program cannot exchange', async () => {
    const stubborn: Performer<Performed> = {
      replay: async () => undefined,
      follow: async () => performed([0, 0, 1], 'passes', []),
    };
    const pair = await findCriticalPair(performed([0, 0, 1], 'fails', []), stubborn, new Attempts(100));
    expect(pair).toBeUndefined();
  });

  test('is looked for so often and no more', async () => {
    const attempts = new Attempts(3);
    const failing = performed([0, 1, 0, 1, 0, 1], 'fails', []);
    expect(
      await findCriticalPair(
        failing,
        following(() => true),
        attempts,
      ),
    ).toBeUndefined();
    expect(attempts.used).toBe(3);
  });
});
