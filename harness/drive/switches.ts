import { OP } from '../../impl/platform.ts';
import type { Switch } from '../../spec/result.ts';
import type { Step } from '../explore/engine.ts';
import { CLOCK } from '../explore/strategy.ts';

const NAMES: readonly string[] = Object.entries(OP)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name);

/** What a step did, as its thread's code calls it; the second step of a wait that blocked is the return from it. */
export function operationAt(trace: readonly Step[], at: number): string {
  const { tid, kind } = trace[at]!;
  const previous = trace.slice(0, at).findLast((step) => step.tid === tid);
  const isReturn = kind === OP.wait && previous?.kind === OP.wait && previous.blocked;
  return isReturn ? 'return from wait' : operationName(kind);
}

/** Whether an operation's object is a queue; else it is a word, or nothing. */
export function isOfQueue(kind: number): boolean {
  return kind === OP.post || kind === OP.receive || kind === OP.peek || kind === OP.drain;
}

/** What a visible operation is called. */
export function operationName(kind: number): string {
  return NAMES[kind] ?? 'step';
}

/** A step, and which stamp its first record got, or would have got. */
export type StampedStep = Step & { readonly seq: number };

/** Follows a traced execution: where in the history each step stands, and why control passed to another thread. */
export class SwitchLog {
  readonly switches: Switch[] = [];
  readonly trace: StampedStep[] = [];
  private next = 1;
  private readonly stamp: () => number;

  /** `stamp` gives the recorder's next stamp. */
  constructor(stamp: () => number) {
    this.stamp = stamp;
  }

  /** To be told of each step when it has been performed: its records are stamped. */
  add(step: Step): void {
    const seq = this.next;
    this.next = this.stamp();
    const previous = this.trace.at(-1);
    this.trace.push({ ...step, seq });
    if (previous === undefined || previous.tid === step.tid) return;
    this.switches.push({ seq, reason: reasonOf(previous, step) });
  }
}

function reasonOf(previous: Step, step: Step): string {
  if (step.tid === CLOCK) return 'time passes';
  if (previous.tid === CLOCK) return 'its time has come';
  if (previous.blocked) return 'the one before blocks';
  if (previous.ended) return 'the one before has ended';
  return `the one before is held up after its ${operationName(previous.kind)}`;
}
