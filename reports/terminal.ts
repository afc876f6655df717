import type { ImplementationResult, Measured, RunResult } from '../spec/result.ts';
import { counterexampleLines } from './counterexample.ts';
import { programFaults, whereStruck } from './faults.ts';
import { count, padTo, plain } from './text.ts';
import { closingLine, type Judged, judgedOf, type Standing, skippedInWords, tallyOf } from './verdicts.ts';

/** Counterexamples printed in full; the others are in the Markdown report and as case files. */
const COUNTEREXAMPLES_MAX = 5;

/** Why a campaign ended early, in words. */
export const ENDED: { readonly [ended in RunResult['ended']]: string } = {
  complete: 'it did not',
  time: 'its time was over',
  interrupted: 'it was interrupted',
  hangs: 'too many programs hung on a promise that was not kept; what comes behind them was not tried',
};

export type Style = (format: 'bold' | 'red' | 'green' | 'yellow' | 'dim', text: string) => string;

const AREAS: readonly (readonly [scenario: string, title: string])[] = [
  ['A', 'A  on the loop'],
  ['B', 'B  loop to thread'],
  ['C', 'C  thread to loop'],
  ['shutdown', 'shutdown'],
];
const STANDINGS: readonly Standing[] = [
  'upheld',
  'violated',
  'known',
  'noted',
  'inconclusive',
  'error',
  'unexercised',
  'unsupported',
];

/** Share of the histories of INBOUND programs in which submissions of two threads overlapped, and what they measure. */
export function reach({ programs }: ImplementationResult): string {
  const inbound = programs.filter(
    ({ program, origin }) => origin === 'generated' && program.name.startsWith('inbound'),
  );
  const across = programs.filter(
    ({ program, origin }) => origin === 'generated' && /^(inbound|offload)/.test(program.name),
  );
  if (across.length === 0) return 'no generated INBOUND or OFFLOAD program';
  const executions = inbound.reduce((sum, program) => sum + program.executions, 0);
  const overlapped = inbound.reduce((sum, program) => sum + program.overlapped, 0);
  const medians = across.map(({ events }) => events.median).sort((a, b) => a - b);
  const share = executions === 0 ? '–' : `${Math.round((overlapped / executions) * 100)} %`;
  const actors = Math.min(...across.map((program) => program.actors));
  return `generated INBOUND and OFFLOAD programs: at least ${actors} actors, median ${medians[medians.length >> 1]} events; submissions of two threads overlap in ${share} of the INBOUND histories`;
}

function duration(ns: number | null): string {
  if (ns === null) return 'infinite';
  return ns >= 1_000_000 ? `${ns / 1_000_000} ms` : ns === 0 ? '0' : `${ns / 1000} us`;
}

function headLines(
  implementation: ImplementationResult,
  measured: Measured | undefined,
  style: Style,
): readonly string[] {
  const { info, programs, bounds } = implementation;
  if (programs.length === 0 && implementation.fault !== undefined) {
    const options = info.options.map((option) => (option.includes(' ') ? `'${option}'` : option)).join(' ');
    return [style('bold', `${plain(info.key)}: ${plain(options)}`), ...faultLines(implementation, style)];
  }
  const times = measured?.implementations[info.key];
  const executions = programs.reduce((sum, program) => sum + program.executions, 0);
  const histories = programs.reduce((sum, program) => sum + program.histories, 0);
  const exhausted = programs.filter(({ certificates }) => certificates.length > 0).length;
  const rate = times === undefined ? '' : `, ${count(times.executionsPerSecond)} a second`;
  return [
    style(
      'bold',
      `${plain(info.key)}: ${plain(info.name)} ${plain(info.version)} on ${plain(info.runtime.name)} ${plain(info.runtime.version)}`,
    ),
    `  ${programs.length} programs, ${count(executions)} executions${rate}, ${count(histories)} distinct histories judged`,
    ...(exhausted === 0 ? [] : [`  ${exhausted} programs searched exhaustively: certificates in report.md`]),
    `  ${reach(implementation)}`,
    `  bounds: late after ${duration(bounds.B)}, early by at most ${duration(bounds.G)}`,
    ...(times?.notes ?? []).map((note) => `  note: ${plain(note)}`),
    ...(implementation.fault === undefined ? [] : faultLines(implementation, style)),
    ...programFaultLines(implementation, style),
  ];
}

function programFaultLines(implementation: ImplementationResult, style: Style): readonly string[] {
  const { kinds, more } = programFaults(implementation);
  return [
    ...kinds.flatMap((kind) => [
      style(
        'red',
        `  ${kind.fault.party} failed (${kind.fault.code}) ${plain(whereStruck(kind))}: ${plain(kind.fault.message)}`,
      ),
      `  ${plain(kind.fault.hint)}`,
    ]),
    ...(more === 0 ? [] : [`  ${more} more kinds of failure are in run.jsonl.`]),
  ];
}

function faultLines({ fault }: ImplementationResult, style: Style): readonly string[] {
  if (fault === undefined) return [];
  const tail = (fault.stderr ?? '')
    .trimEnd()
    .split('\n')
    .slice(-8)
    .filter((line) => line !== '');
  return [
    style('red', `  ${fault.party} failed (${fault.code}): ${plain(fault.message)}`),
    `  ${plain(fault.hint)}`,
    ...tail.map((line) => `  stderr: ${plain(line)}`),
  ];
}

function tableLines(judged: readonly Judged[]): readonly string[] {
  const used = STANDINGS.filter((standing) => judged.some((one) => one.standing === standing));
  const lines = [`  ${padTo('', 20)}${used.map((standing) => standing.padStart(13)).join('')}`];
  for (const [scenario, title] of AREAS) {
    const tally = tallyOf(judged.filter(({ row }) => row.scenario === scenario));
    lines.push(`  ${padTo(title, 20)}${used.map((standing) => String(tally[standing]).padStart(13)).join('')}`);
  }
  return lines;
}

/** What a person must see, the worst first. */
const NOT_UPHELD: readonly Standing[] = ['violated', 'error', 'noted', 'inconclusive', 'unexercised', 'known'];

function notUpheldLines(judged: readonly Judged[], style: Style): readonly string[] {
  const colours: { readonly [standing in Standing]?: 'red' | 'yellow' } = {
    violated: 'red',
    error: 'red',
    inconclusive: 'yellow',
    unexercised: 'yellow',
  };
  const rank = (standing: Standing) => NOT_UPHELD.indexOf(standing);
  return judged
    .filter(({ standing }) => rank(standing) >= 0)
    .sort((a, b) => rank(a.standing) - rank(b.standing))
    .map(({ row, result, standing }) => {
      const colour = colours[standing];
      const word = padTo(standing, 12);
      return `  ${colour === undefined ? word : style(colour, word)} ${padTo(row.id, 9)} ${padTo(row.level, 6)} ${plain(reasonOf(result))}`;
    });
}

function reasonOf({ verdict, known }: Judged['result']): string {
  if (known !== undefined) return `listed deviation: ${known}`;
  if (verdict.kind === 'violated') return verdict.violation.explanation;
  if (verdict.kind === 'inconclusive') return verdict.reason;
  return verdict.kind === 'error' ? verdict.fault.message : 'no program reached it';
}

/** The summary of a run as lines for a terminal. Pure; `style` paints, or gives the text back. */
export function terminalReport(run: RunResult, measured: Measured | undefined, style: Style): string {
  const lines: string[] = [`crossloop ${run.suite}, seed ${plain(run.seed)}, profile ${run.profile}`];
  const failures: string[] = [];
  for (const implementation of run.implementations) {
    const judged = judgedOf(run, implementation);
    lines.push(
      '',
      ...headLines(implementation, measured, style),
      ...tableLines(judged),
      ...notUpheldLines(judged, style),
    );
    for (const { program, reason } of implementation.inconclusive) {
      lines.push(
        style(
          'yellow',
          `  hung, and no requirement says why: ${plain(program)}, ${plain(reason)}; its program is in run.jsonl`,
        ),
      );
    }
    for (const counterexample of implementation.counterexamples) {
      const row = run.catalogue.find(({ id }) => id === counterexample.requirement);
      failures.push(['', ...counterexampleLines(counterexample, row, implementation.info)].join('\n'));
    }
  }
  lines.push(...failures.slice(0, COUNTEREXAMPLES_MAX));
  if (failures.length > COUNTEREXAMPLES_MAX)
    lines.push('', `${failures.length - COUNTEREXAMPLES_MAX} more counterexamples are in the Markdown report.`);
  if (run.ended !== 'complete') lines.push('', `The campaign ended early: ${ENDED[run.ended]}.`);
  const skipped = skippedInWords(run);
  if (skipped !== '') lines.push('', skipped);
  return `${lines.join('\n')}\n\n${closingLine(run)}\n`;
}
