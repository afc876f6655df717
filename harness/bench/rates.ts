import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench } from 'tinybench';
import { CATALOGUE } from '../../spec/catalogue.ts';
import { check } from '../../spec/check.ts';
import type { Event, History } from '../../spec/history.ts';
import type { Program } from '../../spec/program.ts';
import { FIXED_BLOCK, planBlock } from '../campaign-plan.ts';
import { ProgramRun } from '../campaign-program.ts';
import { readCases } from '../cases.ts';
import type { Driver } from '../drive/driver.ts';
import { isFault, openDriver } from '../drive/open.ts';
import { SimulatedDriver } from '../drive/simulated.ts';
import { packageRoot } from '../package-root.ts';

/**
 * How fast the suite is: histories a second of both drivers, with and without judging, and events a second of the
 * checker, beside a control (`next()` of an endless generator) that tells machines apart. `npm run bench`.
 */
type Row = { readonly name: string; readonly perSecond: number; readonly spread: string };

/** A callback of the loop schedules another, while a thread gives the loop the one that stops it. */
const SMALL_A_AND_C: Program = {
  format: 1,
  name: 'small A + C',
  needs: ['ON-LOOP', 'INBOUND'],
  gates: [],
  bodies: {
    first: { kind: 'callback', steps: [{ op: 'callSoon', body: 'second' }] },
    second: { kind: 'callback', steps: [] },
    stopper: { kind: 'callback', steps: [{ op: 'stop' }] },
    submitter: { kind: 'thread', steps: [{ op: 'callSoonThreadsafe', body: 'stopper' }] },
  },
  main: [
    { op: 'newLoop' },
    { op: 'callSoon', body: 'first' },
    { op: 'spawn', body: 'submitter' },
    { op: 'runForever' },
  ],
};

const BIG_EVENTS = 1_000_000;
const TIME_MS = 2_000;

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}

/** A history of so many events: one program's records over and over, each round with ids and stamps of its own. */
function bigHistory(round: History): History {
  const events: Event[] = [round[0]!];
  const body = round.slice(1, -1);
  for (let copy = 0; events.length < BIG_EVENTS; copy++) {
    const rename = (value: unknown): unknown =>
      typeof value === 'string' && value !== 'main' ? `${value}/${copy}` : value;
    for (const event of body) {
      const stamped: { [name: string]: unknown } = { ...event, seq: events.length, t: event.t + copy * 1_000_000 };
      for (const name of ['id', 'inst']) if (name in stamped) stamped[name] = rename(stamped[name]);
      events.push(stamped as unknown as Event);
    }
  }
  return events;
}

async function measure(name: string, perCall: number, call: () => unknown): Promise<Row> {
  const bench = new Bench({ time: TIME_MS, warmupTime: TIME_MS / 4 });
  bench.add(name, async () => {
    await call();
  });
  await bench.run();
  const { result } = bench.tasks[0]!;
  if (result === undefined || !('latency' in result)) throw new Error(`crossloop bug: no result of ${name}`);
  const { mean, rme } = result.latency;
  return { name, perSecond: Math.round((perCall * 1000) / mean), spread: `±${rme.toFixed(1)} %` };
}

async function control(): Promise<Row> {
  const generator = endless();
  return measure('control: next() of a generator', 1000, () => {
    for (let n = 0; n < 1000; n++) generator.next();
  });
}

async function simulatedRows(driver: Driver): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const options = { seed: 'bench', programs: 50, cases: readCases(), explorations: [], requirements: CATALOGUE };
  const programs = planBlock(0, options, driver).map(({ program }) => program);
  const small = readCases().find(({ name }) => name === 'coroutine-from-thread')!;
  let index = 0;
  const perform = (program: (typeof programs)[number]): History => {
    const observation = driver.perform(program, { kind: 'explore', index: index++, seed: 'bench' });
    if (observation instanceof Promise || observation.kind !== 'history') throw new Error('crossloop bug: no history');
    return observation.history;
  };
  const many = (each: (program: (typeof programs)[number]) => void) => () => {
    for (const program of programs) for (let n = 0; n < 20; n++) each(program);
  };
  const count = programs.length * 20;
  rows.push(
    await measure('simulated: coroutine-from-thread', 200, () => {
      for (let n = 0; n < 200; n++) perform(small);
    }),
  );
  rows.push(
    await measure(
      'simulated: generated programs',
      count,
      many((program) => perform(program)),
    ),
  );
  rows.push(
    await measure(
      'simulated: generated programs, each history judged by all',
      count,
      many((program) => check(perform(program), CATALOGUE)),
    ),
  );
  const judged = 20_000;
  rows.push(
    await measure('simulated: the small A + C program, random walk, recorded and judged by all', judged, async () => {
      const walking = new SimulatedDriver('reference', [], 'random');
      // Without a search of all its interleavings, which would be over after a few hundred executions.
      const sampling: Driver = {
        info: walking.info,
        bounds: walking.bounds,
        notes: [],
        perform: (program, trial) => walking.perform(program, trial),
        close: () => walking.close(),
      };
      const planned = { origin: 'exploration', block: FIXED_BLOCK, index: 0, program: SMALL_A_AND_C } as const;
      await new ProgramRun(planned, sampling, CATALOGUE).run('bench', judged, () => false);
    }),
  );
  const big = bigHistory(perform(planBlock(FIXED_BLOCK, options, driver)[5]!.program));
  const startedMs = performance.now();
  check(big, CATALOGUE);
  const seconds = (performance.now() - startedMs) / 1000;
  rows.push({
    name: `checker: events of a history of ${big.length}, all requirements`,
    perSecond: Math.round(big.length / seconds),
    spread: `${seconds.toFixed(1)} s once`,
  });
  return rows;
}

async function processRow(): Promise<Row | undefined> {
  if (spawnSync('python3', ['--version']).status !== 0) return undefined;
  const adapter = join(packageRoot(), 'impl', 'adapters', 'python', 'asyncio_adapter.py');
  const driver = await openDriver({
    kind: 'process',
    key: 'asyncio',
    options: [],
    command: `python3 ${adapter}`,
    env: {},
    set: {},
    timeScale: 1,
  });
  if (isFault(driver)) return undefined;
  try {
    const options = { seed: 'bench', programs: 50, cases: [], explorations: [], requirements: CATALOGUE };
    const programs = planBlock(0, options, driver).map(({ program }) => program);
    let at = 0;
    return await measure(`process: generated programs on CPython ${driver.info.runtime.version}`, 1, () =>
      driver.perform(programs[at++ % programs.length]!, { kind: 'explore', index: 0, seed: 'bench' }),
    );
  } finally {
    await driver.close();
  }
}

const rows: Row[] = [await control(), ...(await simulatedRows(new SimulatedDriver('reference', [])))];
const real = await processRow();
if (real !== undefined) rows.push(real);
const lines = [
  '| what | a second | spread |',
  '|---|--:|--:|',
  ...rows.map(({ name, perSecond, spread }) => `| ${name} | ${perSecond.toLocaleString('en')} | ${spread} |`),
];
process.stdout.write(`${lines.join('\n')}\n`);
mkdirSync(join('reports', 'out'), { recursive: true });
writeFileSync(join('reports', 'out', 'rates.json'), `${JSON.stringify(rows, null, 2)}\n`);
