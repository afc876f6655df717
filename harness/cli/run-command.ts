import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { styleText } from 'node:util';
import { casePath } from '../../reports/counterexample.ts';
import { writeRun } from '../../reports/jsonl.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { type Style, terminalReport } from '../../reports/terminal.ts';
import type { Measured, RunResult } from '../../spec/result.ts';
import { type Progress, runCampaign } from '../campaign.ts';
import { readCases, readExplorationPrograms } from '../cases.ts';
import { type ExitCode, exitCodeOf, UsageError } from './exit-code.ts';
import { type Chosen, chosenImplementations } from './implementations.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { selectRequirements } from './selection.ts';
import { type Describe, LiveStatus } from './status.ts';

export type RunOptions = Chosen & {
  readonly profile: keyof typeof PROFILES;
  readonly runs?: number;
  readonly time?: number;
  readonly seed?: string;
  readonly requirement: string;
  readonly level: string;
  readonly basis?: string;
  readonly budget?: number;
  readonly workers?: number;
  readonly printCommand?: boolean;
  readonly reporter?: readonly string[];
  readonly json?: boolean;
  readonly color: boolean;
};

/** Programs, and executions of each: of virtual threads, and of a real process. */
export const PROFILES: {
  readonly [name in 'dev' | 'ci' | 'nightly']: {
    readonly programs: number;
    readonly simulated: number;
    readonly process: number;
  };
} = {
  dev: { programs: 100, simulated: 300, process: 5 },
  ci: { programs: 100, simulated: 2000, process: 20 },
  nightly: { programs: 1000, simulated: 100_000, process: 200 },
};

const OUTPUT = join('reports', 'out');
const DEFAULT_REPORTERS: readonly string[] = ['terminal', 'jsonl', 'markdown'];
const FILES: { readonly [reporter: string]: string } = { jsonl: 'run.jsonl', markdown: 'report.md' };
/** One core is left to real threads and to this process: measured, one more worker than that makes a run slower. */
const DEFAULT_WORKERS = Math.max(1, availableParallelism() - 1);

type Reporter = { readonly name: string; readonly file: string | undefined };

/** `name` or `name:file`. */
function parseReporters(given: readonly string[] | undefined): readonly Reporter[] {
  return (given ?? DEFAULT_REPORTERS).map((text) => {
    const [name, ...rest] = text.split(':');
    if (!DEFAULT_REPORTERS.includes(name!)) {
      throw new UsageError(`--reporter ${text}: "${name}" is unknown; known are ${DEFAULT_REPORTERS.join(', ')}`);
    }
    if (rest.length > 0 && rest.join(':') === '') throw new UsageError(`--reporter ${text}: name a file behind ":"`);
    const file =
      rest.length > 0 ? rest.join(':') : FILES[name!] === undefined ? undefined : join(OUTPUT, FILES[name!]!);
    return { name: name!, file };
  });
}

function save(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}; choose another with --reporter`);
  }
}

function styleFor(isColoured: boolean): Style {
  return isColoured ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
}

/** What a person reads goes to stdout on a terminal, to stderr when stdout is piped or holds `--json`. */
function report(run: RunResult, measured: Measured, options: RunOptions, reporters: readonly Reporter[]): void {
  const stream = process.stdout.isTTY && !options.json ? process.stdout : process.stderr;
  const isColoured =
    options.color &&
    (stream.isTTY === true || process.env['FORCE_COLOR'] !== undefined) &&
    process.env['NO_COLOR'] === undefined;
  const written = reporters.flatMap(({ file }) => (file === undefined ? [] : [file]));
  if (written.length > 0 && reporters.some(({ name, file }) => name === 'terminal' && file === undefined))
    stream.write(`Reports: ${[...written, join(OUTPUT, 'measured.json')].join(', ')}\n\n`);
  for (const { name, file } of reporters) {
    if (name === 'terminal') {
      const text = terminalReport(run, measured, styleFor(isColoured && file === undefined));
      if (file === undefined) stream.write(`${text}`);
      else save(file, text);
    } else save(file!, name === 'jsonl' ? writeRun(run) : markdownReport(run));
  }
  save(join(OUTPUT, 'measured.json'), `${JSON.stringify(measured, null, 2)}\n`);
  for (const counterexample of run.implementations.flatMap(({ counterexamples }) => counterexamples)) {
    save(
      join(OUTPUT, casePath(counterexample.requirement, counterexample.hash)),
      `${JSON.stringify(counterexample)}\n`,
    );
  }
  if (options.json) process.stdout.write(writeRun(run));
}

/** The line of an implementation's campaign. */
export function describeProgress({
  implementation,
  done,
  planned,
  executions,
  violations,
  program,
}: Progress): Describe {
  const found = violations === 0 ? '' : `, ${violations} violations so far`;
  return (seconds) =>
    `${implementation}: ${done} of ${planned} programs, ${executions} executions${found} (${seconds} s) ${program}`;
}

/** `crossloop run`: judges, reports, and answers with the exit code. */
export async function runCommand(options: RunOptions): Promise<ExitCode> {
  const { selection, requirements } = selectRequirements({ ...options, basis: options.basis });
  const reporters = parseReporters(options.reporter);
  const implementations = chosenImplementations(options, (text) => process.stderr.write(`${text}\n`));
  if (options.printCommand) {
    for (const implementation of implementations) {
      if (implementation.kind === 'process') process.stdout.write(`${implementation.command}\n`);
    }
    return 0;
  }
  const profile = PROFILES[options.profile];
  const status = new LiveStatus(process.stderr);
  const { result, measured } = await runCampaign({
    seed: options.seed ?? randomBytes(6).toString('hex'),
    profile: options.profile,
    programs: options.runs ?? profile.programs,
    budget: { simulated: options.budget ?? profile.simulated, process: options.budget ?? profile.process },
    timeMs: options.time,
    selection,
    requirements,
    cases: readCases(),
    explorations: readExplorationPrograms(),
    implementations,
    workers: options.workers ?? DEFAULT_WORKERS,
    onProgress: (progress) => status.update(progress.implementation, describeProgress(progress)),
    signal: abortOnInterrupt(status),
  });
  status.clear();
  report(result, measured, options, reporters);
  return exitCodeOf(result);
}
