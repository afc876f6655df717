import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT, UsageError } from './exit-code.ts';
import { type ExploreOptions, exploreCommand } from './explore-command.ts';
import { Captured } from './fixtures/captured.ts';
import { replayCommand } from './replay-command.ts';

let captured: Captured;

beforeEach(() => {
  captured = new Captured();
});

afterEach(() => captured.end());

function explore(subject: string, more: Partial<ExploreOptions> = {}): Promise<number> {
  const options = { requirement: '*', clock: 'explored', executions: 1_000_000, workers: 1, ...more } as const;
  return exploreCommand(subject, options);
}

const tokens = (text: string): readonly string[] => text.match(/xl1\.\S+/g) ?? [];

describe('explore', () => {
  test('gives a certificate for what it has searched, and 0', async () => {
    expect(await explore('loopOK2')).toBe(EXIT.conforms);
    expect(captured.out).toContain(
      'exhausted: 616 traces (967 executions incl. 351 sleep-blocked prefixes, 1.57 a trace), 3 threads, order=final-state, operations={exchange,wait,notify,post,drain}, clock=explored(0 advances at most), spurious=off',
    );
    expect(captured.out).toContain('upheld: final assertion');
  });

  test('shows a failure with its interleaving; its token violates and the critical swap upholds', async () => {
    expect(await explore('loopLost2')).toBe(EXIT.violated);
    const shown = captured.take();
    expect(shown).toContain('violated: final assertion, in 60 of 454: lost wake-up');
    expect(shown).toMatch(/^thread 0 +thread 1 +thread 2$/m);
    const [passing, failing] = tokens(shown);
    expect(await replayCommand(failing!, { repeat: 1 })).toBe(EXIT.violated);
    expect(captured.take()).toContain('violated: lost wake-up');
    expect(await replayCommand(passing!, { repeat: 1 })).toBe(EXIT.conforms);
  });

  test('explains what a Program violates, with a token that shows it again', async () => {
    expect(await explore('result-or-closed', { impl: ['mutant:P018'] })).toBe(EXIT.violated);
    const shown = captured.take();
    expect(shown).toContain('L-CLS-06 violated by mutant:P018');
    const [failing, passing] = tokens(shown);
    const options = { impl: ['mutant:P018'], repeat: 1 };
    expect(await replayCommand(failing!, options)).toBe(EXIT.violated);
    expect(await replayCommand(passing!, options)).toBe(EXIT.conforms);
  });

  test("says of the article's own program that a time-out rescues what nobody woke", async () => {
    const options = { impl: ['mutant:article-direct'], clock: 'late' } as const;
    expect(await explore('complete-from-thread-with-ticker', options)).toBe(EXIT.violated);
    expect(captured.out).toContain('violated: B-FCB-01, in 250 of 250');
    expect(captured.out).toContain('Rescued by time-out: nobody could go on');
  });

  test('says what few preemptions reach', async () => {
    expect(await explore('rct1', { bound: 2 })).toBe(EXIT.conforms);
    expect(captured.out.match(/^bounded: all ≤\d-preemption schedules/gm)).toHaveLength(3);
    expect(captured.out).not.toContain('exhausted');
  });

  test('estimates what is too large, covers few preemptions, and is inconclusive when that is too much too', async () => {
    expect(await explore('loopOK3', { executions: 40_000 })).toBe(EXIT.conforms);
    expect(captured.take()).toMatch(/^not exhausted after 40,000 executions\nest\. \S+ executions in all \(Knuth/);
    expect(await explore('loopOK3', { executions: 500 })).toBe(EXIT.inconclusive);
    expect(captured.out).toContain('not violated so far');
  });

  test('tells a livelock from an unfair schedule', async () => {
    expect(await explore('pollLost', { executions: 5 })).toBe(EXIT.violated);
    expect(captured.take()).toContain('violated: livelock, in a fair schedule too: thread 0 repeats [reads word 0]');
    expect(await explore('poll', { executions: 5 })).toBe(EXIT.inconclusive);
    expect(captured.take()).toContain('no livelock: 100 executions');
    expect(await explore('spinLost')).toBe(EXIT.violated);
  });

  test('says that waits may return for no reason, and tokens remember it', async () => {
    await explore('loopLost2', { spurious: true });
    const shown = captured.take();
    expect(shown).toContain('spurious=once a thread');
    for (const token of tokens(shown)) expect(await replayCommand(token, { repeat: 1 })).not.toBe(EXIT.inconclusive);
  });

  test.each<readonly [string, string, Partial<ExploreOptions>, string]>([
    ['a name that is none', 'loopOK0', {}, 'neither a file nor a name'],
    ['an implementation that is no virtual one', 'submit-one-thread', { impl: ['asyncio'] }, 'explore needs one'],
    ['an implementation where there is no part for it', 'lu2', { impl: ['reference'] }, '--impl has no part in it'],
    ['a program that needs what is not there', 'D-DBG-02', {}, 'lacks'],
  ])('refuses %s', async (_, subject, more, message) => {
    await expect(explore(subject, more)).rejects.toThrow(UsageError);
    await expect(explore(subject, more)).rejects.toThrow(message);
  });

  test.each([
    ['no JSON', '{', 'cannot be read'],
    ['no program', '{"format": 1}', 'is no program of format 1'],
    [
      'a program that breaks a rule',
      JSON.stringify({ format: 1, name: 'x', needs: [], gates: [], bodies: {}, main: [{ op: 'spawn', body: 'none' }] }),
      'x.json: ',
    ],
  ])('refuses a file with %s, and names the place', async (_, text, message) => {
    const path = join(captured.folder, 'x.json');
    writeFileSync(path, text);
    await expect(explore(path)).rejects.toThrow(message);
  });
});

test('a token of another version of a free program is not replayed, unless leniently', async () => {
  await explore('loopLost2');
  const [, failing] = tokens(captured.take());
  const foreign = failing!.replace(/\.[^.]*$/, `.${Buffer.from([1, 1, 99, 2]).toString('base64url')}`);
  expect(await replayCommand(foreign, { repeat: 1 })).toBe(EXIT.inconclusive);
  expect(captured.take()).toContain('cannot go on');
  expect(await replayCommand(foreign, { repeat: 1, lenient: true })).not.toBe(EXIT.inconclusive);
});
