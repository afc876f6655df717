import type { CatalogueRow, ImplementationResult, RequirementResult, RunResult } from '../spec/result.ts';

/** How a requirement counts for a person and for the gate. */
export type Standing =
  | 'upheld'
  | 'violated'
  | 'known'
  | 'inconclusive'
  | 'error'
  | 'unexercised'
  | 'unsupported'
  /** A violation of a level that the gate does not ask for: reported, not counted as failed. */
  | 'noted';

function standingOf(result: RequirementResult, row: CatalogueRow, levels: readonly string[]): Standing {
  if (result.verdict.kind !== 'violated') return result.verdict.kind;
  if (result.known !== undefined) return 'known';
  return levels.includes(row.level) ? 'violated' : 'noted';
}

export type Judged = { readonly row: CatalogueRow; readonly result: RequirementResult; readonly standing: Standing };

/** The requirements of one implementation, in catalogue order. */
export function judgedOf(run: RunResult, implementation: ImplementationResult): readonly Judged[] {
  const results = new Map(implementation.requirements.map((result) => [result.requirement, result]));
  return run.catalogue.flatMap((row) => {
    const result = results.get(row.id);
    return result === undefined ? [] : [{ row, result, standing: standingOf(result, row, run.selection.levels) }];
  });
}

export type Tally = { readonly [standing in Standing]: number };

export function tallyOf(judged: readonly Judged[]): Tally {
  const tally = {
    upheld: 0,
    violated: 0,
    known: 0,
    inconclusive: 0,
    error: 0,
    unexercised: 0,
    unsupported: 0,
    noted: 0,
  };
  for (const { standing } of judged) tally[standing]++;
  return tally;
}

/** Over all implementations. */
function runTally(run: RunResult): Tally {
  return tallyOf(run.implementations.flatMap((implementation) => judgedOf(run, implementation)));
}

/** `Conformance: 134 passed, 0 failed, 12 skipped`. An error of an adapter is a failure: nothing was shown. */
export function closingLine(run: RunResult): string {
  const { upheld, violated, error, known, inconclusive, unexercised, unsupported, noted } = runTally(run);
  const skipped = known + inconclusive + unexercised + unsupported + noted;
  return `Conformance: ${upheld} passed, ${violated + error} failed, ${skipped} skipped`;
}

/** What "skipped" hides, spelled out; empty when nothing was skipped. */
export function skippedInWords(run: RunResult): string {
  const { known, inconclusive, unexercised, unsupported, noted } = runTally(run);
  const parts: readonly (readonly [number, string])[] = [
    [known, 'violated as listed deviations of their implementation say'],
    [noted, 'violated, of a level that does not count here'],
    [inconclusive, 'inconclusive'],
    [unexercised, 'unexercised'],
    [unsupported, 'unsupported by what the implementation declares'],
  ];
  const said = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return said.length === 0 ? '' : `Skipped: ${said.join(', ')}.`;
}
