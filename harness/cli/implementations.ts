import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { MUTANTS } from '../../impl/mutants/mutants.ts';
import { PARAMETERS } from '../../spec/capability.ts';
import type { Json } from '../../spec/program.ts';
import type { Implementation } from '../drive/implementation.ts';
import { STRATEGIES, type StrategyName } from '../explore/strategies.ts';
import { packageRoot } from '../package-root.ts';
import { UsageError } from './exit-code.ts';

/** The options of `run`, `replay` and `smoke` that say what is judged. */
export type Chosen = {
  readonly impl?: readonly string[];
  readonly adapter?: readonly string[];
  readonly loop?: string;
  readonly python?: string;
  readonly set?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  /** How schedules of virtual threads are chosen. */
  readonly strategy?: string;
};

/** Names that `--impl` takes. */
function implementationNames(): readonly string[] {
  return ['reference', 'asyncio', ...MUTANTS.map(({ id }) => `mutant:${id}`)];
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The Python to use, or undefined: `--python`, `CROSSLOOP_PYTHON`, or `python3` on the path. */
function findPython(given: string | undefined): string | undefined {
  const python = given ?? process.env['CROSSLOOP_PYTHON'] ?? 'python3';
  const answer = spawnSync(python, ['-c', 'import sys; print(sys.version_info >= (3, 8))'], { encoding: 'utf8' });
  const isGood = answer.status === 0 && answer.stdout.trim() === 'True';
  if (!isGood && (given ?? process.env['CROSSLOOP_PYTHON']) !== undefined) {
    throw new UsageError(`--python ${python}: not a Python 3.8 or newer; give the path of an interpreter`);
  }
  return isGood ? python : undefined;
}

function pairs(given: readonly string[] | undefined, flag: string): { [name: string]: string } {
  const parsed: { [name: string]: string } = {};
  for (const text of given ?? []) {
    const at = text.indexOf('=');
    if (at <= 0) throw new UsageError(`${flag} ${text}: write NAME=VALUE`);
    parsed[text.slice(0, at)] = text.slice(at + 1);
  }
  return parsed;
}

function parameters(given: readonly string[] | undefined): { [name: string]: Json } {
  const entries = Object.entries(pairs(given, '--set')).map(([name, text]): readonly [string, Json] => {
    if (!(name in PARAMETERS)) {
      throw new UsageError(`--set ${name}=${text}: no such parameter; known are ${Object.keys(PARAMETERS).join(', ')}`);
    }
    try {
      return [name, JSON.parse(text) as Json];
    } catch {
      return [name, text];
    }
  });
  return Object.fromEntries(entries);
}

function timeScale(): number {
  const text = process.env['CROSSLOOP_TIME_SCALE'];
  const scale = text === undefined ? 1 : Number(text);
  if (!(scale > 0)) throw new UsageError(`CROSSLOOP_TIME_SCALE=${text}: give a number above 0`);
  return scale;
}

function processImplementation(
  key: string,
  command: string,
  options: readonly string[],
  chosen: Chosen,
): Implementation {
  return {
    kind: 'process',
    key,
    command,
    options,
    env: pairs(chosen.env, '--env'),
    set: parameters(chosen.set),
    timeScale: timeScale(),
    ...(chosen.cwd === undefined ? {} : { cwd: chosen.cwd }),
  };
}

function asyncioImplementation(python: string, chosen: Chosen): Implementation {
  const adapter = join(packageRoot(), 'impl', 'adapters', 'python', 'asyncio_adapter.py');
  const loop = chosen.loop === undefined ? [] : ['--loop', chosen.loop];
  const command = [python, adapter, ...loop].map(quoted).join(' ');
  const options = ['--impl', 'asyncio', ...loop, ...(chosen.python === undefined ? [] : ['--python', chosen.python])];
  return processImplementation(chosen.loop ?? 'asyncio', command, options, chosen);
}

function strategyOf({ strategy = 'portfolio' }: Chosen): StrategyName {
  const known = STRATEGIES.find((name) => name === strategy);
  if (known === undefined) throw new UsageError(`--strategy ${strategy}: unknown; known are ${STRATEGIES.join(', ')}`);
  return known;
}

function namedImplementation(name: string, chosen: Chosen): Implementation {
  if (name === 'asyncio') {
    const python = findPython(chosen.python);
    if (python === undefined) throw new UsageError('--impl asyncio: no python3 on the path; give --python PATH');
    return asyncioImplementation(python, chosen);
  }
  if (implementationNames().includes(name)) {
    return { kind: 'simulated', key: name, options: ['--impl', name], strategy: strategyOf(chosen) };
  }
  throw new UsageError(`--impl ${name}: unknown; known are ${implementationNames().join(', ')}`);
}

/**
 * What the person chose. Without a choice: the reference, and asyncio where a Python is found; `note` hears that none
 * was. Throws UsageError.
 */
export function chosenImplementations(chosen: Chosen, note: (text: string) => void): readonly Implementation[] {
  const adapters = (chosen.adapter ?? []).map((command, at) => {
    const key = at === 0 ? 'adapter' : `adapter-${at + 1}`;
    return processImplementation(key, command, ['--adapter', command], chosen);
  });
  const names = chosen.impl ?? (chosen.loop === undefined ? [] : ['asyncio']);
  if (names.length + adapters.length > 0) {
    return [...new Set(names)].map((name) => namedImplementation(name, chosen)).concat(adapters);
  }
  const python = findPython(chosen.python);
  if (python === undefined)
    note('No Python 3.8 or newer was found: judging the reference alone. Give --python PATH to judge asyncio.');
  const reference = namedImplementation('reference', chosen);
  return python === undefined ? [reference] : [reference, asyncioImplementation(python, chosen)];
}
