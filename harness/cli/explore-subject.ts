import { existsSync, readFileSync } from 'node:fs';
import { CATALOGUE } from '../../spec/catalogue.ts';
import type { Program } from '../../spec/program.ts';
import { programSchema } from '../../spec/program-schema.ts';
import { programProblems } from '../../spec/well-formed.ts';
import { readCases, readExplorationPrograms } from '../cases.ts';
import { findFreeProgram, freeProgramNames } from '../explore/programs/catalogue.ts';
import { UsageError } from './exit-code.ts';

export type ExploreSubject =
  | { readonly kind: 'free'; readonly name: string }
  | { readonly kind: 'program'; readonly program: Program };

function readProgram(path: string): Program {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  // A case file holds the program that it is about.
  const parsed = programSchema.safeParse((read as { program?: unknown }).program ?? read);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`${path} is no program of format 1: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const [problem] = programProblems(parsed.data);
  if (problem !== undefined) throw new UsageError(`${path}: ${problem.path}: ${problem.message}`);
  return parsed.data;
}

/** Names of Programs: those for exploring, committed cases, and requirements, which name their own program. */
function namedPrograms(): ReadonlyMap<string, Program> {
  const committed = [...readExplorationPrograms(), ...readCases()].map((program) => [program.name, program] as const);
  return new Map([...committed, ...CATALOGUE.map(({ id, program }) => [id, program] as const)]);
}

/** What `explore` is asked for: a name, or the path of a Program or a case file. Throws UsageError. */
export function findSubject(text: string): ExploreSubject {
  if (findFreeProgram(text) !== undefined) return { kind: 'free', name: text };
  const program = namedPrograms().get(text);
  if (program !== undefined) return { kind: 'program', program };
  if (existsSync(text)) return { kind: 'program', program: readProgram(text) };
  const names = [...freeProgramNames(), ...readExplorationPrograms().map(({ name }) => name)];
  throw new UsageError(
    `"${text}" is neither a file nor a name; names are ${names.join(', ')}, those of committed cases, and ids of requirements`,
  );
}
