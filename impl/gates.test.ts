import { describe, expect, test } from 'vitest';
import { Engine } from '../harness/explore/engine.ts';
import { RandomWalk } from '../harness/explore/random-walk.ts';
import { subjectOf } from '../harness/explore/subject.ts';
import { Seed } from '../harness/seed.ts';
import { meetAtGate, pauseThread, signalGate, waitForGate } from './gates.ts';
import type { Platform, ThreadFunctions, Visible } from './platform.ts';

const SCHEDULES = 300;

/** Runs `threads` copies of a function against one gate in many schedules; returns how each schedule ended. */
function outcomes(
  threads: number,
  functions: ThreadFunctions,
  last: (platform: Platform, gate: number) => Visible<void>,
): ReadonlySet<string> {
  const engine = new Engine();
  const reasons = new Set<string>();
  for (let schedule = 0; schedule < SCHEDULES; schedule++) {
    const subject = subjectOf(
      function* main(platform) {
        const gate = platform.allocateCells(2);
        const started: number[] = [];
        for (let thread = 0; thread < threads; thread++) started.push(yield* platform.spawn('thread', [gate]));
        yield* last(platform, gate);
        for (const thread of started) yield* platform.join(thread);
      },
      functions,
      undefined,
    );
    const strategy = new RandomWalk(new Seed(`gates/${schedule}`));
    const execution = engine.run(subject, strategy, { clock: 'explored', spurious: false });
    reasons.add(execution.reason);
  }
  return reasons;
}

describe('a gate', () => {
  test('lets everybody through once it is open, and nobody before', () => {
    const functions: ThreadFunctions = {
      *thread(platform, [gate]) {
        yield* waitForGate(platform, gate as number);
        expect(yield* platform.load((gate as number) + 1)).toBe(1);
      },
    };
    const open = function* (platform: Platform, gate: number): Visible<void> {
      yield* platform.store(gate + 1, 1);
      yield* signalGate(platform, gate);
      yield* waitForGate(platform, gate);
    };
    expect([...outcomes(3, functions, open)]).toEqual(['done']);
    expect([...outcomes(1, functions, function* () {})]).toEqual(['deadlock']);
  });

  test('lets nobody through a meeting before all have arrived, and later ones at once', () => {
    const functions: ThreadFunctions = {
      *thread(platform, [gate]) {
        yield* platform.add((gate as number) + 1, 1);
        yield* meetAtGate(platform, gate as number, 3);
        expect(yield* platform.load((gate as number) + 1)).toBeGreaterThanOrEqual(3);
      },
    };
    expect([...outcomes(3, functions, function* () {})]).toEqual(['done']);
    expect([...outcomes(4, functions, function* () {})]).toEqual(['done']);
    expect([...outcomes(2, functions, function* () {})]).toEqual(['deadlock']);
  });

  test('makes its thread wait as long as it is told, and not at all for less than nothing', () => {
    const functions: ThreadFunctions = {
      *thread(platform, [cell]) {
        yield* pauseThread(platform, cell as number, -1);
        const before = yield* platform.now();
        yield* pauseThread(platform, cell as number, 1_000);
        expect((yield* platform.now()) - before).toBeGreaterThanOrEqual(1_000);
      },
    };
    expect([...outcomes(1, functions, function* () {})]).toEqual(['done']);
  });
});
