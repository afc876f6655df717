import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../spec/catalogue.ts';
import { FIXED_BLOCK, type Planned } from './campaign-plan.ts';
import { type Found, ProgramRun } from './campaign-program.ts';
import { Explainer } from './counterexample.ts';
import type { Driver } from './drive/driver.ts';
import { isFault } from './drive/open.ts';
import { openProcessDriver } from './drive/process.ts';
import { packageRoot } from './package-root.ts';
import { findCase, replayCase } from './replay.ts';

const ADAPTER = join(packageRoot(), 'impl', 'adapters', 'python');
/** Work counts as late after 0.1 s: these loops are wrong at once or never. */
const LATENESS_NS = 100_000_000;
const folder = mkdtempSync(join(tmpdir(), 'crossloop-process-'));
const opened: Driver[] = [];

async function open(loop: string): Promise<Driver> {
  const driver = await openProcessDriver({
    command: `exec python3 ${join(ADAPTER, 'asyncio_adapter.py')} --loop ${loop}`,
    key: loop,
    options: [],
    suite: 'test',
    env: { PYTHONPATH: join(ADAPTER, 'tests') },
    limits: { latenessNs: LATENESS_NS },
  })();
  if (isFault(driver)) throw new Error(`${driver.message} ${driver.stderr}`);
  opened.push(driver);
  return driver;
}

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all(opened.map((driver) => driver.close()));
});

function requirementOf(id: string) {
  return CATALOGUE.find((requirement) => requirement.id === id)!;
}

async function find(driver: Driver, id: string): Promise<{ readonly planned: Planned; readonly found: Found }> {
  const requirement = requirementOf(id);
  const planned: Planned = { origin: 'requirement', block: FIXED_BLOCK, index: 0, program: requirement.program };
  const { found, result } = await new ProgramRun(planned, driver, [requirement]).run('process', 20, () => false);
  expect(result.faults).toEqual([]);
  expect(found).toHaveLength(1);
  return { planned, found: found[0]! };
}

describe('a wrong loop of a real process', () => {
  test.each([
    ['wrong_loops:silent_loop', 'C-TS-01'],
    ['wrong_loops:lifo_threadsafe_loop', 'C-TS-03'],
    ['wrong_loops:double_run_loop', 'C-TS-02'],
  ])('%s breaks %s, is explained, and breaks it again in a replay', async (loop, id) => {
    const driver = await open(loop);
    const { planned, found } = await find(driver, id);
    const explained = await new Explainer(driver, requirementOf(id), found, planned, () => performance.now()).explain();
    if (explained.kind !== 'counterexample') throw new Error(JSON.stringify(explained));
    expect(explained).toMatchObject({ requirement: id, implementation: loop, reproduction: { kind: 'perturbation' } });
    expect(explained.reproduction.kind === 'perturbation' && explained.reproduction.shown).toBeGreaterThan(0);
    const path = join(folder, `${id}.json`);
    writeFileSync(path, JSON.stringify(explained));
    const again = findCase(path, []);
    if (typeof again === 'string') throw new Error(again);
    const options = { repeat: 1, lenient: false, requirements: CATALOGUE };
    expect(await replayCase(again, driver, options)).toMatchObject({ outcome: 'violated', shown: 1, repeats: 1 });
    expect((await replayCase(again, await open('asyncio:new_event_loop'), options)).outcome).toBe('upheld');
  });

  test('that missed its work once and never again is inconclusive, with how often it was tried', async () => {
    const { planned, found } = await find(await open('wrong_loops:silent_loop'), 'C-TS-01');
    const sound = await open('asyncio:new_event_loop');
    let now = 0;
    // Ten tries of six seconds each are the minute that a confirmation may take.
    const clock = () => (now += 6_000);
    const explained = await new Explainer(sound, requirementOf('C-TS-01'), found, planned, clock).explain();
    expect(explained).toMatchObject({ kind: 'inconclusive', implementation: 'asyncio:new_event_loop' });
    expect(explained.kind === 'inconclusive' && explained.reason).toMatch(
      /missed once and not again in (9|10) fresh processes/,
    );
  });
});
