import type { ImplementationResult, RunResult } from '../spec/result.ts';
import { counterexampleLines } from './counterexample.ts';
import { programFaults, whereStruck } from './faults.ts';
import { ENDED, reach } from './terminal.ts';
import { cell, count, plain } from './text.ts';
import { closingLine, type Judged, judgedOf, skippedInWords } from './verdicts.ts';

function verdictInWords({ result, standing }: Judged): string {
  const { verdict, known } = result;
  if (known !== undefined) return `known: ${known}`;
  if (verdict.kind === 'violated') return verdict.violation.explanation;
  if (verdict.kind === 'inconclusive') return verdict.reason;
  if (verdict.kind === 'unsupported') return verdict.missing.join(', ');
  return verdict.kind === 'error' ? verdict.fault.message : standing === 'upheld' ? '' : 'no program reached it';
}

function evidenceOf({ verdict }: Judged['result']): string {
  return 'evidence' in verdict ? count(verdict.evidence) : '';
}

/** Lines as they are, behind a fence that none of them can close. */
function fenced(lines: readonly string[]): readonly string[] {
  const runs = lines.join('\n').match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map(({ length }) => length + 1)));
  return [`${fence}text`, ...lines, fence];
}

/** Failures of single programs, and histories that hung: not verdicts, and yet somebody has to look at them. */
function oddities(implementation: ImplementationResult): readonly string[] {
  const { kinds, more } = programFaults(implementation);
  const lines = [
    ...kinds.map(
      (kind) =>
        `- **${kind.fault.party} failed** ${cell(whereStruck(kind))}: ${cell(kind.fault.message)} ${cell(kind.fault.hint)}`,
    ),
    ...(more === 0 ? [] : [`- ${more} more kinds of failure are in run.jsonl.`]),
    ...implementation.inconclusive.map(
      ({ program, reason, pending }) =>
        `- **hung**, and no requirement says why: ${cell(program)}, ${cell(reason)}; not finished: ${cell(pending.join(', '))}`,
    ),
  ];
  return lines.length === 0 ? [] : [...lines, ''];
}

/** What was searched to its end, so that nothing of it is left to chance. */
function certificates({ programs }: ImplementationResult): readonly string[] {
  const searched = programs.filter((program) => program.certificates.length > 0);
  if (searched.length === 0) return [];
  return [
    '<details><summary>',
    `${searched.length} of ${programs.length} programs were searched exhaustively</summary>`,
    '',
    ...searched.flatMap(({ program, certificates: texts }) =>
      texts.map((text) => `- ${cell(program.name)}: ${cell(text)}`),
    ),
    '',
    '</details>',
    '',
  ];
}

function implementationSection(run: RunResult, implementation: ImplementationResult): readonly string[] {
  const { info, programs } = implementation;
  const executions = programs.reduce((sum, program) => sum + program.executions, 0);
  return [
    `## ${cell(info.key)}: ${cell(info.name)} ${cell(info.version)} on ${cell(info.runtime.name)} ${cell(info.runtime.version)}`,
    '',
    `${programs.length} programs, ${count(executions)} executions; ${reach(implementation)}.`,
    '',
    ...(implementation.fault === undefined
      ? []
      : [
          `**${implementation.fault.party} failed:** ${cell(implementation.fault.message)} ${cell(implementation.fault.hint)}`,
          '',
        ]),
    ...oddities(implementation),
    ...certificates(implementation),
    '| requirement | level | verdict | evidence | statement | what was seen |',
    '|---|---|---|--:|---|---|',
    ...judgedOf(run, implementation).map(
      (judged) =>
        `| ${judged.row.id} | ${judged.row.level} | ${judged.standing} | ${evidenceOf(judged.result)} | ${cell(judged.row.statement)} | ${cell(verdictInWords(judged))} |`,
    ),
    '',
    ...implementation.counterexamples.flatMap((counterexample) => {
      const row = run.catalogue.find(({ id }) => id === counterexample.requirement);
      return [`### ${counterexample.requirement}`, '', ...fenced(counterexampleLines(counterexample, row, info)), ''];
    }),
  ];
}

/** The run as Markdown: every requirement of every implementation, and every counterexample. No wall times. */
export function markdownReport(run: RunResult): string {
  return [
    `# Conformance, crossloop ${run.suite}`,
    '',
    `Seed \`${plain(run.seed)}\`, profile ${run.profile}, ${run.programs} generated programs; ${run.ended === 'complete' ? 'complete' : `ended early: ${ENDED[run.ended]}`}.`,
    '',
    ...run.implementations.flatMap((implementation) => implementationSection(run, implementation)),
    skippedInWords(run),
    '',
    closingLine(run),
    '',
  ].join('\n');
}
