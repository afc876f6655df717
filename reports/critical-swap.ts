import { assertNever } from '../spec/assert-never.ts';
import { type Event, type History, osThread } from '../spec/history.ts';
import type { Counterexample, CriticalSwap, Deviation, StepPlace } from '../spec/result.ts';
import { plain } from './text.ts';

/** Deviations told one by one; of more only the number. */
const DEVIATIONS_MAX = 3;

type Explained = Pick<Counterexample, 'history' | 'requirement'> & {
  readonly reproduction: { readonly deviations: readonly Deviation[] };
};

/** What a history's ids and stamps mean to a person who has its table before them. */
class Reader {
  private readonly history: History;
  private readonly operations: Map<unknown, string> = new Map();
  private readonly bodies: Map<unknown, string> = new Map();

  constructor(history: History) {
    this.history = history;
    for (const event of history) {
      if (event.ev === 'run') this.bodies.set(event.inst, event.body);
      if (event.ev !== 'inv') continue;
      const body = event.args['body'];
      this.operations.set(event.id, body === undefined ? event.op : `${event.op}(${body})`);
      if (body !== undefined) this.bodies.set(event.id, String(body));
    }
  }

  at(seq: number | undefined): Event | undefined {
    return seq === undefined ? undefined : this.history.find((event) => event.seq === seq);
  }

  /** The row of the table that shows a record: one that returns at once has no row of its own. */
  private row(event: Event): number {
    const before = this.history[this.history.indexOf(event) - 1];
    return event.ev === 'ret' && before?.ev === 'inv' && before.id === event.id ? before.seq : event.seq;
  }

  operation(id: unknown): string {
    return this.operations.get(id) ?? String(id);
  }

  private body(inst: unknown): string {
    return this.bodies.get(inst) ?? String(inst);
  }

  /** What a thread did, as its subject's verb: `L ran x`. */
  did(event: Event): string {
    switch (event.ev) {
      case 'meta':
      case 'eot':
        return 'ended';
      case 'inv':
        return `called ${this.operation(event.id)}`;
      case 'ret':
        return `returned from ${this.operation(event.id)}${outcome(event)}`;
      case 'run':
        return `entered ${event.body}`;
      case 'end':
        return `left ${this.body(event.inst)}${outcome(event)}`;
      case 'susp':
        return `suspended ${this.body(event.inst)}`;
      case 'resm':
        return `resumed ${this.body(event.inst)}${outcome(event)}`;
      case 'hnd':
        return `called the exception handler (${event.err})`;
      case 'loop':
        return event.state === 'start'
          ? 'started the loop'
          : event.state === 'stop'
            ? 'left the loop'
            : 'closed the loop';
      case 'mark':
        return `marked ${event.label}`;
      default:
        return assertNever(event);
    }
  }

  /** Where a step stands among the records of its thread: inside a call, or between two of them. */
  place({ after, before }: StepPlace): string {
    const previous = this.at(after);
    const next = this.at(before);
    if (previous?.ev === 'inv') return `in its ${this.operation(previous.id)}, row ${previous.seq}`;
    const parts = [
      ...(previous === undefined ? [] : [`after it ${this.did(previous)}, row ${this.row(previous)}`]),
      ...(next === undefined ? [] : [`before it ${this.did(next)}, row ${next.seq}`]),
    ];
    return parts.join('; ');
  }
}

function outcome(event: { readonly v?: unknown; readonly err?: string | undefined }): string {
  if (event.err !== undefined) return ` with ${event.err}`;
  const isSimple = typeof event.v === 'number' || typeof event.v === 'string' || typeof event.v === 'boolean';
  return isSimple ? ` with ${JSON.stringify(event.v)}` : '';
}

function stepInWords(place: StepPlace, reader: Reader): string {
  if (place.th === 'clock') return 'the passing of time';
  const where = reader.place(place);
  return `${place.th}'s ${place.operation}${where === '' ? '' : ` (${where})`}`;
}

const SHARED: { readonly [on in CriticalSwap['on']]: string } = {
  word: 'both on the same word',
  queue: 'both on the same queue',
  clock: 'both read or move the clock',
  records: 'the order of their records counts',
};

function deviationInWords({ after, operation, to }: Deviation, threads: readonly string[]): string {
  const name = (tid: number) => threads[tid] ?? 'the clock';
  return after < 0 ? `${name(to)} begins` : `${name(to)} goes on after step ${operation} of ${name(after)}`;
}

function listed(deviations: readonly Deviation[], threads: readonly string[]): string {
  const told = deviations.slice(0, DEVIATIONS_MAX).map((one) => `"${deviationInWords(one, threads)}"`);
  const rest = deviations.length - told.length;
  return rest > 0 ? `${told.join(', ')} and ${rest} more` : told.join(', ');
}

function without(some: readonly Deviation[], others: readonly Deviation[]): readonly Deviation[] {
  const key = ({ after, operation, to }: Deviation) => `${after}.${operation}.${to}`;
  const known = new Set(others.map(key));
  return some.filter((one) => !known.has(key(one)));
}

function scheduleDifference({ passing, threads }: CriticalSwap, failing: readonly Deviation[]): string {
  const dropped = without(failing, passing.deviations);
  const added = without(passing.deviations, failing);
  const parts = [
    ...(dropped.length === 0 ? [] : [`without ${listed(dropped, threads)}`]),
    ...(added.length === 0 ? [] : [`with ${listed(added, threads)}`]),
  ];
  return parts.length === 0
    ? 'its schedule makes the same deviations'
    : `its schedule is the failing one ${parts.join(', ')}`;
}

function historyDifference({ difference }: CriticalSwap, reader: Reader): string | undefined {
  if (difference === undefined) return undefined;
  const { th, here, there } = difference;
  const told = (event: Event | undefined) => (event === undefined ? 'did nothing more' : reader.did(event));
  const row = here === undefined ? '' : `, row ${here.seq}`;
  return `first difference: there ${osThread(th)} ${told(there)}, here it ${told(here)}${row}`;
}

/**
 * The exchange that turns the verdict, what is different then, and the command that shows it. A few lines; ids and
 * rows are those of the failing history's table.
 */
export function criticalSwapLines(
  { history, requirement, reproduction }: Explained,
  swap: CriticalSwap,
  command: string,
): readonly string[] {
  const reader = new Reader(history);
  const different = historyDifference(swap, reader);
  const lines = [
    `Critical:  ${stepInWords(swap.first, reader)}`,
    `           came before ${stepInWords(swap.second, reader)}; ${SHARED[swap.on]}.`,
    `           The other way round, all else in the same order, ${requirement} is upheld:`,
    ...(different === undefined ? [] : [`           ${different};`]),
    `           ${scheduleDifference(swap, reproduction.deviations)}.`,
    `Upheld:    ${command}`,
  ];
  return lines.map(plain);
}
