import { describe, expect, test } from 'vitest';
import type { Visible } from '../../impl/platform.ts';
import { Seed } from '../seed.ts';
import { type Access, EARLY, LATE, READS_CLOCK, threadOf, WRITES, WRITES_CLOCK } from './access.ts';
import { BoundedSearch, type BoundedSearched } from './bounded.ts';
import { Search } from './exhaustive.ts';
import { type StraightLineProgram, straightLineProgram } from './fixtures/straight-line.ts';
import { outcomeOf, traceOf } from './fixtures/trace.ts';
import { HappensBefore } from './happens-before.ts';
import { Machine } from './machine.ts';
import { findFreeProgram } from './programs/catalogue.ts';
import { arm, freeProgram, wait } from './programs/free-program.ts';
import { CLOCK } from './strategy.ts';
import type { Liberties, Subject } from './subject.ts';

const EXPLORED: Liberties = { clock: 'explored', spurious: false };
const LIBERTIES: readonly Liberties[] = [
  EXPLORED,
  { clock: 'any', spurious: false },
  { clock: 'late', spurious: false },
  { clock: 'explored', spurious: true },
];
const EVERYTHING = 1_000_000;
/** Complete executions with at most 0, 1, 2 and 3 preemptions. */
const COLUMNS = [
  ['lu2', [2, 4, 6, 6]],
  ['lu3', [6, 24, 60, 90]],
  ['bluetooth', [2, 9, 22, 44]],
  ['reorder_4', [24, 186, 894, 2748]],
  ['loopOK1', [2, 6, 12, 15]],
  ['loopOK1mutex', [2, 8, 24, 43]],
  ['loopOK1x2', [2, 10, 43, 129]],
  ['loopOK2', [8, 68, 324, 986]],
  ['loopOK2mutex', [8, 84, 580, 2628]],
  ['loopOK3', [48, 756, 6492, 37644]],
  ['loopOK2x2', [8, 132, 1400, 10914]],
  ['loopLost2', [8, 64, 268, 730]],
  ['loopSleep2', [8, 74, 416, 1792]],
  ['rct1', [8, 57, 270, 797]],
  ['rct1bug', [8, 65, 358, 1219]],
] as const;
const machine = new Machine();

function named(name: string): Subject {
  const program = findFreeProgram(name);
  expect(program).toBeDefined();
  return program!;
}

function search(
  program: Subject,
  bound: number,
  cache: 'cache' | 'no-cache',
  liberties: Liberties = EXPLORED,
  onComplete: () => void = () => {},
): BoundedSearched {
  const bounded = new BoundedSearch(machine, program, liberties, bound, cache);
  bounded.advance(EVERYTHING, onComplete);
  expect(bounded.searched).toMatchObject({ isEmptied: true, capped: 0, diverged: 0 });
  return bounded.searched;
}

describe('a search with few preemptions', () => {
  test.each(COLUMNS)('has the known numbers of executions: %s', (name, counts) => {
    const program = named(name);
    expect([0, 1, 2, 3].map((bound) => search(program, bound, 'no-cache').complete)).toEqual(counts);
  });

  test('says whether the bound cut anything: if not, it was exhaustive', () => {
    expect(search(named('loopOK1'), 2, 'no-cache').cut).toBe(true);
    expect(search(named('loopOK1'), 3, 'no-cache').cut).toBe(false);
    expect(search(named('loopOK1'), 3, 'cache')).toMatchObject({ complete: 7, cut: false });
  });

  test('takes nobody to be preempted after an advance of the clock', () => {
    function* sleep(delayNs: number): Visible<void> {
      const deadline = (yield arm(delayNs)) as number;
      yield { ...wait(0, 0), deadline };
    }
    const threads = [1, 2].map((delayNs) => ({ run: () => sleep(delayNs) }));
    const orders: string[] = [];
    search(
      freeProgram('two sleepers', [0], threads, () => undefined),
      0,
      'no-cache',
      EXPLORED,
      () => {
        orders.push([...machine.log.subarray(0, machine.steps)].map(threadOf).join(' '));
      },
    );
    // Both block; then the clock moves, and either the first returns or the clock moves again.
    expect(orders).toContain(`0 0 1 1 ${CLOCK} 0 ${CLOCK} 1`);
    expect(orders).toContain(`0 0 1 1 ${CLOCK} ${CLOCK} 0 1`);
  });

  test('goes on where it stopped', () => {
    const bounded = new BoundedSearch(machine, named('loopOK2'), EXPLORED, 2, 'cache');
    let complete = 0;
    for (let turn = 0; turn < EVERYTHING && !bounded.searched.isEmptied; turn++) bounded.advance(1, () => complete++);
    const { complete: expected, cutPrefixes } = search(named('loopOK2'), 2, 'cache');
    expect(bounded.searched).toMatchObject({ complete: expected, cutPrefixes });
    expect(complete).toBe(expected);
  });
});

/** Whether its search ends soon enough for an audit. */
function isSmall(program: Subject, liberties: Liberties): boolean {
  const naive = new Search(machine, program, liberties, 'none');
  naive.advance(2000, () => {});
  return naive.searched.isEmptied;
}

describe('the happens-before cache', () => {
  test.each(LIBERTIES)('loses no trace of 100 random programs within 0-3 preemptions (%o)', (liberties) => {
    const seed = new Seed('cache');
    const outcomes = (program: StraightLineProgram, bound: number, cache: 'cache' | 'no-cache') => {
      const seen = new Set<string>();
      search(program, bound, cache, liberties, () => seen.add(outcomeOf(machine, program)));
      return seen;
    };
    let audited = 0;
    for (let index = 0; audited < 100; index++) {
      const program = straightLineProgram(seed, index);
      if (!isSmall(program, liberties)) continue;
      audited++;
      for (const bound of [0, 1, 2, 3]) {
        const cached = outcomes(program, bound, 'cache');
        const lost = [...outcomes(program, bound, 'no-cache')].filter((outcome) => !cached.has(outcome));
        expect(lost, `${program.name}, bound ${bound}`).toEqual([]);
      }
    }
  });

  test('completes one execution of each trace, and gives the others up early', () => {
    // Known from sleep sets.
    for (const [name, traces] of [
      ['loopOK2', 616],
      ['loopOK2mutex', 616],
      ['reorder_4', 1248],
    ] as const) {
      expect(search(named(name), 100, 'cache')).toMatchObject({ complete: traces, cut: false, isCacheFull: false });
    }
    const { complete, cutPrefixes } = search(named('loopOK3'), 3, 'cache');
    expect(complete + cutPrefixes).toBeLessThan(30_000);
  });

  test('has one key for all orders of a trace, and another for every other trace', () => {
    const draw = new Seed('keys');
    const flags = [0, WRITES, READS_CLOCK, WRITES_CLOCK, EARLY, LATE, EARLY | LATE, WRITES | READS_CLOCK | EARLY];
    const drawStep = (thread: number): Access =>
      ((1 + draw.below(2)) << 10) | flags[draw.below(flags.length)]! | thread;
    const order = new HappensBefore();
    const keys = new Map<string, string>();
    const traces = new Map<string, string>();
    const executions = 20_000;
    for (let execution = 0; execution < executions; execution++) {
      const steps = [0, 1, 2].map(drawStep);
      const log = Array.from({ length: 2 + draw.below(3) }, () => steps[draw.below(3)]!);
      order.retreat(0);
      for (const access of log) order.append(access);
      const key = `${order.low.key} ${order.high.key}`;
      const trace = traceOf(log);
      expect(keys.get(trace) ?? key).toBe(key);
      expect(traces.get(key) ?? trace).toBe(trace);
      keys.set(trace, key);
      traces.set(key, trace);
    }
    expect(keys.size).toBeGreaterThan(1000);
    expect(keys.size).toBeLessThan(executions * 0.7);
  });

  test('takes steps back as if they had never been', () => {
    const order = new HappensBefore();
    const log = [WRITES, WRITES_CLOCK | 1, READS_CLOCK | 2, EARLY | 1, LATE | 2, WRITES | EARLY | LATE | 1];
    const keys = log.map((access) => {
      const before = [order.low.key, order.high.key];
      order.append(access);
      return before;
    });
    for (let count = log.length - 1; count >= 0; count--) {
      order.retreat(count);
      expect([order.low.key, order.high.key]).toEqual(keys[count]);
      order.append(log[count]!);
    }
    order.retreat(0);
    for (const access of log) order.append(access);
    const again = [order.low.key, order.high.key];
    expect(again).not.toEqual(keys.at(-1));
    order.retreat(3);
    for (const access of log.slice(3)) order.append(access);
    expect([order.low.key, order.high.key]).toEqual(again);
  });
});
