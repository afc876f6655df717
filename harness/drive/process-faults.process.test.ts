import { afterEach, describe, expect, test } from 'vitest';
import { alive, closeAll, faultOf, historyOf, NEVER_ENDS, open, perform, SCRIPT } from './fixtures/scripted.ts';

afterEach(closeAll);

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
  test.each([
    ['flood', { runBytes: 200_000 }, 'more than 200000 bytes'],
    ['endless-line', { lineBytes: 1 << 20 }, 'a line of more than 1048576 bytes'],
    ['endless-events', { runEvents: 5_000 }, 'more than 5000 events'],
  ])('%s is stopped in bounded memory', async (misbehaviour, limits, words) => {
    const { driver, pids } = await open(misbehaviour, { limits });
    const before = process.memoryUsage().rss;
    expect(faultOf(await perform(driver))).toMatchObject({ code: 'flooded', message: expect.stringContaining(words) });
    expect((process.memoryUsage().rss - before) >> 20).toBeLessThan(150);
    expect(alive(pids())).toEqual([]);
  });

  test('of stderr leaves its last bytes', async () => {
    const { driver } = await open('endless-stderr', { limits: { stderrBytes: 4_096 } });
    const { stderr } = faultOf(await perform(driver));
    expect(stderr).toHaveLength(4_096);
    expect(stderr?.endsWith('the last words\n')).toBe(true);
  });
});
