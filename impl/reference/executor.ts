import { type Cell, FOREVER, type Message, type Platform, type ThreadFunctions, type Visible } from '../platform.ts';
import { encodeError, isClosed, LoopError, type Outcome } from './errors.ts';
import { Gate } from './gate.ts';
import { Inbox } from './inbox.ts';
import { RemoteHandle } from './remote-handle.ts';
import { SEAMS } from './seams.ts';
import type { ExecutorAddress, FunctionTable, LoopAddress } from './types.ts';

const WORKER = 'crossloop.executor.worker';
const WATCHER = 'crossloop.executor.watcher';

/** Cells of an executor, from its first: jobs ever posted (its bell), workers alive, and the gate of submitters. */
const JOBS = 0;
const ALIVE = 1;
const GATE = 2;
const CELLS = 3;

type Job = {
  readonly id: number;
  readonly handle: Cell;
  readonly functionId: string;
  readonly args: readonly Message[];
  readonly loop: LoopAddress;
};

/**
 * A bounded pool of threads that take jobs from one queue, first in first out. A job is taken or cancelled, never both;
 * what was let in before the shutdown is done, unless its queue was cancelled. Workers start with the first jobs.
 *
 *   submitter   enter ── post job ── add JOBS, notify ── leave
 *   worker      load JOBS ── take a job, or block while JOBS is what was seen
 */
export class Executor {
  readonly address: ExecutorAddress;
  private readonly platform: Platform;
  private readonly workersMax: number;
  private started = 0;

  constructor(platform: Platform, _functions: FunctionTable, workers: number, address?: ExecutorAddress) {
    this.platform = platform;
    this.workersMax = workers;
    this.address = address ?? { cells: platform.allocateCells(CELLS), jobs: platform.allocatePort() };
  }

  /** Another thread's own object for it, to shut it down. */
  static at(platform: Platform, functions: FunctionTable, address: ExecutorAddress): Executor {
    return new Executor(platform, functions, 0, address);
  }

  private get gate(): Gate {
    return new Gate(this.platform, this.address.cells + GATE);
  }

  /** The loop will be told the outcome under the id; SHUTDOWN once the shutdown has begun. */
  *submit(id: number, functionId: string, args: readonly Message[], loop: LoopAddress): Visible<RemoteHandle> {
    const { platform, address } = this;
    if (!(yield* this.gate.enter())) throw new LoopError('SHUTDOWN', 'cannot schedule new work after shutdown');
    const handle = RemoteHandle.create(platform);
    const job: Job = { id, handle: handle.address, functionId, args, loop };
    yield* platform.post(address.jobs, job);
    yield* this.ring(1);
    if (this.started < this.workersMax) {
      this.started++;
      yield* platform.add(address.cells + ALIVE, 1);
      yield* platform.spawn(WORKER, [address]);
    }
    yield* this.gate.leave();
    return handle;
  }

  /** No new work; queued work is cancelled if asked; `wait`: returns when every worker has ended. */
  *shutdown(wait: boolean, cancelQueue: boolean): Visible<void> {
    yield* this.gate.close();
    if (cancelQueue) yield* this.cancelQueue();
    yield* this.ring(FOREVER);
    if (wait) yield* this.untilOver();
  }

  /** Has a thread wait for the end, and tell the loop under the key of a future. */
  *watch(loop: LoopAddress, key: number): Visible<void> {
    yield* this.platform.spawn(WATCHER, [this.address, loop, key]);
  }

  *untilOver(): Visible<void> {
    const alive = this.address.cells + ALIVE;
    for (;;) {
      const left = yield* this.platform.load(alive);
      if (left === 0) return;
      yield* this.platform.wait(alive, left, FOREVER);
    }
  }

  private *ring(count: number): Visible<void> {
    yield* this.platform.add(this.address.cells + JOBS, 1);
    yield* this.platform.notify(this.address.cells + JOBS, count);
  }

  private *cancelQueue(): Visible<void> {
    for (;;) {
      const job = (yield* this.platform.receive(this.address.jobs)) as Job | undefined;
      if (job === undefined) return;
      if (yield* RemoteHandle.at(this.platform, job.handle).cancel())
        yield* report(this.platform, job, { cancelled: true });
    }
  }
}

function* report(platform: Platform, { id, loop }: Job, outcome: Outcome): Visible<void> {
  try {
    yield* new Inbox(platform, loop, SEAMS).submit(['work', id, outcome]);
  } catch (error) {
    // The loop was closed meanwhile: nobody waits for the outcome any more.
    if (!isClosed(error)) throw error;
  }
}

function* perform(platform: Platform, functions: FunctionTable, job: Job): Visible<Outcome> {
  const work = functions[job.functionId];
  try {
    if (work?.kind !== 'worker') throw new LoopError('TYPE', `"${job.functionId}" is no work for an executor`);
    return { value: yield* work.run(platform, job.args) };
  } catch (error) {
    return { error: encodeError(error) };
  }
}

function* runWorker(platform: Platform, functions: FunctionTable, { cells, jobs }: ExecutorAddress): Visible<void> {
  const gate = new Gate(platform, cells + GATE);
  for (;;) {
    const seen = yield* platform.load(cells + JOBS);
    const job = (yield* platform.receive(jobs)) as Job | undefined;
    if (job !== undefined) {
      if (yield* RemoteHandle.at(platform, job.handle).take()) {
        yield* report(platform, job, yield* perform(platform, functions, job));
      }
    } else if (yield* gate.isOver()) break;
    else yield* platform.wait(cells + JOBS, seen, FOREVER);
  }
  yield* platform.add(cells + ALIVE, -1);
  yield* platform.notify(cells + ALIVE, FOREVER);
}

/** What `platform.spawn` must find for executors whose work is in this table. */
export function executorThreads(functions: FunctionTable): ThreadFunctions {
  return {
    [WORKER]: (platform, [address]) => runWorker(platform, functions, address as ExecutorAddress),
    *[WATCHER](platform, [address, loop, key]) {
      yield* Executor.at(platform, functions, address as ExecutorAddress).untilOver();
      try {
        yield* new Inbox(platform, loop as LoopAddress, SEAMS).submit(['complete', key, { value: null }]);
      } catch (error) {
        if (!isClosed(error)) throw error;
      }
    },
  };
}
