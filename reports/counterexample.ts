import type { CatalogueRow, Counterexample, ImplementationInfo } from '../spec/result.ts';
import { columnTable, type Tabled } from './columns.ts';
import { criticalSwapLines } from './critical-swap.ts';
import { plain } from './text.ts';

/** A command that performs something again: a token, or a case file. */
function replayCommand(subject: string, info: ImplementationInfo): string {
  const options = info.options.map((option) =>
    /^[\w@%+=:,./-]+$/.test(option) ? option : `'${option.replaceAll("'", `'\\''`)}'`,
  );
  return ['npx crossloop replay', subject, ...options].join(' ');
}

function replayLines(
  { reproduction, requirement, hash, history, criticalSwap }: Counterexample,
  info: ImplementationInfo,
): readonly string[] {
  if (reproduction.kind === 'perturbation') {
    return [`Replay:    ${plain(`${replayCommand(`reports/out/${casePath(requirement, hash)}`, info)} --repeat 20`)}`];
  }
  const replay = `Replay:    ${plain(replayCommand(reproduction.token, info))}`;
  if (criticalSwap === undefined) return [replay];
  const command = replayCommand(criticalSwap.passing.token, info);
  return [replay, ...criticalSwapLines({ history, requirement, reproduction }, criticalSwap, command)];
}

/** Where a campaign stores the whole case, under its output folder. */
export function casePath(requirement: string, hash: string): string {
  return `cases/${requirement}-${hash}.json`;
}

function howItWasFound({ reproduction, executions, shrunk }: Counterexample): string {
  const [stepsBefore, steps] = shrunk.steps;
  const size = stepsBefore === steps ? `${steps} steps` : `${steps} steps, shrunk from ${stepsBefore}`;
  if (reproduction.kind === 'perturbation') {
    return `Found in execution ${executions} of its program (${size}); seen ${reproduction.shown} of ${reproduction.repeats} times in fresh processes.`;
  }
  const [before, left] = shrunk.deviations;
  return `Found in execution ${executions} of its program (${size}); the schedule makes ${left} ${left === 1 ? 'deviation' : 'deviations'} from "run until it blocks", shrunk from ${before}; clock mode ${reproduction.clock}.`;
}

/** What was seen, in a table and in words, with what it breaks. */
export function violationLines(
  counterexample: Tabled & Pick<Counterexample, 'requirement' | 'explanation' | 'stacks'>,
  row: CatalogueRow | undefined,
  info: ImplementationInfo,
): readonly string[] {
  const { requirement, explanation, stacks } = counterexample;
  const loop = stacks.find(({ th }) => th === 'L' || th === 'M');
  return [
    `${requirement} violated by ${plain(info.name)} ${plain(info.version)}`,
    '',
    ...columnTable(counterexample),
    '',
    plain(explanation),
    '',
    ...(row === undefined ? [] : [`Statement: ${row.statement}`, `Source:    ${row.source}`, `Look at:   ${row.hint}`]),
    ...(loop === undefined
      ? []
      : ["The loop's thread stood in:", ...loop.stack.slice(-4).map((frame) => `  ${plain(frame)}`)]),
  ];
}

/** Where a violation is that something came too late or never. */
const WAKING_AREAS: readonly (string | undefined)[] = ['liveness', 'thread-safety'];

/** A wake-up that was owed and never came, masked by a deadline: under clock `late` time passes only when nobody can run. */
function rescueLines(
  { history, witness, reproduction }: Counterexample,
  row: CatalogueRow | undefined,
): readonly string[] {
  if (reproduction.kind !== 'schedule' || reproduction.clock !== 'late' || !WAKING_AREAS.includes(row?.area)) return [];
  const end = history.at(-1);
  const [before, last] = witness.slice(-2).map((seq) => history.find((event) => event.seq === seq));
  const isRescued = end?.ev === 'eot' && end.reason === 'done' && last !== undefined && last.t > before!.t;
  if (!isRescued) return [];
  return ['Rescued by time-out: nobody could go on until a deadline was over, and only that hides what was lost.'];
}

/** The same with the shrunk program, how it was found, and the command to see it again. */
export function counterexampleLines(
  counterexample: Counterexample,
  row: CatalogueRow | undefined,
  info: ImplementationInfo,
): readonly string[] {
  const { program } = counterexample;
  return [
    ...violationLines(counterexample, row, info),
    ...rescueLines(counterexample, row),
    howItWasFound(counterexample),
    `Program:   ${plain(JSON.stringify({ bodies: program.bodies, main: program.main }))}`,
    ...replayLines(counterexample, info),
  ];
}
