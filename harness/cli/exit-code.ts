import type { Standing } from '../../reports/verdicts.ts';
import { judgedOf } from '../../reports/verdicts.ts';
import type { RunResult } from '../../spec/result.ts';

/** What a process says with its exit code: public, and tested. The first that applies wins, in this order. */
export const EXIT: {
  readonly crossloopFailed: 3;
  readonly usage: 4;
  readonly interrupted: 2;
  readonly violated: 1;
  readonly adapterFailed: 6;
  readonly nothingChecked: 5;
  readonly inconclusive: 7;
  readonly conforms: 0;
} = {
  crossloopFailed: 3,
  usage: 4,
  interrupted: 2,
  violated: 1,
  adapterFailed: 6,
  nothingChecked: 5,
  inconclusive: 7,
  conforms: 0,
};

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a campaign. */
export function exitCodeOf(run: RunResult): ExitCode {
  const judged = run.implementations.flatMap((implementation) => judgedOf(run, implementation));
  const faults = run.implementations.flatMap(({ fault, programs }) => [
    ...(fault === undefined ? [] : [fault]),
    ...programs.flatMap((program) => program.faults),
  ]);
  const errors = judged.flatMap(({ result }) => (result.verdict.kind === 'error' ? [result.verdict.fault] : []));
  const gated = (standings: readonly Standing[]) =>
    judged.some(({ standing, row }) => standings.includes(standing) && run.selection.levels.includes(row.level));
  if ([...faults, ...errors].some(({ party }) => party === 'crossloop')) return EXIT.crossloopFailed;
  if (run.ended === 'interrupted') return EXIT.interrupted;
  if (gated(['violated'])) return EXIT.violated;
  if (faults.length > 0 || errors.length > 0) return EXIT.adapterFailed;
  if (!judged.some(({ standing }) => standing !== 'unsupported' && standing !== 'unexercised'))
    return EXIT.nothingChecked;
  return gated(['inconclusive', 'unexercised']) ? EXIT.inconclusive : EXIT.conforms;
}

/** A mistake of the person: what, where, and what to do about it. Exits with 4. */
export class UsageError extends Error {}
