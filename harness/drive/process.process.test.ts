import { afterEach, describe, expect, test } from 'vitest';
import { alive, closeAll, faultOf, historyOf, open, PROGRAM, perform, tryToOpen } from './fixtures/scripted.ts';

afterEach(closeAll);

describe('an adapter that obeys', () => {
  test('is described as it describes itself', async () => {
    const { driver } = await open('none', { set: { timerEarlyNs: 7 } });
    expect(driver.info).toMatchObject({
      kind: 'process',
      key: 'scripted',
      name: 'nothing',
      runtime: { name: 'Node', version: process.versions.node },
      parameters: { timerEarlyNs: 7 },
    });
    expect(driver.notes).toEqual([]);
  });

  test('gives a history between meta and eot', async () => {
    const { driver } = await open('none');
    const observation = await perform(driver);
    if (observation.kind !== 'history') throw new Error('expected a history');
    expect(observation.history[0]).toMatchObject({
      ev: 'meta',
      seq: 0,
      implementation: 'nothing',
      bounds: driver.bounds,
    });
    expect(observation.history.at(-1)).toMatchObject({ ev: 'eot', reason: 'done', seq: 9, t: 1_000_000, pending: [] });
    expect(observation.how).toMatchObject({ kind: 'perturbation', noise: 0, switchIntervalUs: 5_000, fresh: false });
  });

  test.each(['split-line', 'unsorted', 'huge-stamps'])('may write its messages in its own way: %s', async (way) => {
    const plain = historyOf(await perform((await open('none')).driver));
    expect(historyOf(await perform((await open(way)).driver))).toBe(plain);
  });

  test('keeps its process from program to program, up to the limit', async () => {
    const { driver, pids } = await open('none', { limits: { programsPerProcess: 2 } });
    for (let program = 0; program < 5; program++) await perform(driver);
    expect(pids()).toHaveLength(3);
  });

  test('gets a fresh process for a fresh trial', async () => {
    const { driver, pids } = await open('none');
    const how = { kind: 'perturbation', seed: 1, noise: 0, switchIntervalUs: 50, fresh: true } as const;
    for (let repeat = 0; repeat < 3; repeat++) await perform(driver, PROGRAM, { kind: 'replay', how, lenient: false });
    expect(pids()).toHaveLength(3);
  });

  test('is gone after close, which may be called twice', async () => {
    const { driver, pids } = await open('none');
    await perform(driver);
    await Promise.all([driver.close(), driver.close()]);
    expect(alive(pids())).toEqual([]);
    expect(await perform(driver)).toMatchObject({ kind: 'fault', isFinal: true });
  });

  test('is not asked to replay a schedule', async () => {
    const { driver } = await open('none');
    const how = { kind: 'schedule', clock: 'late', deviations: [] } as const;
    expect(await perform(driver, PROGRAM, { kind: 'replay', how, lenient: true })).toMatchObject({ kind: 'diverged' });
  });

  test('that rejects a program stays as it is', async () => {
    const { driver, pids } = await open('none');
    const odd = { ...PROGRAM, main: [{ op: 'newLoop' }, { op: 'spin', delayUs: 1 }] } as const;
    expect(faultOf(await perform(driver, odd))).toMatchObject({ code: 'rejected', party: 'adapter' });
    expect((await perform(driver)).kind).toBe('history');
    expect(pids()).toHaveLength(1);
  });
});

describe('an adapter that cannot be set up', () => {
  test.each([
    ['never-ready', 'did-not-start', 'did not answer hello'],
    ['exits-at-hello', 'did-not-start', 'exited with code 3'],
    ['bad-ready', 'bad-ready', 'at capabilities'],
    ['wrong-version', 'bad-ready', 'version 7'],
    ['banner', 'bad-line', 'Welcome to the adapter'],
  ])('%s is reported as %s', async (misbehaviour, code, words) => {
    const limits = misbehaviour === 'never-ready' ? { readyMs: 300 } : {};
    const faulty = await tryToOpen(misbehaviour, { limits });
    expect(faulty).toMatchObject({ code, party: 'adapter', message: expect.stringContaining(words) });
  });

  test('shows the tail of its stderr', async () => {
    expect(await tryToOpen('exits-at-hello')).toMatchObject({ stderr: 'no such module: loops\n' });
  });

  test('is looked for where the command says', async () => {
    const faulty = await tryToOpen('none', { command: 'no-such-adapter-at-all' });
    expect(faulty).toMatchObject({ code: 'did-not-start', hint: expect.stringContaining('PATH') });
  });

  test("is the environment's fault where the system starts nothing", async () => {
    expect(await tryToOpen('none', { cwd: '/no/such/folder' })).toMatchObject({ party: 'environment' });
  });

  test.each(['never-calibrates', 'no-samples'])(
    '%s falls back to the least bound, and says so',
    async (misbehaviour) => {
      const { driver, pids } = await open(misbehaviour, { timeScale: 2 });
      expect(driver.bounds).toEqual({ B: 200_000_000, G: misbehaviour === 'no-samples' ? 1_089 : 0 });
      expect(driver.notes).toEqual([expect.stringContaining('calibration failed')]);
      expect(pids()).toHaveLength(2);
    },
  );

  test('a slow machine widens the bound of lateness', async () => {
    expect((await open('slow-machine')).driver.bounds.B).toBe(5_000_000_000);
  });

  test('timers may be 2 ms early where the adapter does not say', async () => {
    expect((await open('undeclared-timers')).driver.bounds.G).toBe(2_000_000);
  });
});
