import { invariant } from '../../../spec/assert-never.ts';
import { Engine } from '../../explore/engine.ts';
import { RandomWalk } from '../../explore/random-walk.ts';
import { Seed } from '../../seed.ts';
import { type ShrunkSchedule, shrinkFree } from '../../shrink/free.ts';
import { CLOCK_EXPLORED } from './contestants.ts';
import { searchWithScheduler } from './promises.ts';
import { meanOf } from './statistics.ts';
import { numeral, type Result, type Table } from './table.ts';
import { programNamed, searchAtRandom } from './trials.ts';

/** B4: how simple a failing schedule becomes, and in how many replays. */
type Shrunk = ShrunkSchedule & { readonly ms: number };

/** Means that the prototype reached. */
type Reference = { readonly program: string; readonly preemptions: number; readonly replays: number };

const SEEDS = 20;
const EXECUTIONS_MAX = 100_000;
const REFERENCES: readonly Reference[] = [
  { program: 'loopLost3', preemptions: 2.9, replays: 12.8 },
  { program: 'loopSleep2x5', preemptions: 9.6, replays: 49.8 },
  { program: 'rct2bug', preemptions: 4.5, replays: 22.5 },
  { program: 'twostage_20', preemptions: 1.1, replays: 6.2 },
  { program: 'reorder_20', preemptions: 2.6, replays: 10.8 },
];
/** The one of them that can be said in scheduled promises. */
const EXPRESSIBLE = 'reorder_20';

async function shrinkFailures(name: string): Promise<readonly Shrunk[]> {
  const program = programNamed(name);
  const engine = new Engine();
  const shrunk: Shrunk[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const trial = searchAtRandom(program, engine, new RandomWalk(new Seed(`shrink/${seed}`)), EXECUTIONS_MAX);
    invariant(trial !== undefined, `${name}: no failure in ${EXECUTIONS_MAX} executions`);
    const deviations = engine.deviations();
    const startedMs = performance.now();
    const schedule = await shrinkFree(program, engine, CLOCK_EXPLORED, deviations);
    invariant(schedule !== undefined, `${name}: the recorded schedule does not fail again`);
    shrunk.push({ ...schedule, ms: performance.now() - startedMs });
  }
  return shrunk;
}

function row({ program, preemptions, replays }: Reference, shrunk: readonly Shrunk[]): readonly string[] {
  const mean = (of: (one: Shrunk) => number): number => meanOf(shrunk.map(of));
  const means = (...of: readonly ((one: Shrunk) => number)[]): string =>
    of.map((one) => mean(one).toFixed(1)).join(' / ');
  const isCalm = mean((one) => one.preemptions) <= preemptions;
  return [
    program,
    means(
      ({ raw }) => raw.steps,
      ({ raw }) => raw.deviations,
      ({ raw }) => raw.contextSwitches,
      ({ raw }) => raw.preemptions,
    ),
    means(
      (one) => one.deviations.length,
      (one) => one.contextSwitches,
      (one) => one.preemptions,
    ),
    means(
      (one) => one.replays,
      (one) => one.tried,
    ),
    numeral(mean((one) => one.ms)),
    `${shrunk.filter(({ criticalSwap }) => criticalSwap !== undefined).length} of ${shrunk.length}`,
    `${preemptions} / ${replays}`,
    isCalm ? 'yes' : 'no',
  ];
}

/** Its shrinks, summed over the seeds that found the bug. */
async function fastCheckShrinks(): Promise<{ readonly found: number; readonly shrinks: number }> {
  let found = 0;
  let total = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failed, shrinks } = await searchWithScheduler(programNamed(EXPRESSIBLE), seed, 1_000, 'shrinks');
    if (failed) found++;
    total += shrinks;
  }
  return { found, shrinks: total };
}

export async function benchmarkShrinkQuality(): Promise<Result> {
  const rows: (readonly string[])[] = [];
  const data: { [program: string]: unknown } = {};
  for (const reference of REFERENCES) {
    const shrunk = await shrinkFailures(reference.program);
    rows.push(row(reference, shrunk));
    data[reference.program] = shrunk;
  }
  const peer = await fastCheckShrinks();
  data['fast-check'] = peer;
  const table: Table = {
    title: `B4 shrinking schedules: means of ${SEEDS} failures of a random walk each`,
    columns: [
      'program',
      'found: steps / deviations / context switches / preemptions',
      'shrunk: deviations / context switches / preemptions',
      'replays: to shrink / to find the critical swap',
      'ms',
      'critical swap',
      'prototype: preemptions / replays',
      'preemptions reached',
    ],
    rows,
    notes: [`fast-check's scheduler on ${EXPRESSIBLE}: ${peer.shrinks} shrinks of ${peer.found} failures.`],
  };
  return { tables: [table], data };
}
