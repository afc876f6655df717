import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SUITE_VERSION } from '../spec/suite.ts';
import { packageRoot } from './package-root.ts';

const root = packageRoot();
const LINES_MAX = 300;
const FOLDERS = ['spec', 'impl', 'harness', 'reports'];
const CODE = /\.(ts|py|mjs)$/;
/** Where a clock or chance is the point: real processes, what a person sees of a run, and measurements. */
const TIMED = /^(harness\/(drive|cli|bench)|impl\/adapters)\//;
const ENTRIES: ReadonlySet<string> = new Set([
  '.biome.json',
  '.ci',
  '.config',
  '.git',
  '.github',
  '.gitignore',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'dist',
  'harness',
  'impl',
  'node_modules',
  'package-lock.json',
  'package.json',
  'reports',
  'spec',
  'tsconfig.json',
]);

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && CODE.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
).filter((path) => !path.startsWith('reports/out/'));

const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

/** The files with one of these words. This file names them in pieces, or it would find itself. */
function having(...words: readonly string[]): readonly string[] {
  return files.filter((path) => words.some((word) => textOf(path).includes(word)));
}

describe('the sources', () => {
  test('are there to be looked at', () => expect(files.length).toBeGreaterThan(200));

  test(`have at most ${LINES_MAX} lines a file`, () => {
    const long = files.filter((path) => textOf(path).split('\n').length - 1 > LINES_MAX);
    expect(long).toEqual([]);
  });

  test('run all their tests', () => expect(having('.on' + 'ly(', '.sk' + 'ip(')).toEqual([]));

  test('ask no clock of the day and no chance but where those are the point', () => {
    expect(having('Date' + '.now', 'Math' + '.random').filter((path) => !TIMED.test(path))).toEqual([]);
  });

  test('leave nothing for later', () => expect(having('TO' + 'DO', 'FIX' + 'ME')).toEqual([]));
});

test('the suite says the version of its package', () => {
  expect(JSON.parse(textOf('package.json'))).toMatchObject({ version: SUITE_VERSION });
});

test('nothing lies at the top that does not belong there', () => {
  expect(readdirSync(root).filter((entry) => !ENTRIES.has(entry))).toEqual([]);
});
