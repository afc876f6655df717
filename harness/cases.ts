import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../spec/program.ts';
import { packageRoot } from './package-root.ts';

/** The committed regression programs, run first in every campaign, in the order of their file names. */
export function readCases(): readonly Program[] {
  const folder = join(packageRoot(), 'impl', 'cases', 'programs');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Program);
}
