import fc, { type AsyncCommand, type Scheduler } from 'fast-check';
import { invariant } from '../../../spec/assert-never.ts';
import type { Counter } from './counters.ts';

/**
 * The counter programs as users of fast-check's scheduler write them: each operation on the word is one scheduled
 * promise, performed when that promise has resolved. The variants differ in who releases the promises.
 */
type Shared = { word: number; operations: number };
type Release = (scheduler: Scheduler, threads: Promise<unknown>, operations: number) => Promise<unknown>;

const READY: Promise<void> = Promise.resolve();

async function count(scheduler: Scheduler, shared: Shared, { rounds, readsLast }: Counter): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await scheduler.schedule(READY);
    const read = shared.word;
    await scheduler.schedule(READY);
    shared.word = read + 1;
    shared.operations += 2;
  }
  if (!readsLast) return;
  await scheduler.schedule(READY);
  shared.operations++;
}

/** The deprecated call, which is the fastest. */
async function releaseOneByOne(scheduler: Scheduler): Promise<void> {
  while (scheduler.count() > 0) await scheduler.waitOne();
}

const RELEASES: { readonly [variant: string]: Release } = {
  waitFor: (scheduler, threads) => scheduler.waitFor(threads),
  waitIdle: (scheduler) => scheduler.waitIdle(),
  waitNext: (scheduler, _, operations) => scheduler.waitNext(operations),
  waitOne: releaseOneByOne,
};

/** `scheduledModelRun` starts each thread with a command of its own; what they do is left to its last `waitAll`. */
class Start implements AsyncCommand<object, Shared> {
  private readonly start: () => void;

  constructor(start: () => void) {
    this.start = start;
  }

  check(): boolean {
    return true;
  }

  async run(): Promise<void> {
    this.start();
  }
}

function operationsOf({ threads, rounds, readsLast }: Counter): number {
  return threads * (2 * rounds + (readsLast ? 1 : 0));
}

async function execute(scheduler: Scheduler, counter: Counter, variant: string): Promise<void> {
  const shared: Shared = { word: 0, operations: 0 };
  const threads: Promise<void>[] = [];
  const start = (): void => void threads.push(count(scheduler, shared, counter));
  const release = RELEASES[variant];
  if (release === undefined) {
    const commands = Array.from({ length: counter.threads }, () => new Start(start));
    await fc.scheduledModelRun(scheduler, () => ({ model: {}, real: shared }), commands);
  } else {
    for (let thread = 0; thread < counter.threads; thread++) start();
    await release(scheduler, Promise.all(threads), operationsOf(counter));
  }
  await Promise.all(threads);
  invariant(shared.operations === operationsOf(counter), `${variant} performed ${shared.operations} operations`);
}

export const SCHEDULER_VARIANTS: readonly string[] = [...Object.keys(RELEASES), 'scheduledModelRun'];

/** So many executions as one `fc.assert`, which is how a user gets more than one. */
export async function executeWithScheduler(counter: Counter, variant: string, executions: number): Promise<void> {
  const property = fc.asyncProperty(fc.scheduler(), (scheduler) => execute(scheduler, counter, variant));
  await fc.assert(property, { numRuns: executions });
}
