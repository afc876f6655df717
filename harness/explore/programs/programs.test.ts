import { describe, expect, test } from 'vitest';
import { Seed } from '../../seed.ts';
import { Engine } from '../engine.ts';
import { Search } from '../exhaustive.ts';
import { Machine } from '../machine.ts';
import { RandomWalk } from '../random-walk.ts';
import type { Liberties } from '../subject.ts';
import { findFreeProgram, freeProgramNames, SCHEDULES_TO_BUG } from './catalogue.ts';
import type { FreeProgram } from './free-program.ts';

const EXPLORED: Liberties = { clock: 'explored', spurious: false };
const EXECUTIONS_MAX = 300_000;

function programOf(name: string): FreeProgram {
  const program = findFreeProgram(name);
  if (program === undefined) throw new Error(`no program ${name}`);
  return program;
}

function exhaust(name: string, reduction: 'none' | 'sleep-sets') {
  const program = programOf(name);
  const machine = new Machine();
  const search = new Search(machine, program, EXPLORED, reduction);
  let failing = 0;
  search.advance(EXECUTIONS_MAX * 2, () => {
    if (program.failure({ isDone: machine.isDone, words: machine.objects.memory }) !== undefined) failing++;
  });
  expect(search.searched).toMatchObject({ isEmptied: true, capped: 0, diverged: 0 });
  return { complete: search.searched.complete, failing };
}

/** Failures among so many executions of a random walk. */
function countFailures(name: string, executions: number): number {
  const program = programOf(name);
  const engine = new Engine();
  const { machine } = engine;
  const strategy = new RandomWalk(new Seed(`programs/${name}`));
  let failures = 0;
  for (let index = 0; index < executions; index++) {
    const { reason } = engine.run(program, strategy, EXPLORED);
    expect(reason).not.toBe('step-cap');
    if (program.failure({ isDone: machine.isDone, words: machine.objects.memory }) !== undefined) failures++;
  }
  return failures;
}

/** Interleavings, traces, and traces that fail, as another explorer counted them. */
const SPACES: readonly [string, number | 'too many', number, number][] = [
  ['lu2', 6, 4, 2],
  ['lu3', 90, 36, 30],
  ['bluetooth', 73, 10, 1],
  ['reorder_4', 7_038, 1_248, 216],
  ['loopOK1', 15, 7, 0],
  ['loopOK1mutex', 55, 7, 0],
  ['loopOK1x2', 873, 142, 0],
  ['loopOK2', 5_086, 616, 0],
  ['loopOK2mutex', 143_202, 616, 0],
  ['loopOK3', 'too many', 240_384, 0],
  ['rct1', 5_473, 91, 0],
  ['rct1bug', 15_273, 119, 28],
  ['loopLost2', 2_944, 454, 60],
  ['loopSleep2', 112_662, 1_342, 48],
];

describe('a free program has exactly the executions that its definition gives it', () => {
  test.each(SPACES)('%s: %s interleavings, %i traces, %i of them failing', (name, interleavings, traces, failing) => {
    expect(exhaust(name, 'sleep-sets')).toEqual({ complete: traces, failing });
    if (interleavings === 'too many') return;
    const all = exhaust(name, 'none');
    expect(all.complete).toBe(interleavings);
    expect(all.failing > 0).toBe(failing > 0);
  });

  test('uneven25: 26 interleavings, one of them failing', () => {
    expect(exhaust('uneven25', 'none')).toEqual({ complete: 26, failing: 1 });
  });

  // Critical sections under one lock can only change places.
  test.each([
    ['account', 6, 4],
    ['lazy01', 6, 2],
    ['token_ring', 24, 23],
  ])('%s: %i interleavings, %i of them failing', (name, complete, failing) => {
    expect(exhaust(name, 'none')).toEqual({ complete, failing });
  });
});

describe('a random walk', () => {
  const findable = SCHEDULES_TO_BUG.filter((name) => name !== 'uneven25');

  test.each(findable)('finds the bug of %s, and does not meet it every time', (name) => {
    const failures = countFailures(name, 10_000);
    expect(failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(10_000);
  });

  test('does not find the bug of uneven25', () => {
    expect(countFailures('uneven25', 10_000)).toBe(0);
  });

  test.each(['loopOK3x2', 'loopOK2x3mutex', 'rct1', 'rct3'])('finds nothing wrong with %s', (name) => {
    expect(countFailures(name, 5_000)).toBe(0);
  });
});

describe('the list of free programs', () => {
  test('has 26 to count schedules on, each once', () => {
    expect(new Set(SCHEDULES_TO_BUG).size).toBe(26);
  });

  test.each([
    ...SCHEDULES_TO_BUG,
    'lu30',
    'loopOK2x2',
    'loopOK2x2mutex',
    'loopLost2x3',
    'loopSleep2x5',
    'loopOK29x50',
    'rct2bug',
  ])('finds %s under its own name', (name) => {
    expect(programOf(name).name).toBe(name);
  });

  test('makes a program anew each time, so that two engines share no thread', () => {
    expect(programOf('bluetooth').threads[0]).not.toBe(programOf('bluetooth').threads[0]);
  });

  test.each([
    '',
    'lu',
    'lu1',
    'lu02',
    'lu31',
    'LU2',
    'reorder_1',
    'loopOK0',
    'loopOK2x1',
    'loopOK2x51',
    'loopOK30',
    'rct0',
    'rct30bug',
  ])('knows no program "%s"', (name) => {
    expect(findFreeProgram(name)).toBeUndefined();
  });

  test('names every family once', () => {
    const names = freeProgramNames();
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['luN', 'loopOKPxM', 'rctNbug', 'uneven25']));
  });
});
