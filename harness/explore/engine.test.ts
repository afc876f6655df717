import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FOREVER, type Platform, type ThreadFunctions, TIMED_OUT, type Visible } from '../../impl/platform.ts';
import type { ClockMode } from '../../spec/result.ts';
import { Seed } from '../seed.ts';
import { Engine } from './engine.ts';
import { RandomWalk } from './random-walk.ts';
import { Replay } from './replay.ts';
import { lowest, type Strategy } from './strategy.ts';
import { type Subject, subjectOf } from './subject.ts';

const LATE = { clock: 'late', spurious: false } as const;

/** Takes the choices of a list by position among the enabled, then the lowest; remembers how many there were. */
class Scripted implements Strategy {
  readonly widths: number[] = [];
  private readonly choices: readonly number[];
  constructor(choices: readonly number[]) {
    this.choices = choices;
  }
  begin(): void {}
  pick(enabled: number): number {
    let rest = enabled;
    let width = 0;
    for (let bits = enabled; bits !== 0; bits &= bits - 1) width++;
    for (let skip = this.choices[this.widths.length] ?? 0; skip > 0; skip--) rest &= rest - 1;
    this.widths.push(width);
    return lowest(rest);
  }
  end(): void {}
}

/** Every schedule, depth first, as choice lists. */
function* everySchedule(run: (strategy: Scripted) => void): Generator<readonly number[]> {
  const choices: number[] = [];
  for (;;) {
    const strategy = new Scripted(choices);
    run(strategy);
    while (choices.length < strategy.widths.length) choices.push(0);
    yield [...choices];
    while (choices.length > 0 && choices.at(-1)! + 1 >= strategy.widths[choices.length - 1]!) choices.pop();
    if (choices.length === 0) return;
    choices.push(choices.pop()! + 1);
  }
}

function subject(functions: ThreadFunctions, main: (platform: Platform) => Visible<void>): Subject {
  return subjectOf(main, functions, undefined);
}

function lostUpdate(threads: number): Subject {
  const functions: ThreadFunctions = {
    *increment(platform, [cell]) {
      const value = yield* platform.load(cell as number);
      yield* platform.store(cell as number, value + 1);
    },
  };
  return subject(functions, function* main(platform) {
    const cell = platform.allocateCells(1);
    const started: number[] = [];
    for (let i = 0; i < threads; i++) started.push(yield* platform.spawn('increment', [cell]));
    for (const thread of started) yield* platform.join(thread);
  });
}

describe('the engine', () => {
  test.each([
    [2, 6],
    [3, 90],
  ])('has exactly the interleavings of %i threads of two operations: %i', (threads, count) => {
    const engine = new Engine();
    const program = lostUpdate(threads);
    const schedules = [...everySchedule((strategy) => engine.run(program, strategy, LATE))];
    expect(schedules).toHaveLength(count);
  });

  test('gives every schedule of a random walk its closed-form probability', () => {
    const engine = new Engine();
    const program = lostUpdate(2);
    const seen = new Map<string, number>();
    const runs = 6000;
    const seed = new Seed('frequencies');
    for (let run = 0; run < runs; run++) {
      const order: number[] = [];
      const strategy = new RandomWalk(seed.fork(run));
      engine.run(program, strategy, LATE, (step) => order.push(step.tid));
      const key = order.join('');
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    // Three fair choices while both can go on: 1122 and 2211 after two of them, the other four after three.
    const expected = new Map([
      ['1122', 1 / 4],
      ['2211', 1 / 4],
      ['1212', 1 / 8],
      ['1221', 1 / 8],
      ['2112', 1 / 8],
      ['2121', 1 / 8],
    ]);
    expect([...seen.keys()].sort()).toEqual([...expected.keys()].sort());
    let chiSquare = 0;
    for (const [key, p] of expected) chiSquare += (seen.get(key)! - runs * p) ** 2 / (runs * p);
    expect(chiSquare).toBeLessThan(20.5); // 5 degrees of freedom, p > 0.001
  });

  test('replays any schedule from its deviations, to the step', () => {
    const engine = new Engine();
    const program = lostUpdate(3);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const trace = (strategy: Strategy) => {
          const order: number[] = [];
          const execution = engine.run(program, strategy, LATE, ({ tid }) => order.push(tid));
          return { order, execution, deviations: engine.deviations() };
        };
        const first = trace(new RandomWalk(new Seed(text)));
        const replay = new Replay(first.deviations);
        expect(trace(replay)).toEqual(first);
        expect(replay.misfit).toBeUndefined();
      }),
    );
  });

  test('says when a schedule no longer fits', () => {
    const engine = new Engine();
    const replay = new Replay([{ after: 1, operation: 7, to: 2 }]);
    engine.run(lostUpdate(2), replay, LATE);
    expect(replay.misfit).toEqual({ after: 1, operation: 7, to: 2 });
  });

  const waiting = (deadline: number) =>
    subject({}, function* main(platform) {
      const cell = platform.allocateCells(1);
      expect(yield* platform.wait(cell, 0, deadline)).toBe(TIMED_OUT);
      expect(yield* platform.now()).toBe(deadline);
    });

  test.each<ClockMode>(['late', 'explored', 'any'])('moves time only to a deadline (%s)', (clock) => {
    const strategy = new RandomWalk(new Seed('time'));
    expect(new Engine().run(waiting(1000), strategy, { clock, spurious: false })).toMatchObject({
      reason: 'done',
      advances: 1,
    });
  });

  test('calls waiting without a deadline a deadlock, and goes on with the next execution', () => {
    const engine = new Engine();
    const strategy = new RandomWalk(new Seed('deadlock'));
    const run = (deadline: number) => engine.run(waiting(deadline), strategy, LATE).reason;
    expect(run(FOREVER)).toBe('deadlock');
    expect(run(5)).toBe('done');
  });

  test('performs the same after an execution that broke off in the middle', () => {
    const engine = new Engine();
    const trace = () => {
      const order: number[] = [];
      engine.run(lostUpdate(3), new RandomWalk(new Seed('after')), LATE, (step) => order.push(step.tid));
      return [order, engine.deviations()];
    };
    const before = trace();
    const broken = subject({}, function* main(platform) {
      yield* platform.store(platform.allocateCells(1), 7);
      yield* platform.post(platform.allocatePort(), 'left behind');
      throw new Error('in the middle');
    });
    expect(() => engine.run(broken, new RandomWalk(new Seed('broken')), LATE)).toThrow('in the middle');
    expect(trace()).toEqual(before);
  });

  test('calls a program that does not end a step cap, never a pass', () => {
    const endless = subject({}, function* main(platform) {
      for (;;) yield* platform.load(0);
    });
    const strategy = new RandomWalk(new Seed('endless'));
    expect(new Engine().run(endless, strategy, LATE).reason).toBe('step-cap');
  });

  test('hands each message on as a copy', () => {
    const sent = { list: [1, { two: 2 }] };
    let received: unknown;
    const program = subject({}, function* main(platform) {
      const port = platform.allocatePort();
      yield* platform.post(port, sent);
      received = yield* platform.receive(port);
      expect(yield* platform.receive(port)).toBeUndefined();
    });
    new Engine().run(program, new RandomWalk(new Seed('')), LATE);
    expect(received).toEqual(sent);
    expect(received).not.toBe(sent);
  });
});
