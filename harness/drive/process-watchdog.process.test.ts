import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isGroupAlive } from './process-group.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = join(ROOT, 'harness/drive/fixtures/scripted-adapter.mjs');
const FOLDER = mkdtempSync(join(tmpdir(), 'crossloop-watchdog-'));

/** Performs a program that never ends, until somebody kills it. Says so once the adapter is up. */
const HOST = `
  import { openProcessDriver } from './harness/drive/process.js';
  const open = openProcessDriver({ command: process.argv[2], key: 'k', options: [], suite: '0' });
  const driver = await open();
  process.stdout.write('performing');
  const main = [{ op: 'newLoop' }, { op: 'close' }];
  const program = { format: 1, name: 'never', needs: [], gates: [], bodies: {}, main };
  await driver.perform(program, { kind: 'explore', index: 0, seed: 's' });
`;

/** The driver as a process of its own can load it, whether or not the project has been built. */
function transpile(folder: string): void {
  for (const name of readdirSync(join(ROOT, folder))) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, folder, name), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const file = join(FOLDER, folder, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText);
  }
}

beforeAll(() => {
  for (const folder of ['spec', 'harness', 'harness/drive']) transpile(folder);
  writeFileSync(join(FOLDER, 'package.json'), '{"type":"module"}');
  writeFileSync(join(FOLDER, 'host.js'), HOST);
  symlinkSync(join(ROOT, 'node_modules'), join(FOLDER, 'node_modules'));
});

afterAll(() => rmSync(FOLDER, { recursive: true }));

test.each([
  ['an adapter that ends with its input', 'none', 1],
  ['an adapter that ignores the end of its input', 'ignores-the-end', 1],
  ['an adapter that computes for ever', 'is-deaf-while-it-runs', 2],
  ['a grandchild that ignores signals', 'grandchild-and-never-ends', 2],
])('%s does not survive crossloop, also when it is killed', async (_, misbehaviour, lines) => {
  const pidFile = join(FOLDER, misbehaviour);
  const command = `exec '${process.execPath}' '${SCRIPT}' ${misbehaviour} '${pidFile}'`;
  const host = spawn(process.execPath, [join(FOLDER, 'host.js'), command], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => host.stdout.once('data', resolve));
  const pids = () => readFileSync(pidFile, 'utf8').trim().split('\n').map(Number);
  if (lines > 1) await expect.poll(pids).toHaveLength(lines);
  const [group] = pids();
  expect(isGroupAlive(group!)).toBe(true);
  host.kill('SIGKILL');
  await expect.poll(() => isGroupAlive(group!), { timeout: 5_000 }).toBe(false);
});
