import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../spec/catalogue.ts';
import type { Program } from '../spec/program.ts';
import { programSchema } from '../spec/program-schema.ts';
import type { Requirement } from '../spec/requirement.ts';
import type { Counterexample } from '../spec/result.ts';
import { readCases, readExplorationPrograms } from './cases.ts';
import type { Driver, How, Trial } from './drive/driver.ts';
import { parseToken, programHash } from './shrink/token.ts';
import { violationOf } from './signature.ts';

/** What to perform again: a program, how, and the requirement in question (a bare token does not name one). */
export type ReplayCase = { readonly program: Program; readonly how: How; readonly requirement: string | undefined };

/** A violation as a report shows it. */
type Seen = Pick<Counterexample, 'requirement' | 'history' | 'witness' | 'explanation' | 'switches' | 'stacks'> & {
  readonly reproduction: { readonly kind: How['kind'] };
};

export type ReplayResult = {
  readonly outcome: 'violated' | 'upheld' | 'cannot-tell';
  readonly shown: number;
  readonly repeats: number;
  readonly message: string;
  /** The first violation that showed. */
  readonly seen?: Seen;
};

function howOf({ reproduction }: Counterexample): How {
  if (reproduction.kind === 'schedule') {
    const { clock, spurious = false, deviations } = reproduction;
    return { kind: 'schedule', clock, spurious, deviations };
  }
  const { seed, noise, switchIntervalUs } = reproduction;
  return { kind: 'perturbation', seed, noise, switchIntervalUs, fresh: true };
}

function readCase(path: string): Counterexample | string {
  try {
    const read = JSON.parse(readFileSync(path, 'utf8')) as Counterexample;
    if (read.kind !== 'counterexample' || read.format !== 1) return `${path} is no case file of format 1`;
    if (!programSchema.safeParse(read.program).success) return `${path} holds no program of format 1`;
    const kind: string | undefined = read.reproduction?.kind;
    if (kind !== 'schedule' && kind !== 'perturbation') return `${path} does not say how to perform its program`;
    return read;
  } catch (error) {
    return `${path} cannot be read: ${(error as Error).message}`;
  }
}

/**
 * Finds what `replay` is asked for: a case file by its path, or a token, whose program is looked for by its hash in the
 * case files of the folders, among the requirements' programs and the committed cases. A string says why it was not found.
 */
export function findCase(subject: string, folders: readonly string[]): ReplayCase | string {
  const token = parseToken(subject);
  if (token === undefined) {
    if (!existsSync(subject)) return `"${subject}" is neither a token (xl1.…) nor a case file`;
    const read = readCase(subject);
    return typeof read === 'string' ? read : { program: read.program, how: howOf(read), requirement: read.requirement };
  }
  const { clock, spurious, deviations } = token;
  const how: How = { kind: 'schedule', clock, spurious, deviations };
  for (const folder of folders.filter((path) => existsSync(path))) {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const read = readCase(join(folder, name));
      if (typeof read !== 'string' && read.hash === token.hash) {
        return { program: read.program, how, requirement: read.requirement };
      }
    }
  }
  const named = [...CATALOGUE.map(({ program }) => program), ...readCases(), ...readExplorationPrograms()];
  const program = named.find((candidate) => programHash(candidate) === token.hash);
  if (program !== undefined) return { program, how, requirement: undefined };
  return `no program with the hash ${token.hash} among the named programs and in ${folders.join(', ')}: give its case file, or its folder with --cases`;
}

/**
 * Performs a case `repeat` times. A schedule gives the same each time; it is strict unless `lenient`, and says so when
 * program and implementation no longer fit it. A perturbation is tried in fresh processes and gives a rate.
 */
export async function replayCase(
  { program, how, requirement }: ReplayCase,
  driver: Driver,
  options: { readonly repeat: number; readonly lenient: boolean; readonly requirements: readonly Requirement[] },
): Promise<ReplayResult> {
  const asked = options.requirements.filter(({ id }) => requirement === undefined || id === requirement);
  const trial: Trial = { kind: 'replay', how, lenient: options.lenient };
  let shown = 0;
  let repeats = 0;
  let seen: Seen | undefined;
  for (; repeats < options.repeat; repeats++) {
    const observation = await driver.perform(program, trial);
    if (observation.kind === 'diverged')
      return { outcome: 'cannot-tell', shown, repeats, message: observation.message };
    if (observation.kind === 'fault')
      return { outcome: 'cannot-tell', shown, repeats, message: observation.fault.message };
    const violated = asked.find((candidate) => violationOf(observation.history, candidate) !== undefined);
    if (violated === undefined) continue;
    shown++;
    const { events, explanation } = violationOf(observation.history, violated)!;
    seen ??= {
      requirement: violated.id,
      history: observation.history,
      witness: events.map(({ seq }) => seq),
      explanation,
      switches: observation.switches ?? [],
      stacks: observation.stacks ?? [],
      reproduction: { kind: how.kind },
    };
  }
  const outcome = shown > 0 ? 'violated' : 'upheld';
  const message = `${shown} of ${repeats}`;
  return { outcome, shown, repeats, message, ...(seen === undefined ? {} : { seen }) };
}
