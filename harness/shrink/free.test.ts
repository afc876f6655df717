import { describe, expect, test } from 'vitest';
import type { Deviation } from '../../spec/result.ts';
import { Engine } from '../explore/engine.ts';
import { findFreeProgram } from '../explore/programs/catalogue.ts';
import type { FreeProgram } from '../explore/programs/free-program.ts';
import { RandomWalk } from '../explore/random-walk.ts';
import { Replay } from '../explore/replay.ts';
import { Seed } from '../seed.ts';
import { type ShrunkSchedule, shrinkFree } from './free.ts';

const SEEDS = 20;
const EXECUTIONS_MAX = 20_000;
const LIBERTIES = { clock: 'explored', spurious: false } as const;
const engine = new Engine();

/** What is wrong after a strict replay of a schedule. */
function failureOf(program: FreeProgram, deviations: readonly Deviation[], strict = true): string | undefined {
  const replay = new Replay(deviations);
  const { machine } = engine;
  engine.run(program, replay, LIBERTIES);
  if (strict) expect(replay.misfit).toBeUndefined();
  return program.failure({ isDone: machine.isDone, words: machine.objects.memory });
}

/** The first failure of a random walk. */
function failingSchedule(program: FreeProgram, seed: number): readonly Deviation[] {
  const walk = new RandomWalk(new Seed(`shrink/${seed}`));
  const { machine } = engine;
  for (let execution = 0; execution < EXECUTIONS_MAX; execution++) {
    engine.run(program, walk, LIBERTIES);
    if (program.failure({ isDone: machine.isDone, words: machine.objects.memory }) !== undefined) break;
  }
  return engine.deviations();
}

describe.each([
  ['loopLost3', 2.9],
  ['loopSleep2x5', 9.6],
  ['rct2bug', 4.5],
  ['twostage_20', 1.1],
  ['reorder_20', 2.6],
])(`failures of %s on ${SEEDS} seeds`, async (name, preemptions) => {
  const program = findFreeProgram(name)!;
  const all: { readonly raw: readonly Deviation[]; readonly shrunk: ShrunkSchedule }[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const raw = failingSchedule(program, seed);
    all.push({ raw, shrunk: (await shrinkFree(program, engine, LIBERTIES, raw))! });
  }

  test('shrink to schedules that fail alike, and can spare no single deviation', () => {
    for (const { raw, shrunk } of all) {
      const failure = failureOf(program, raw);
      expect(failure).toBeDefined();
      expect(failureOf(program, shrunk.deviations)).toBe(failure);
      shrunk.deviations.forEach((_, at) => {
        expect(failureOf(program, shrunk.deviations.toSpliced(at, 1), false)).not.toBe(failure);
      });
    }
  });

  test(`need ${preemptions} preemptions at most in the mean, and none more than before`, () => {
    const mean = all.reduce((sum, { shrunk }) => sum + shrunk.preemptions, 0) / SEEDS;
    expect(mean).toBeLessThanOrEqual(preemptions);
    for (const { shrunk } of all) expect(shrunk.preemptions).toBeLessThanOrEqual(shrunk.raw.preemptions);
  });

  test('go away when the two critical operations are exchanged, and only then', () => {
    for (const { shrunk } of all) {
      expect(shrunk.criticalSwap?.first).not.toBe(shrunk.criticalSwap?.second);
      expect(failureOf(program, shrunk.criticalSwap!.passing)).toBeUndefined();
    }
  });
});

test('a schedule that does not fail is not shrunk', async () => {
  expect(await shrinkFree(findFreeProgram('loopLost3')!, engine, LIBERTIES, [])).toBeUndefined();
});

test('the critical swap of a lost wake-up is the bell that rang before the loop went to sleep', async () => {
  const program = findFreeProgram('loopLost1')!;
  const { criticalSwap } = (await shrinkFree(program, engine, LIBERTIES, failingSchedule(program, 0)))!;
  expect(criticalSwap).toMatchObject({ first: "thread 1's notify of word 0", second: "thread 0's wait of word 0" });
});
