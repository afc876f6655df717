import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../spec/fault.ts';
import { formatHistory } from '../../spec/notation.ts';
import type { Program } from '../../spec/program.ts';
import type { Driver, Observation, Trial } from './driver.ts';
import { openProcessDriver, type ProcessOptions } from './process.ts';
import { isGroupAlive } from './process-group.ts';

const SCRIPT = fileURLToPath(new URL('fixtures/scripted-adapter.mjs', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'crossloop-process-'));

const PROGRAM: Program = {
  format: 1,
  name: 'trivial',
  needs: [],
  gates: [],
  bodies: { root: { kind: 'task', steps: [] } },
  main: [{ op: 'newLoop' }, { op: 'runUntil', body: 'root' }, { op: 'close' }],
};
const NEVER_ENDS: Program = { ...PROGRAM, name: 'never-ends' };
const FIRST: Trial = { kind: 'explore', index: 0, seed: 's' };

let opened: Driver[] = [];
let adapters = 0;

afterEach(async () => {
  for (const driver of opened) await driver.close();
  opened = [];
});

type Scripted = { readonly driver: Driver; readonly pids: () => readonly number[] };

async function tryToOpen(misbehaviour: string, options: Partial<ProcessOptions> = {}): Promise<Scripted | Fault> {
  const pidFile = join(FOLDER, `${misbehaviour}-${adapters++}`);
  const driver = await openProcessDriver({
    command: `exec '${process.execPath}' '${SCRIPT}' ${misbehaviour} '${pidFile}'`,
    key: 'scripted',
    options: [],
    suite: '0',
    ...options,
    // B = 100 ms: a deadline of 300 ms.
    limits: {
      ...{ readyMs: 5_000, calibrationMs: 300, startedMs: 300, pongMs: 300, abortMs: 300, collectMs: 500 },
      ...{ terminateMs: 300, exitMs: 200, latenessNs: 100_000_000 },
      ...options.limits,
    },
  })();
  if ('code' in driver) return driver;
  opened.push(driver);
  return { driver, pids: () => readFileSync(pidFile, 'utf8').trim().split('\n').map(Number) };
}

async function open(misbehaviour: string, options: Partial<ProcessOptions> = {}): Promise<Scripted> {
  const scripted = await tryToOpen(misbehaviour, options);
  if ('code' in scripted) throw new Error(`${scripted.code}: ${scripted.message}`);
  return scripted;
}

async function perform(driver: Driver, program: Program = PROGRAM, trial: Trial = FIRST): Promise<Observation> {
  return driver.perform(program, trial);
}

function faultOf(observation: Observation): Fault {
  if (observation.kind !== 'fault') throw new Error(`expected a fault, not ${JSON.stringify(observation)}`);
  return observation.fault;
}

function historyOf(observation: Observation): string {
  if (observation.kind !== 'history') throw new Error(`expected a history, not ${JSON.stringify(observation)}`);
  return formatHistory(observation.history.slice(1));
}

/** The process ids that are still a live process, or have one in their group. */
function alive(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => isGroupAlive(pid) || isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

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

describe('a run that goes wrong', () => {
  test.each([
    ['garbage', 'bad-line', 'adapter', 'it is not JSON: "Segmentation fault? just kidding"'],
    ['not-utf8', 'bad-line', 'adapter', 'not UTF-8'],
    ['bad-event', 'bad-message', 'adapter', 'at events.0.th'],
    ['unknown-re', 'unknown-run', 'adapter', 'message 4711'],
    ['drops-events', 'lost-events', 'adapter', 'had 8 events, but 7 arrived'],
    ['gap', 'lost-events', 'adapter', 'begins with event 11, but 8 arrived'],
    ['shared-stamp', 'bad-message', 'adapter', 'the stamp 1'],
    ['exits', 'exited', 'adapter', 'exited with code 5 while a program ran'],
    ['is-killed', 'exited', 'adapter', 'ended by SIGKILL'],
    ['grandchild-and-exit', 'exited', 'adapter', 'exited with code 0'],
    ['reports-error', 'reported-error', 'adapter', 'it broke'],
    ['never-starts', 'hung', 'adapter', 'neither started nor rejected'],
    ['closes-stdout', 'exited', 'adapter', 'closed its output'],
    ['closes-stdin', 'hung', 'adapter', 'closed its input'],
    ['hangs-silently', 'hung', 'implementation', 'nothing answered'],
    ['ignores-sigterm', 'hung', 'implementation', 'nothing answered'],
  ])('%s is reported as %s of the %s, and nothing is left', async (misbehaviour, code, party, words) => {
    const { driver, pids } = await open(misbehaviour);
    const faulty = faultOf(await perform(driver));
    expect(faulty).toMatchObject({ code, party, message: expect.stringContaining(words) });
    expect(faulty.hint).not.toBe('');
    expect(alive(pids())).toEqual([]);
  });

  test('a program that does not end gives the history so far, with stacks', async () => {
    const { driver, pids } = await open('hangs');
    const observation = await perform(driver);
    expect(historyOf(observation)).toMatch(/eot deadline pending=\[\]$/);
    expect(observation).toMatchObject({
      stacks: [{ th: 'L', name: 'main', stack: ['main', 'run_forever', 'select'] }],
    });
    expect(alive(pids())).toEqual([]);
  });

  test('an adapter that answers a ping and no abort is hung', async () => {
    const { driver, pids } = await open('never-dumps');
    expect(faultOf(await perform(driver, NEVER_ENDS))).toMatchObject({ code: 'hung', party: 'adapter' });
    expect(alive(pids())).toEqual([]);
  });

  test('a crash while a program ran is a history without events', async () => {
    const { driver, pids } = await open('segfaults');
    expect(historyOf(await perform(driver))).toBe('@0ns M eot crashed signal=SIGSEGV pending=[]');
    expect(alive(pids())).toEqual([]);
  });

  test('a crash is seen through a shell that waits for the adapter', async () => {
    const command = `'${process.execPath}' '${SCRIPT}' segfaults; exit $?`;
    const { driver } = await open('segfaults', { command });
    expect(historyOf(await perform(driver))).toContain('signal=SIGSEGV');
  });

  test('what an adapter says after its run is dropped and counted', async () => {
    const { driver } = await open('late-answer');
    const plain = historyOf(await perform(driver));
    expect(historyOf(await perform(driver))).toBe(plain);
    expect(driver.notes).toEqual([expect.stringContaining('1 answers')]);
  });

  test('a death between two programs is told by the next', async () => {
    const { driver } = await open('exits-after-done');
    expect((await perform(driver)).kind).toBe('history');
    await expect
      .poll(async () => {
        const observation = await perform(driver);
        return observation.kind === 'fault' ? observation.fault.message : observation.kind;
      })
      .toMatch(/exited with code 4 (while|after the program trivial was done)/);
  });

  test('the next program gets a new process', async () => {
    const { driver, pids } = await open('second-never-ends');
    await perform(driver);
    expect(historyOf(await perform(driver))).toContain('eot deadline');
    expect(historyOf(await perform(driver))).toContain('eot done');
    expect(pids()).toHaveLength(2);
  });

  test('a process that calls itself something else ends the campaign', async () => {
    const { driver } = await open('another-each-time', { limits: { programsPerProcess: 1 } });
    await perform(driver);
    expect(await perform(driver)).toMatchObject({ kind: 'fault', isFinal: true, fault: { code: 'bad-ready' } });
  });

  test('ten deaths in a row end the campaign', async () => {
    const { driver } = await open('garbage', { limits: { deathsInARow: 3 } });
    expect(await perform(driver)).not.toHaveProperty('isFinal');
    expect(await perform(driver)).not.toHaveProperty('isFinal');
    const last = await perform(driver);
    expect(last).toMatchObject({ isFinal: true, fault: { message: expect.stringContaining('3 times in a row') } });
    expect(await perform(driver)).toEqual(last);
  });
});

describe('what an adapter leaves behind', () => {
  test('goes with it at the latest when the driver is closed', async () => {
    const { driver, pids } = await open('grandchild');
    await perform(driver);
    expect(alive(pids())).toHaveLength(2);
    await driver.close();
    expect(alive(pids())).toEqual([]);
  });

  test.each(['ignores-stop', 'ignores-the-end'])('is killed when it %s', async (misbehaviour) => {
    const { driver, pids } = await open(misbehaviour);
    await perform(driver);
    await driver.close();
    expect(alive(pids())).toEqual([]);
  });

  test('goes with a driver that is closed while a program runs', async () => {
    const { driver, pids } = await open('none', { limits: { latenessNs: 60_000_000_000 } });
    const running = perform(driver, NEVER_ENDS);
    await driver.close();
    expect(faultOf(await running)).toMatchObject({ party: 'crossloop' });
    expect(alive(pids())).toEqual([]);
  });
});

describe('a flood', () => {
  const limits = { runBytes: 4 << 20, runEvents: 20_000, lineBytes: 1 << 20, stderrBytes: 4_096 };

  test.each([
    ['flood', 'more than 4194304 bytes'],
    ['endless-line', 'a line of more than 1048576 bytes'],
    ['endless-events', 'more than'],
  ])('%s is stopped in bounded memory', async (misbehaviour, words) => {
    const { driver, pids } = await open(misbehaviour, { limits });
    const before = process.memoryUsage().rss;
    expect(faultOf(await perform(driver))).toMatchObject({ code: 'flooded', message: expect.stringContaining(words) });
    expect((process.memoryUsage().rss - before) >> 20).toBeLessThan(150);
    expect(alive(pids())).toEqual([]);
  });

  test('of stderr leaves its last bytes', async () => {
    const { driver } = await open('endless-stderr', { limits });
    const { stderr } = faultOf(await perform(driver));
    expect(stderr).toHaveLength(4_096);
    expect(stderr?.endsWith('the last words\n')).toBe(true);
  });
});
