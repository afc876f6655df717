import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRun } from '../../reports/jsonl.ts';
import { explainCommand, listCommand } from './catalogue-commands.ts';
import { UsageError } from './exit-code.ts';
import { Captured } from './fixtures/captured.ts';
import { replayCommand } from './replay-command.ts';
import { describeProgress, type RunOptions, runCommand } from './run-command.ts';
import { schemaCommand } from './schema-command.ts';
import { smokeCommand } from './smoke-command.ts';
import { LiveStatus } from './status.ts';

let captured: Captured;

beforeEach(() => {
  captured = new Captured();
});

afterEach(() => captured.end());

const options = (more: Partial<RunOptions>): RunOptions => ({
  profile: 'dev',
  runs: 0,
  budget: 60,
  seed: 'test',
  workers: 0,
  requirement: 'B-FCB-01',
  level: 'must',
  strategy: 'random',
  color: true,
  ...more,
});

describe('run', () => {
  test('judges the reference, writes the reports and answers 0', async () => {
    expect(await runCommand(options({ impl: ['reference'] }))).toBe(0);
    expect(readRun(readFileSync('reports/out/run.jsonl', 'utf8'))).toMatchObject({ seed: 'test', ended: 'complete' });
    expect(existsSync('reports/out/measured.json') && existsSync('reports/out/report.md')).toBe(true);
    expect(captured.err.trimEnd().split('\n').at(-1)).toBe('Conformance: 1 passed, 0 failed, 0 skipped');
    expect(captured.out).toBe('');
  });

  test('keeps each failure as a case that replays, and answers 1', async () => {
    expect(await runCommand(options({ impl: ['mutant:article-direct'], json: true }))).toBe(1);
    const [{ counterexamples }] = readRun(captured.out).implementations as never as [
      { counterexamples: { hash: string }[] },
    ];
    const path = `reports/out/cases/B-FCB-01-${counterexamples[0]!.hash}.json`;
    captured.out = '';
    expect(await replayCommand(path, { impl: ['mutant:article-direct'], repeat: 3 })).toBe(1);
    expect(captured.out).toMatch(/the loop was not woken[\s\S]*violated: 3 of 3 \(95 % interval 43\.8 to 100\.0 %\)/);
    expect(await replayCommand(path, { impl: ['reference'], repeat: 1, lenient: true })).toBe(0);
  });

  test('writes a report where it is told to', async () => {
    await runCommand(options({ impl: ['reference'], reporter: ['terminal:said.txt', 'jsonl:run.jsonl'] }));
    expect(readFileSync('said.txt', 'utf8')).toMatch(/Conformance: 1 passed/);
    expect(existsSync('run.jsonl') && !existsSync('reports/out/run.jsonl')).toBe(true);
  });

  test('prints the command of an adapter and does nothing else', async () => {
    expect(await runCommand(options({ adapter: ['./my adapter'], printCommand: true }))).toBe(0);
    expect([captured.out, existsSync('reports')]).toEqual(['./my adapter\n', false]);
  });

  test.each<[Partial<RunOptions>, RegExp]>([
    [{ strategy: 'lucky' }, /--strategy lucky/],
    [{ reporter: ['fax'] }, /--reporter fax/],
    [{ level: 'maybe' }, /--level maybe/],
    [{ impl: ['nobody'] }, /--impl nobody/],
  ])('refuses %o', async (wrong, message) => {
    await expect(runCommand(options(wrong))).rejects.toThrow(message);
  });
});

describe('replay', () => {
  test.each([
    ['nowhere.json', /neither a token/],
    ['xl1.00000000.AA', /no program with the hash 00000000/],
  ])('refuses %s', async (subject, message) => {
    await expect(replayCommand(subject, { repeat: 1 })).rejects.toThrow(message);
  });

  test.each(['{}', '{"kind":"counterexample","format":1}', 'nonsense'])(
    'refuses a case file that holds %s',
    async (text) => {
      writeFileSync('case.json', text);
      await expect(replayCommand('case.json', { repeat: 1 })).rejects.toThrow(UsageError);
    },
  );
});

describe('the catalogue', () => {
  test('is listed, a line a requirement', () => {
    listCommand({});
    const lines = captured.out.trimEnd().split('\n');
    captured.out = '';
    listCommand({ json: true });
    expect(
      captured.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(lines.map((line) => line.split(' ')[0]));
  });

  test('explains a requirement with a table, and suggests what is near to a wrong id', () => {
    explainCommand('c-ts-01');
    expect(captured.out).toMatch(
      /call_soon_threadsafe wakes a loop blocked in its poll[\s\S]*│ F1[\s\S]*was not woken/,
    );
    expect(() => explainCommand('C-TS-1')).toThrow(/did you mean C-TS-01/);
    expect(() => explainCommand('ts-01')).toThrow(/did you mean C-TS-01/);
    expect(() => explainCommand('D-DBG2')).toThrow(/did you mean D-DBG-02/);
  });

  test('gives the schemas of the protocol', () => {
    schemaCommand('to-adapter');
    expect(JSON.parse(captured.out)).toHaveProperty('$schema');
    expect(() => schemaCommand('letter')).toThrow(/known are program/);
  });
});

test('smoke needs an adapter', async () => {
  await expect(smokeCommand({ impl: ['reference'] })).rejects.toThrow(/--adapter/);
});

describe('the live status', () => {
  const progress = { implementation: 'reference', program: 'p', done: 1, planned: 2, executions: 3, violations: 1 };
  const stream = (isTTY: boolean) => {
    const written: string[] = [];
    const fake = { isTTY, columns: 60, write: (text: string) => written.push(text) > 0 };
    return { written, status: new LiveStatus(fake as never) };
  };

  test('is drawn on a terminal, within its width, and taken off again', () => {
    const { written, status } = stream(true);
    performance.now();
    status.update(progress.implementation, describeProgress(progress));
    status.clear();
    status.clear();
    expect(written.filter((text) => text.startsWith('\u001b')).length).toBeLessThanOrEqual(1);
    for (const text of written) expect(text.length).toBeLessThanOrEqual(60);
  });

  test('is quiet elsewhere until the first heartbeat', () => {
    const { written, status } = stream(false);
    status.update(progress.implementation, describeProgress(progress));
    status.update(progress.implementation, describeProgress(progress));
    expect(written).toEqual([]);
  });
});
