import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invariant } from '../spec/assert-never.ts';

/** The folder of crossloop's own package.json, from sources and from a build alike. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    invariant(dirname(folder) !== folder, 'no package.json above the program');
    folder = dirname(folder);
  }
  return folder;
}
