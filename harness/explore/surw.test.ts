import { describe, expect, test } from 'vitest';
import { OP, type Visible } from '../../impl/platform.ts';
import { Seed } from '../seed.ts';
import { objectOf, threadOf } from './access.ts';
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
  type Weighted,
} from './fixtures/enumeration.ts';
import type { Machine } from './machine.ts';
import { load, lock, store, unlock } from './programs/free-program.ts';
import { loopLost, loopOK } from './programs/loop.ts';
import type { Tid } from './strategy.ts';
import type { Subject } from './subject.ts';
import { type Counted, Surw } from './surw.ts';

const EXECUTIONS = 40_000;
const LATE = { clock: 'late', spurious: false } as const;

/** A strategy that has its profile, and the steps of the profile. */
function profiled(program: Subject, seed: string, counted: Counted) {
  const strategy = new Surw(new Seed(seed), counted);
  const engine = new Engine();
  const { steps } = engine.run(program, strategy, LATE);
  return { strategy, profile: [...engine.machine.log.subarray(0, steps)] };
}

function countOf(profile: readonly number[], threads: number, isCounted: (access: number) => boolean): number[] {
  const counts = new Array<number>(threads).fill(0);
  for (const access of profile) if (isCounted(access)) counts[threadOf(access)]!++;
  return counts;
}

/** In proportion to the steps that a thread has left, at least one. */
function uniformWalk(profile: readonly number[], threads: number): Definition<readonly number[]> {
  return {
    initial: [{ value: countOf(profile, threads, () => true), p: 1 }],
    performed: (left, tid) => left.with(tid, left[tid]! - 1),
    decide: (left, enabled) =>
      weighed(enabled, (tid) => Math.max(1, left[tid]!)).map(({ value, p }) => ({ value: [value, left], p })),
  };
}

function weighed(threads: readonly Tid[], weight: (tid: Tid) => number): readonly Weighted<Tid>[] {
  const total = threads.reduce((sum, tid) => sum + weight(tid), 0);
  return threads.map((value) => ({ value, p: weight(value) / total })).filter(({ p }) => p > 0);
}

type State = {
  readonly object: number;
  readonly left: readonly number[];
  readonly intent: Tid | null;
  readonly parked: readonly Tid[];
  readonly ranks: Ranks;
};

function selectiveWalk(profile: readonly number[], threads: number): Definition<State> {
  const choices = [...new Set(profile.map(objectOf))]
    .map((object) => ({ object, left: countOf(profile, threads, (access) => objectOf(access) === object) }))
    .filter(({ left }) => left.filter((count) => count > 0).length > 1)
    .map(({ object, left }) => ({ object, left, total: left.reduce((sum, count) => sum + count) }));
  const total = choices.reduce((sum, choice) => sum + choice.total, 0);
  return {
    initial: choices.map(({ object, left, total: mine }) => ({
      value: { object, left, intent: null, parked: [], ranks: [] },
      p: mine / total,
    })),
    performed: (state, tid, machine) => {
      const ranks = state.ranks.map((other) => (other === tid ? null : other));
      if (objectOf(machine.access(tid)) !== state.object) return { ...state, ranks };
      return { ...state, ranks, left: state.left.with(tid, state.left[tid]! - 1), intent: null, parked: [] };
    },
    decide: selectively,
  };
}

function selectively(
  state: State,
  enabled: readonly Tid[],
  machine: Machine,
): readonly Weighted<readonly [Tid, State]>[] {
  const free = enabled.filter((tid) => !state.parked.includes(tid));
  if (free.length === 0) return selectively({ ...state, intent: null, parked: [] }, enabled, machine);
  const isCounted = (tid: Tid) => objectOf(machine.access(tid)) === state.object;
  return ranked(state.ranks, free).flatMap(({ value: ranks, p }) => {
    const top = ranks.find((tid): tid is Tid => tid !== null && free.includes(tid))!;
    if (!isCounted(top)) return [{ value: [top, { ...state, ranks }] as const, p }];
    const weight = (tid: Tid) => Math.max(state.left[tid]!, isCounted(tid) ? 1 : 0);
    const intents = state.intent === null ? weighed(free, weight) : [{ value: state.intent, p: 1 }];
    return intents.flatMap(({ value: intent, p: q }) => {
      const decided = { ...state, ranks, intent };
      if (top === intent) return [{ value: [top, decided] as const, p: p * q }];
      const parked = [...state.parked, top];
      return selectively({ ...decided, parked }, enabled, machine).map(({ value, p: r }) => ({ value, p: p * q * r }));
    });
  });
}

const privately = (cell: number, count: number) => Array.from({ length: count }, () => load(cell));
const underLock = (cell: number) => [lock(0), load(cell), unlock(0)];
const BESIDE_A_LOCK = straightLines(underLock(1), underLock(1), [store(1, 1)]);

/** Loads cell 0 twice, with so many loads of another before each. */
function* twice(cell: number, between: number): Visible<void> {
  for (let time = 0; time < 2; time++) {
    yield* privately(cell, between);
    yield load(0);
  }
}

/** Loads cell 0, starts a thread that does so twice, loads it again; beside another that loads it twice. */
function starting(between: number): Subject {
  function* main(): Visible<void> {
    yield* privately(1, between);
    yield load(0);
    yield* privately(1, between);
    yield { ...load(0), kind: OP.spawn, message: ['child'] };
    yield* privately(1, between);
    yield load(0);
  }
  return {
    threads: [{ run: main }, { run: () => twice(2, between) }],
    functions: { child: () => twice(3, between) },
    words: [],
    witness: undefined,
  };
}

/** The order of the steps on cell 0 alone. */
function countOrders(program: Subject, strategy: Surw): ReadonlyMap<string, number> {
  const engine = new Engine();
  const orders = new Map<string, number>();
  for (let execution = 0; execution < EXECUTIONS; execution++) {
    const { steps } = engine.run(program, strategy, LATE);
    const log = [...engine.machine.log.subarray(0, steps)];
    const order = log
      .filter((access) => objectOf(access) === 0)
      .map(threadOf)
      .join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  return orders;
}

function uniform(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...counts.keys()].map((key) => [key, 1 / counts.size]));
}

describe('the uniform random walk', () => {
  test.each([
    ['twice two steps', straightLines(privately(0, 2), privately(0, 2)), 6],
    ['twice three steps', straightLines(privately(0, 3), privately(0, 3)), 20],
    ['one step beside seven', straightLines(privately(0, 1), privately(0, 7)), 8],
    ['a thread that starts another', starting(0), 45],
  ])('makes all interleavings equally likely: %s', (_, program, interleavings) => {
    const { strategy } = profiled(program, 'uniform', 'every-step');
    const counts = countSchedules(program, strategy, EXECUTIONS);
    expect(counts.size).toBe(interleavings);
    expect(deviationOf(counts, uniform(counts))).toBeLessThan(3.09);
  });

  test('takes its counts from the first execution that ends', () => {
    const program = starting(0);
    const strategy = new Surw(new Seed('broken off'), 'every-step');
    const engine = new Engine();
    let steps = 0;
    const breakOff = () => {
      if (++steps === 3) throw new RangeError('out of something');
    };
    expect(() => engine.run(program, strategy, LATE, breakOff)).toThrow(RangeError);
    engine.run(program, strategy, LATE);
    const counts = countSchedules(program, strategy, EXECUTIONS);
    expect(deviationOf(counts, uniform(counts))).toBeLessThan(3.09);
  });

  test.each(['one', 'two', 'three'])('weighs by what its first execution did, where threads block (%s)', (seed) => {
    for (const program of [loopLost(1, 1), BESIDE_A_LOCK]) {
      const { strategy, profile } = profiled(program, seed, 'every-step');
      const expected = distributionOf(program, uniformWalk(profile, program.threads.length));
      expect(deviationOf(countSchedules(program, strategy, EXECUTIONS), expected)).toBeLessThan(3.09);
    }
  });
});

describe('the selectively uniform random walk', () => {
  test.each([
    ['private steps', straightLines([...privately(1, 4), load(0), load(0)], [load(0), ...privately(2, 2), load(0)]), 6],
    ['a thread that starts another', starting(1), 45],
  ])('makes all orders of the shared steps equally likely, whatever else there is: %s', (_, program, orders) => {
    const { strategy } = profiled(program, 'selective', 'one-object');
    const counts = countOrders(program, strategy);
    expect(counts.size).toBe(orders);
    expect(deviationOf(counts, uniform(counts))).toBeLessThan(3.09);
  });

  test.each(['one', 'two', 'three'])('gives each schedule the probability that its definition does (%s)', (seed) => {
    const twoObjects = straightLines([load(0), store(1, 1), load(0)], [store(1, 1), load(0)]);
    for (const program of [twoObjects, loopLost(1, 1), BESIDE_A_LOCK]) {
      const { strategy, profile } = profiled(program, seed, 'one-object');
      const expected = distributionOf(program, selectiveWalk(profile, program.threads.length));
      expect(deviationOf(countSchedules(program, strategy, EXECUTIONS), expected)).toBeLessThan(3.09);
    }
  });

  test('runs a program whose threads share nothing', () => {
    const program = straightLines(privately(1, 2), privately(2, 2));
    const { strategy } = profiled(program, 'apart', 'one-object');
    expect(countSchedules(program, strategy, 200).size).toBe(6);
  });

  test.each<Counted>(['one-object', 'every-step'])('does the same for the same seed (%s)', (counted) => {
    const schedules = (seed: string) => {
      const engine = new Engine();
      const strategy = new Surw(new Seed(seed), counted);
      return Array.from({ length: 40 }, () => scheduleOf(engine, loopOK(2, 1), strategy));
    };
    expect(schedules('one')).toEqual(schedules('one'));
    expect(schedules('one')).not.toEqual(schedules('two'));
  });
});
