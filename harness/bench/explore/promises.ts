import fc, { type Scheduler } from 'fast-check';
import { OP, type Visible } from '../../../impl/platform.ts';
import { invariant } from '../../../spec/assert-never.ts';
import { Engine } from '../../explore/engine.ts';
import type { FreeProgram } from '../../explore/programs/free-program.ts';
import { RandomWalk } from '../../explore/random-walk.ts';
import { SharedObjects } from '../../explore/shared-objects.ts';
import { SimulatedPlatform } from '../../explore/simulated-platform.ts';
import { Seed } from '../../seed.ts';
import { CLOCK_EXPLORED } from './contestants.ts';

/**
 * Programs of virtual threads under fast-check's scheduler: each operation is performed when one scheduled promise has
 * resolved. That is possible where no operation ever blocks, since a scheduled promise cannot be held back.
 */
const NEVER_BLOCKS: number =
  (1 << OP.load) |
  (1 << OP.store) |
  (1 << OP.exchange) |
  (1 << OP.compareExchange) |
  (1 << OP.add) |
  (1 << OP.post) |
  (1 << OP.drain);
const SAMPLE = 100;
const READY: Promise<void> = Promise.resolve();

/** What fast-check did until the first failure, or in all its runs; shrinks are programs or schedules it made simpler. */
export type SchedulerSearch = { readonly runs: number; readonly failed: boolean; readonly shrinks: number };

/** Judged by what a sample of executions performs: the operations of a program are few. */
export function isExpressible(program: FreeProgram): boolean {
  const engine = new Engine();
  const walk = new RandomWalk(new Seed('expressible'));
  for (let execution = 0; execution < SAMPLE; execution++) engine.run(program, walk, CLOCK_EXPLORED);
  return (engine.machine.kinds & ~NEVER_BLOCKS) === 0;
}

async function perform(code: Visible<void>, scheduler: Scheduler, objects: SharedObjects): Promise<void> {
  for (let next = code.next(); next.done !== true; ) {
    await scheduler.schedule(READY);
    invariant((NEVER_BLOCKS & (1 << next.value.kind)) !== 0, 'a promise that cannot block has to');
    next = code.next(objects.apply(next.value));
  }
}

/** `waitFor`, as its documentation recommends; the executions of one search differ in fast-check's seed alone. */
export async function searchWithScheduler(
  program: FreeProgram,
  seed: number,
  runsMax: number,
  shrinking: 'shrinks' | 'stops',
): Promise<SchedulerSearch> {
  const objects = new SharedObjects();
  const platforms = program.threads.map((_, thread) => new SimulatedPlatform(thread));
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    objects.fill(program.words);
    objects.clearPorts();
    const threads = program.threads.map((thread, tid) => perform(thread.run(platforms[tid]!), scheduler, objects));
    await scheduler.waitFor(Promise.all(threads));
    return program.failure({ isDone: true, words: objects.memory }) === undefined;
  });
  const endOnFailure = shrinking === 'stops';
  const details = await fc.check(property, { seed, numRuns: runsMax, endOnFailure });
  return { runs: details.numRuns, failed: details.failed, shrinks: details.numShrinks };
}
