import { CATALOGUE } from '../../spec/catalogue.ts';
import type { Basis, Level, Requirement } from '../../spec/requirement.ts';
import type { Selection } from '../../spec/result.ts';
import { UsageError } from './exit-code.ts';

const LEVELS: readonly Level[] = ['MUST', 'SHOULD', 'MAY'];
const BASES: readonly Basis[] = ['doc', 'pep', 'impl', 'ours'];

function listed<T extends string>(text: string, known: readonly T[], flag: string): readonly T[] {
  return text.split(',').map((word) => {
    const found = known.find((value) => value.toLowerCase() === word.trim().toLowerCase());
    if (found === undefined)
      throw new UsageError(`${flag} ${text}: "${word}" is unknown; known are ${known.join(', ').toLowerCase()}`);
    return found;
  });
}

/** A pattern of ids in which `*` stands for anything. */
function matcher(glob: string): (id: string) => boolean {
  const pattern = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${pattern.join('.*')}$`, 'i');
  return (id) => expression.test(id);
}

/** Levels count for the exit code, bases and the pattern say what is judged at all. Throws UsageError. */
export function selectRequirements(options: {
  readonly requirement: string;
  readonly level: string;
  readonly basis: string | undefined;
}): { readonly selection: Selection; readonly requirements: readonly Requirement[] } {
  const levels = listed(options.level, LEVELS, '--level');
  const bases = options.basis === undefined ? BASES : listed(options.basis, BASES, '--basis');
  const matches = matcher(options.requirement);
  const requirements = CATALOGUE.filter(({ id, basis }) => matches(id) && bases.includes(basis));
  if (requirements.length === 0)
    throw new UsageError(
      `--requirement ${options.requirement}: matches none${options.basis === undefined ? '' : ` of --basis ${options.basis}`}; see "crossloop list"`,
    );
  return { selection: { levels, bases, requirement: options.requirement }, requirements };
}
