import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applicable } from '../../../harness/campaign-plan.ts';
import { readCases } from '../../../harness/cases.ts';
import type { Driver } from '../../../harness/drive/driver.ts';
import { isFault, openDriver } from '../../../harness/drive/open.ts';
import { packageRoot } from '../../../harness/package-root.ts';
import { CATALOGUE } from '../../../spec/catalogue.ts';
import { check } from '../../../spec/check.ts';

/** The interpreters to test with: `CROSSLOOP_PYTHONS`, paths separated by colons, else the `python3` of the path. */
const PYTHONS = (process.env['CROSSLOOP_PYTHONS'] ?? 'python3')
  .split(':')
  .filter((python) => spawnSync(python, ['--version']).status === 0);
const FOLDER = join(packageRoot(), 'impl', 'adapters', 'python');

describe.each(PYTHONS)('the Python adapter on %s', (python) => {
  let driver: Driver;

  beforeAll(async () => {
    const command = `${python} ${join(FOLDER, 'asyncio_adapter.py')}`;
    const opened = await openDriver({
      kind: 'process',
      key: 'asyncio',
      options: [],
      command,
      env: {},
      set: {},
      timeScale: 1,
    });
    if (isFault(opened)) throw new Error(opened.message);
    driver = opened;
  });
  afterAll(() => driver.close());

  test('passes its own tests', () => {
    const tests = spawnSync(python, ['-m', 'unittest', 'discover', '-s', join(FOLDER, 'tests'), '-t', FOLDER], {
      encoding: 'utf8',
    });
    expect(tests.stderr).toMatch(/Ran [1-9]\d* tests/);
    expect(tests.status, tests.stderr).toBe(0);
  });

  test.each(readCases())('performs $name to its end, without a violation', async (program) => {
    const observation = await driver.perform(program, { kind: 'explore', index: 0, seed: 'cases' });
    if (observation.kind !== 'history') throw new Error(JSON.stringify(observation));
    expect(observation.history.at(-1)).toMatchObject({ ev: 'eot', reason: 'done' });
    const verdicts = [...check(observation.history, applicable(CATALOGUE, driver))];
    expect(verdicts.filter(([, { kind }]) => kind !== 'upheld' && kind !== 'unexercised')).toEqual([]);
  });
});
