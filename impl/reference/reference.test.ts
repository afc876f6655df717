import { describe, expect, test } from 'vitest';
import { Engine } from '../../harness/explore/engine.ts';
import { RandomWalk } from '../../harness/explore/random-walk.ts';
import { subjectOf } from '../../harness/explore/subject.ts';
import { Seed } from '../../harness/seed.ts';
import type { Platform, ThreadFunctions, Visible } from '../platform.ts';
import {
  ConcurrentFuture,
  type Coroutine,
  Executor,
  executorThreads,
  FatalError,
  type FunctionTable,
  type Future,
  Loop,
  type LoopAddress,
  RemoteLoop,
  sleep,
  Task,
  yieldNow,
} from './reference.ts';

const EXECUTIONS = 200;

/** Performs `main` on thread 0 in many schedules; every second one lets time pass at any moment. */
function explore(
  main: (platform: Platform) => Visible<void>,
  table: FunctionTable = {},
  threads: ThreadFunctions = {},
): void {
  const engine = new Engine();
  for (let index = 0; index < EXECUTIONS; index++) {
    const subject = subjectOf(main, { ...executorThreads(table), ...threads }, undefined);
    const clock = index % 2 === 0 ? 'late' : 'explored';
    const execution = engine.run(subject, new RandomWalk(new Seed(`reference/${index}`)), { clock, spurious: false });
    expect(execution.reason).toBe('done');
  }
}

describe('the loop', () => {
  test('runs in a turn exactly what was ready when it began', () => {
    explore(function* (platform) {
      const loop = new Loop(platform, {});
      const order: string[] = [];
      const say = (word: string, then: () => void = () => {}) =>
        loop.callSoon(function* () {
          order.push(word);
          then();
          yield* [];
        });
      say('a', () => say('c'));
      say('b', () => loop.stop());
      yield* loop.runForever();
      expect(order).toEqual(['a', 'b']);
      loop.stop();
      yield* loop.runForever();
      expect(order).toEqual(['a', 'b', 'c']);
    });
  });

  test('keeps what a fatal error left of a turn for the next run', () => {
    explore(function* (platform) {
      const loop = new Loop(platform, {});
      const order: string[] = [];
      loop.callSoon(function* () {
        yield* [];
        throw new FatalError('FATAL(Exit)');
      });
      loop.callSoon(function* () {
        order.push('left');
        yield* [];
      });
      let left: unknown;
      try {
        yield* loop.runForever();
      } catch (error) {
        left = error;
      }
      expect(left).toBeInstanceOf(FatalError);
      expect([order, loop.isRunning]).toEqual([[], false]);
      loop.stop();
      yield* loop.runForever();
      expect(order).toEqual(['left']);
    });
  });

  test('goes on when its exception handler fails too', () => {
    explore(function* (platform) {
      const loop = new Loop(platform, {});
      let calls = 0;
      loop.setExceptionHandler(function* () {
        yield* [];
        calls++;
        throw new Error('the handler');
      });
      for (let n = 0; n < 2; n++) {
        loop.callSoon(function* () {
          yield* [];
          throw new Error('the callback');
        });
      }
      loop.stop();
      yield* loop.runForever();
      expect(calls).toBe(2);
    });
  });
});

describe('a submission', () => {
  const table: FunctionTable = {
    work: {
      kind: 'coroutine',
      *run(loop, [value]) {
        yield* sleep(loop, 5);
        return value;
      },
    },
    finish: {
      kind: 'callback',
      *run(loop) {
        loop.stop();
        yield* [];
      },
    },
  };

  test('gives its value to the thread that blocks for it, whatever the schedule', () => {
    const threads: ThreadFunctions = {
      *foreign(platform, [address]) {
        const loop = new RemoteLoop(platform, table, address as LoopAddress);
        const future = yield* loop.runCoroutineThreadsafe('work', [7]);
        expect(yield* future.result(null)).toBe(7);
        yield* loop.callSoonThreadsafe('finish', []);
      },
    };
    explore(
      function* (platform) {
        const loop = new Loop(platform, table);
        const thread = yield* platform.spawn('foreign', [loop.address]);
        yield* loop.runForever();
        yield* platform.join(thread);
        yield* loop.close();
      },
      table,
      threads,
    );
  });

  test('against close is accepted or refused, and never leaves its thread waiting', () => {
    const threads: ThreadFunctions = {
      *foreign(platform, [address]) {
        const loop = new RemoteLoop(platform, table, address as LoopAddress);
        let outcome: unknown;
        try {
          const future = yield* loop.runCoroutineThreadsafe('work', [7]);
          outcome = yield* future.result(null);
        } catch (error) {
          outcome = (error as { readonly code: string }).code;
        }
        expect(['CLOSED', 'CANCELLED']).toContain(outcome);
      },
    };
    explore(
      function* (platform) {
        const loop = new Loop(platform, table);
        const thread = yield* platform.spawn('foreign', [loop.address]);
        loop.stop();
        yield* loop.runForever();
        yield* loop.close();
        yield* loop.close();
        yield* platform.join(thread);
      },
      table,
      threads,
    );
  });
});

test('a done callback added in a race with the completion runs exactly once', () => {
  let runs = 0;
  const table: FunctionTable = {
    notice: {
      kind: 'notice',
      *run() {
        runs++;
        yield* [];
      },
    },
  };
  const threads: ThreadFunctions = {
    *setter(platform, [address]) {
      yield* ConcurrentFuture.at(platform, table, address as never).setResult(1);
    },
  };
  explore(
    function* (platform) {
      runs = 0;
      const future = ConcurrentFuture.create(platform, table);
      const thread = yield* platform.spawn('setter', [future.address]);
      yield* future.addDoneCallback('notice', []);
      yield* future.addDoneCallback('notice', []);
      yield* platform.join(thread);
      expect(runs).toBe(2);
      expect(yield* future.result(0)).toBe(1);
    },
    table,
    threads,
  );
});

test('an executor does all it accepted, cancels its queue when asked, and ends its threads', () => {
  let done = 0;
  const table: FunctionTable = {
    work: {
      kind: 'worker',
      *run() {
        done++;
        yield* [];
        return null;
      },
    },
  };
  explore(function* (platform) {
    done = 0;
    const loop = new Loop(platform, table);
    const pool = new Executor(platform, table, 1);
    const results: Future[] = [];
    for (let n = 0; n < 3; n++) results.push(yield* loop.runInExecutor(pool, 'work', []));
    yield* pool.shutdown(true, true);
    const task = loop.createTask(
      (function* (): Coroutine<void> {
        for (const result of results) {
          try {
            yield* result;
          } catch (error) {
            expect((error as { readonly code: string }).code).toBe('CANCELLED');
          }
        }
        yield* yieldNow();
      })(),
    );
    yield* loop.runUntilComplete(task);
    expect(results.filter((result) => !result.cancelled())).toHaveLength(done);
    yield* loop.close();
  }, table);
});

test('a task is cancelled once a request, and a request can be withdrawn', () => {
  explore(function* (platform) {
    const loop = new Loop(platform, {});
    const future = loop.createFuture();
    const seen: string[] = [];
    const task = loop.createTask(
      (function* (): Coroutine {
        try {
          yield* future;
        } catch (error) {
          seen.push((error as { readonly code: string }).code);
        }
        const self = loop.currentTask!;
        self.cancel();
        seen.push([self.uncancel(), self.uncancel(), self.uncancel()].join());
        yield* yieldNow();
        return 'kept';
      })(),
    );
    loop.callSoon(function* () {
      task.cancel();
      task.cancel();
      yield* [];
    });
    expect(task).toBeInstanceOf(Task);
    expect(yield* loop.runUntilComplete(task)).toBe('kept');
    expect(seen).toEqual(['CANCELLED', '2,1,0']);
  });
});
