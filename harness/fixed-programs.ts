import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../spec/program.ts';
import type { FixedPrograms } from './campaign-plan.ts';
import { packageRoot } from './package-root.ts';

function readPrograms(folder: string): readonly Program[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Program);
}

/** The committed programs of the suite, in the order of their file names. */
export function readFixedPrograms(): FixedPrograms {
  const cases = join(packageRoot(), 'impl', 'cases');
  return { cases: readPrograms(join(cases, 'programs')), scenarios: readPrograms(join(cases, 'scenarios')) };
}
