import { OP } from '../../impl/platform.ts';
import type { Deviation } from '../../spec/result.ts';
import { operationName } from '../drive/switches.ts';
import type { Engine, Step } from '../explore/engine.ts';
import type { FreeProgram } from '../explore/programs/free-program.ts';
import { Replay } from '../explore/replay.ts';
import { CLOCK } from '../explore/strategy.ts';
import type { Liberties } from '../explore/subject.ts';

const GAP = 2;

function text({ kind, object, blocked }: Step): string {
  const name = operationName(kind);
  const queue: readonly number[] = [OP.post, OP.receive, OP.drain, OP.peek];
  const timed: readonly number[] = [OP.now, OP.arm];
  const what = timed.includes(kind) ? name : `${name} ${queue.includes(kind) ? 'queue' : 'word'} ${object}`;
  return blocked ? `${what}, blocks` : what;
}

/** The steps of a schedule, one line each, in a column for each thread. */
export function freeInterleaving(
  program: FreeProgram,
  engine: Engine,
  liberties: Liberties,
  deviations: readonly Deviation[],
): readonly string[] {
  const steps: Step[] = [];
  engine.run(program, new Replay(deviations), liberties, (step) => steps.push(step));
  const columns = [...new Set(steps.map(({ tid }) => tid))].sort((a, b) => a - b);
  const headings = columns.map((tid) => (tid === CLOCK ? 'clock' : `thread ${tid}`));
  const cells = steps.map((step) => (step.tid === CLOCK ? 'advance' : text(step)));
  const widths = columns.map((tid, at) =>
    Math.max(headings[at]!.length, ...cells.filter((_, step) => steps[step]!.tid === tid).map(({ length }) => length)),
  );
  const line = (cell: (at: number) => string) =>
    columns
      .map((_, at) => cell(at).padEnd(widths[at]! + GAP))
      .join('')
      .trimEnd();
  return [
    line((at) => headings[at]!),
    ...steps.map((step, index) => line((at) => (columns[at] === step.tid ? cells[index]! : ''))),
  ];
}
