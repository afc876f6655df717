import { columnTable } from '../../reports/columns.ts';
import { CATALOGUE } from '../../spec/catalogue.ts';
import { parseHistory } from '../../spec/notation.ts';
import type { Requirement } from '../../spec/requirement.ts';
import { violationOf } from '../signature.ts';
import { EXIT, type ExitCode, UsageError } from './exit-code.ts';

/** `crossloop list`: the catalogue, a line a requirement. */
export function listCommand({ json }: { readonly json?: boolean }): ExitCode {
  for (const { id, level, scenario, area, basis, statement } of CATALOGUE) {
    const line = json
      ? JSON.stringify({ id, level, scenario, area, basis, statement })
      : `${id.padEnd(9)} ${level.padEnd(6)} ${scenario.padEnd(8)} ${basis.padEnd(4)} ${statement}`;
    process.stdout.write(`${line}\n`);
  }
  return EXIT.conforms;
}

/** Ids are no longer than this, so that a longer text costs nothing more. */
const TYPED_MAX = 16;

/** Letters to insert, delete or replace until `from` is `to`. O(product of the lengths). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1]! + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

/** The ids that take the fewest changes from what was typed. */
function nearest(id: string): readonly string[] {
  const wanted = id.toUpperCase().slice(0, TYPED_MAX);
  const distances = new Map(CATALOGUE.map((requirement) => [requirement.id, editDistance(wanted, requirement.id)]));
  return [...distances.keys()].sort((a, b) => distances.get(a)! - distances.get(b)!).slice(0, 3);
}

function exampleLines(requirement: Requirement): readonly string[] {
  const { upholds, violates, unexercised, noFalseAlarm } = requirement.examples;
  const [first] = violates;
  const history = parseHistory(first);
  const violation = violationOf(history, requirement);
  const table = columnTable({
    history,
    witness: violation?.events.map(({ seq }) => seq) ?? [],
    switches: [],
    // The notation lets a microsecond pass between any two events: only longer pauses mean something.
    reproduction: { kind: 'perturbation' },
  });
  return [
    'Upholds it:',
    ...upholds.map((text) => `  ${text}`),
    'Violates it:',
    ...violates.map((text) => `  ${text}`),
    'The first of these as a table:',
    ...table,
    `      ${violation?.explanation ?? ''}`,
    'Does not exercise it:',
    ...unexercised.map((text) => `  ${text}`),
    ...(noFalseAlarm === undefined
      ? []
      : ['Is correct, though a hasty judge might think otherwise:', ...noFalseAlarm.map((text) => `  ${text}`)]),
  ];
}

/** `crossloop explain ID`. */
export function explainCommand(id: string): ExitCode {
  const requirement = CATALOGUE.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  if (requirement === undefined)
    throw new UsageError(`"${id}" is no requirement; did you mean ${nearest(id).join(', ')}? See "crossloop list"`);
  const { level, scenario, area, basis, statement, source, evidence, hint, needs, voidedBy, deviations } = requirement;
  const lines = [
    `${requirement.id}  ${level}, scenario ${scenario}, ${area}, basis ${basis}`,
    '',
    statement,
    '',
    `Source:      ${source}`,
    `Evidence:    ${evidence}`,
    `Look at:     ${hint}`,
    `Needs:       ${needs.length === 0 ? 'nothing beyond its profile' : needs.join(', ')}`,
    ...(voidedBy.length === 0 ? [] : [`Void with:   ${voidedBy.join(', ')}`]),
    ...deviations.map(
      ({ where, signature }) => `Deviation:   ${where.name} ${where.from ?? ''}-${where.to ?? ''}: ${signature}`,
    ),
    '',
    ...exampleLines(requirement),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.conforms;
}
