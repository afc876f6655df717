import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../spec/program.ts';
import { packageRoot } from './package-root.ts';

function readPrograms(folder: string): readonly Program[] {
  const path = join(packageRoot(), 'impl', 'cases', folder);
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')) as Program);
}

/** The committed regression programs, run first in every campaign, in the order of their file names. */
export function readCases(): readonly Program[] {
  return readPrograms('programs');
}

/** Programs small enough to be searched exhaustively: the races that a loop and its callers come down to. */
export function readExplorationPrograms(): readonly Program[] {
  return readPrograms('exploration');
}
