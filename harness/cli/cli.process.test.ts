import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CONTROL } from '../../reports/fixtures/run.ts';
import { readRun } from '../../reports/jsonl.ts';
import { CATALOGUE } from '../../spec/catalogue.ts';
import { alive, SCRIPT } from '../drive/fixtures/scripted.ts';
import { isGroupAlive } from '../drive/process-group.ts';
import { packageRoot } from '../package-root.ts';

const MAIN = join(packageRoot(), 'dist', 'harness', 'cli', 'main.js');
const SCRIPTED = `exec '${process.execPath}' '${SCRIPT}'`;
/** The fixed programs alone, without worker processes. */
const SMALL = ['--runs', '0', '--workers', '0', '--seed', 's'];

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
type Running = { readonly pid: number; readonly interrupt: () => void; readonly ended: Promise<Ended> };

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'crossloop-cli-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

/** Starts the built command as the leader of a process group, in a folder of its own. */
function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { pid: child.pid!, interrupt: () => child.kill('SIGINT'), ended };
}

function crossloop(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}

function output(name: string): string {
  return readFileSync(join(cwd, 'reports', 'out', name), 'utf8');
}

test('explore, interrupted, says that it was not exhausted, and exits with 2', async () => {
  const { interrupt, ended } = start(['explore', 'loopOK2x2', '--executions', '100000000', '--workers', '2']);
  // Its workers run by then; an interruption before they do ends it all the same.
  setTimeout(interrupt, 1_000);
  const { code, stdout, stderr } = await ended;
  expect([code, stdout]).toEqual([2, expect.stringContaining('not exhausted after')]);
  expect(stderr).toContain('Interrupted');
});

describe('a mistake of the person exits with 4 and says what to do:', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['no command', [], 'Usage: crossloop'],
    ['a command that is none', ['rum'], 'Did you mean run?'],
    ['a flag that is none', ['run', '--implementation', 'x'], "unknown option '--implementation'"],
    ['a flag that is none gets a remedy', ['run', '--nope'], 'Add --help'],
    ['a number that is none', ['run', '--budget', 'many'], "'--budget <n>' argument 'many' is invalid. give a whole"],
    ['no executions at all', ['run', '--budget', '0'], '1 or more'],
    ['no repetition at all', ['replay', 'xl1.3334cbcc.AA', '--repeat', '0'], '1 or more'],
    ['a duration that is none', ['run', '--time', 'soon'], 'write 90s, 5m or 1h'],
    ['a level that is none', ['run', '--level', 'must,nice'], '--level must,nice: "nice" is unknown; known are must'],
    ['a basis that is none', ['run', '--basis', 'rfc'], '--basis rfc: "rfc" is unknown; known are doc'],
    ['a name that is none', ['run', '--impl', 'libuv'], '--impl libuv: unknown; known are reference'],
    [
      'a reporter that is none',
      ['run', '--reporter', 'html'],
      '--reporter html: "html" is unknown; known are terminal',
    ],
    ['a reporter without its file', ['run', '--reporter', 'jsonl:'], '--reporter jsonl:: name a file'],
    ['a pattern that matches none', ['run', '--requirement', 'Q-*'], '--requirement Q-*: matches none; see'],
    ['an id that is none', ['explain', 'C-TS-1'], '"C-TS-1" is no requirement; did you mean C-TS-01'],
    ['a token that is none', ['replay', 'garbage'], '"garbage" is neither a token (xl1.…) nor a case file'],
    ['a token cut short', ['replay', 'xl1.3334cbcc.'], 'neither a token'],
    ['a token of no program', ['replay', 'xl1.00000000.AA'], 'give its case file, or its folder with --cases'],
    ['a smoke test of virtual threads', ['smoke', '--impl', 'reference'], '--adapter COMMAND'],
  ])('%s', async (_, args, words) => {
    const { code, stdout, stderr } = await crossloop(...args);
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).not.toContain('    at ');
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('a report that cannot be written', async () => {
    writeFileSync(join(cwd, 'taken'), '');
    const impl = ['--impl', 'reference', '--requirement', 'A-ORD-01', '--budget', '1', ...SMALL];
    const { code, stderr } = await crossloop('run', ...impl, '--reporter', 'jsonl:taken/run.jsonl');
    expect(stderr).toContain('taken/run.jsonl cannot be written');
    expect(code).toBe(4);
  });
});

describe('the catalogue', () => {
  test('help is printed, and is no mistake', async () => {
    const { code, stdout, stderr } = await crossloop('--help');
    for (const command of ['run', 'replay', 'list', 'explain', 'smoke']) expect(stdout).toContain(`  ${command} `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('list prints a line a requirement', async () => {
    const { code, stdout } = await crossloop('list');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(CATALOGUE.map(({ id }) => id));
    expect(code).toBe(0);
  });

  test('list --json prints an object a requirement', async () => {
    const { code, stdout } = await crossloop('list', '--json');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; statement: string });
    expect(rows.map(({ id, statement }) => [id, statement])).toEqual(
      CATALOGUE.map(({ id, statement }) => [id, statement]),
    );
    expect(code).toBe(0);
  });

  test('list ends in silence when its reader has seen enough', async () => {
    const child = spawn('/bin/sh', [
      '-c',
      `{ "$0" "$1" list --json; echo "code $?" >&2; } | head -n 1`,
      process.execPath,
      MAIN,
    ]);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('code 0\n');
  });

  test('explain prints statement, source, hint, and an example as a table with its witness', async () => {
    const { code, stdout } = await crossloop('explain', 'c-ts-01');
    const { statement, source, hint, examples } = CATALOGUE.find(({ id }) => id === 'C-TS-01')!;
    for (const text of [statement, source, hint, examples.upholds[0]!]) expect(stdout).toContain(text);
    expect(stdout).toMatch(/» +\d+ +│ callSoonThreadsafe\(x\) → ok/);
    expect(code).toBe(0);
  });
});

describe('run', () => {
  test('of the reference conforms, and writes its reports', async () => {
    const { code, stdout, stderr } = await crossloop(
      ...['run', '--impl', 'reference', '--budget', '3', '--requirement', 'C-TS-*', ...SMALL],
    );
    expect(stderr).toContain(', 0 failed, 0 skipped');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(readdirSync(join(cwd, 'reports', 'out')).sort()).toEqual(['measured.json', 'report.md', 'run.jsonl']);
    expect(readRun(output('run.jsonl'))).toMatchObject({ seed: 's', ended: 'complete' });
    expect(JSON.parse(output('measured.json'))).toHaveProperty('implementations.reference.executions');
    expect(output('report.md')).toContain('| C-TS-01 | MUST | upheld |');
  });

  test('--json prints run.jsonl on stdout and nothing else, twice the same', async () => {
    const args = ['run', '--json', '--impl', 'reference', '--budget', '2', '--requirement', 'C-TS-01', ...SMALL];
    const [first, second] = await Promise.all([crossloop(...args), crossloop(...args)]);
    expect(first.code).toBe(0);
    expect(first.stdout).toBe(output('run.jsonl'));
    expect(second.stdout).toBe(first.stdout);
  });

  test('--reporter writes these reports alone', async () => {
    const args = ['--impl', 'reference', '--budget', '1', '--requirement', 'A-ORD-01', ...SMALL];
    const { code, stderr } = await crossloop('run', ...args, '--reporter', 'markdown:mine/a.md');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(cwd, 'mine', 'a.md'), 'utf8')).toMatch(/^# Conformance/);
    expect(readdirSync(join(cwd, 'reports', 'out'))).toEqual(['measured.json']);
  });

  test('of a mutant prints a table and a command, which shows it again, and on the reference does not', async () => {
    const { code, stderr } = await crossloop(
      ...['run', '--impl', 'mutant:article-direct', '--budget', '50', '--requirement', 'B-FCB-01', ...SMALL],
    );
    expect(stderr).toMatch(/» +\d+ .*│/);
    expect(code).toBe(1);
    const [, token, rest] = /Replay: +npx crossloop replay (\S+) (.*)\n/.exec(stderr)!;
    expect(readdirSync(join(cwd, 'reports', 'out', 'cases'))).toHaveLength(1);
    const again = await crossloop('replay', token!, ...rest!.split(' '));
    expect(again.stdout).toMatch(/B-FCB-01 violated by mutant:article-direct[\s\S]*» [\s\S]*\nviolated: 1 of 1\n$/);
    expect(again.code).toBe(1);
    const reference = await crossloop('replay', token!, '--impl', 'reference', '--lenient');
    expect(reference).toEqual({ code: 0, stdout: 'upheld: 0 of 1\n', stderr: '' });
  });

  test('of an adapter that cannot start exits with 6, its stderr and a hint', async () => {
    const { code, stderr } = await crossloop(
      ...['run', '--adapter', `${SCRIPTED} exits-at-hello`, '--budget', '1', '--requirement', 'C-TS-01', ...SMALL],
    );
    expect(stderr).toContain('adapter failed (did-not-start): the adapter exited with code 3');
    expect(stderr).toContain('crossloop smoke');
    expect(stderr).toContain('stderr: no such module: loops');
    expect(code).toBe(6);
    expect(readRun(output('run.jsonl')).implementations[0]).toHaveProperty('fault.code', 'did-not-start');
  });

  test('that is interrupted reports what it has, exits with 2 and leaves no process', async () => {
    const pidFile = join(cwd, 'pids');
    const adapter = ['--adapter', `${SCRIPTED} none '${pidFile}'`];
    const running = start(['run', ...adapter, '--impl', 'mutant:P001', '--runs', '1000', '--budget', '100000']);
    await vi.waitUntil(() => existsSync(pidFile), { timeout: 20_000, interval: 20 });
    running.interrupt();
    const { code, stderr } = await running.ended;
    expect(stderr).toContain('Interrupted: finishing');
    expect(stderr).toContain('The campaign ended early: it was interrupted');
    expect(code).toBe(2);
    expect(readRun(output('run.jsonl')).ended).toBe('interrupted');
    expect(output('report.md')).toContain('ended early: it was interrupted');
    expect(alive(readFileSync(pidFile, 'utf8').trim().split('\n').map(Number))).toEqual([]);
    expect(isGroupAlive(running.pid)).toBe(false);
  });
});

describe('smoke', () => {
  test('checks an adapter that obeys one by one', async () => {
    const { code, stdout } = await crossloop('smoke', '--adapter', SCRIPTED);
    expect(stdout).toMatch(/\n(\d+) of \1 checks passed\n$/);
    expect(stdout).toContain('ok   ready: nothing 1 on Node');
    expect(stdout).not.toContain('FAIL');
    expect(code).toBe(0);
  });

  test('names what an adapter does wrong with a remedy, and lets no control character of it through', async () => {
    const { code, stdout } = await crossloop('smoke', '--adapter', `printf '\\033[2J\\342\\200\\256hello\\n'; cat`);
    expect(stdout).toMatch(/FAIL ready: the adapter wrote a line that is no message.*hello/);
    expect(stdout).toContain('redirect stdout to stderr');
    expect(stdout).not.toMatch(CONTROL);
    expect(code).toBe(6);
  });
});
