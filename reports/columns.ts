import { assertNever } from '../spec/assert-never.ts';
import { type Event, osThread } from '../spec/history.ts';
import type { Counterexample } from '../spec/result.ts';
import { padTo, plain } from './text.ts';

/** Rows shown around the violating events; the case file holds the rest. */
const ROWS_MAX = 60;
/** Of these so many behind the last of them. */
const ROWS_BEHIND = 10;
const COLUMN_WIDTH_MAX = 44;
const COLUMN_WIDTH_MIN = 12;

/** What a table is made of. In virtual time (a schedule) every pause is exact, and shown. */
export type Tabled = Pick<Counterexample, 'history' | 'witness' | 'switches'> & {
  readonly reproduction: { readonly kind: Counterexample['reproduction']['kind'] };
};

type Row = {
  readonly seq: number;
  readonly t: number;
  readonly th: string;
  readonly text: string;
  readonly isWitness: boolean;
};

function value(event: { readonly v?: unknown; readonly err?: string | undefined }): string {
  if (event.err !== undefined) return `! ${event.err}`;
  const isObject = typeof event.v === 'object' && event.v !== null && 'ref' in event.v;
  return event.v === null || event.v === undefined || isObject ? 'ok' : JSON.stringify(event.v);
}

function argument(args: { readonly [name: string]: unknown }, names: ReadonlyMap<unknown, string>): string {
  const parts: string[] = [];
  for (const [name, given] of Object.entries(args)) {
    if (name === 'body' || name === 'gate' || name === 'tag') parts.unshift(String(given));
    else if (name === 'of' || name === 'executor') parts.push(refName(given, names));
    else parts.push(`${name}=${JSON.stringify(given)}`);
  }
  return parts.length === 0 ? '' : `(${parts.join(', ')})`;
}

function refName(given: unknown, names: ReadonlyMap<unknown, string>): string {
  if (Array.isArray(given)) return given.map((one) => refName(one, names)).join('+');
  const { ref } = given as { readonly ref: unknown };
  return ref === null ? 'empty slot' : (names.get(ref) ?? String(ref));
}

/** One record in words. `names` tells what an id made, `operations` what it was. */
function inWords(event: Event, names: ReadonlyMap<unknown, string>, operations: ReadonlyMap<unknown, string>): string {
  const body = (id: unknown) => names.get(id) ?? String(id);
  switch (event.ev) {
    case 'meta':
      return '';
    case 'inv':
      return `${event.op}${argument(event.args, names)}`;
    case 'ret':
      return `└ ${operations.get(event.id) ?? event.id}: ${value(event)}`;
    case 'run':
      return `▶ ${event.body}`;
    case 'end':
      return `■ ${body(event.inst)}: ${value(event)}`;
    case 'susp':
      return `… ${body(event.inst)} waits for ${event.on.ref === event.id ? operations.get(event.id) : refName(event.on, names)}`;
    case 'resm':
      return `↻ ${body(event.inst)} goes on: ${value(event)}`;
    case 'hnd':
      return `exception handler: ${event.err}`;
    case 'loop':
      return `loop ${event.state}${event.err === undefined ? '' : ` ! ${event.err}`}`;
    case 'mark':
      return `· ${event.label}${event.data === undefined || event.data === null ? '' : ` ${JSON.stringify(event.data)}`}`;
    case 'eot':
      return `end: ${event.reason}${event.signal === undefined ? '' : ` (${event.signal})`}`;
    default:
      return assertNever(event);
  }
}

/** Records as rows; a call that returns before anything else happens is one row. */
function rowsOf({ history, witness }: Tabled): readonly Row[] {
  const names = new Map<unknown, string>([['main', 'main']]);
  const operations = new Map<unknown, string>();
  for (const event of history) {
    if (event.ev === 'inv') {
      operations.set(event.id, event.op);
      names.set(event.id, String(event.args['body'] ?? `${event.op} ${event.id}`));
    }
  }
  const rows: Row[] = [];
  for (let at = 0; at < history.length; at++) {
    const event = history[at]!;
    if (event.ev === 'meta') continue;
    const next = history[at + 1];
    let text = inWords(event, names, operations);
    let isWitness = witness.includes(event.seq);
    if (event.ev === 'inv' && next?.ev === 'ret' && next.id === event.id) {
      text += ` → ${value(next)}`;
      isWitness ||= witness.includes(next.seq);
      at++;
    }
    rows.push({ seq: event.seq, t: event.t, th: osThread(event.th), text: plain(text), isWitness });
  }
  return rows;
}

/**
 * What is shown of the rows, as ranges: one that ends behind the last row of the witness (the last rows when there is
 * none), or, where that would hide an earlier one, a part of equal size around each of the last `ROWS_MAX`.
 */
function windowsOf(rows: readonly Row[]): readonly (readonly [first: number, end: number])[] {
  const witness = [...rows.keys()].filter((at) => rows[at]!.isWitness);
  const end = Math.min(rows.length, Math.max(ROWS_MAX, (witness.at(-1) ?? rows.length) + ROWS_BEHIND));
  const first = Math.max(0, end - ROWS_MAX);
  if ((witness[0] ?? first) >= first) return [[first, end]];
  const size = Math.max(1, Math.floor(ROWS_MAX / witness.length));
  const windows: [first: number, end: number][] = [];
  for (const at of witness.slice(-ROWS_MAX)) {
    const from = Math.max(0, at - (size >> 1));
    const to = Math.min(rows.length, from + size);
    const before = windows.at(-1);
    if (before !== undefined && from <= before[1]) before[1] = to;
    else windows.push([from, to]);
  }
  return windows;
}

function rowCount(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function duration(ns: number): string {
  if (ns >= 1_000_000_000) return `${(ns / 1_000_000_000).toFixed(2)} s`;
  return ns >= 1_000_000 ? `${(ns / 1_000_000).toFixed(1)} ms` : `${(ns / 1000).toFixed(1)} us`;
}

/** Only pauses that a person should see: all in virtual time, long ones on real threads. */
function pauseOf(counterexample: Tabled, previous: Row | undefined, row: Row): string | undefined {
  const shownFrom = counterexample.reproduction.kind === 'schedule' ? 1 : 1_000_000;
  const passed = previous === undefined ? 0 : row.t - previous.t;
  return passed >= shownFrom ? `      ── ${duration(passed)} pass ──` : undefined;
}

/**
 * A history as a table: a column a thread (M and L are one), a row a record, `»` before the records that violate, and
 * behind a row why another thread went on. Lines without colour; at most about 65 of them.
 */
export function columnTable(counterexample: Tabled): readonly string[] {
  const rows = rowsOf(counterexample);
  const windows = windowsOf(rows);
  const shown = windows.flatMap(([first, end]) => rows.slice(first, end));
  const threads = [...new Set(shown.map(({ th }) => th))].sort((a, b) =>
    a === 'L' ? -1 : b === 'L' ? 1 : a < b ? -1 : 1,
  );
  const widths = threads.map((thread) => {
    const longest = Math.max(...shown.filter(({ th }) => th === thread).map(({ text }) => text.length));
    return Math.min(COLUMN_WIDTH_MAX, Math.max(COLUMN_WIDTH_MIN, longest));
  });
  const reasons = new Map(counterexample.switches.map(({ seq, reason }) => [seq, reason]));
  const lines = [`      ${threads.map((thread, at) => padTo(plain(thread), widths[at]!)).join(' │ ')}`.trimEnd()];
  lines.push(`      ${widths.map((width) => '─'.repeat(width)).join('─┼─')}`);
  let shownTo = 0;
  for (const [first, end] of windows) {
    if (first > shownTo) lines.push(`      … ${rowCount(first - shownTo)} ${shownTo === 0 ? 'before' : 'between'}`);
    for (let at = first; at < end; at++) {
      const row = rows[at]!;
      const previous = at === first ? undefined : rows[at - 1];
      const pause = pauseOf(counterexample, previous, row);
      if (pause !== undefined) lines.push(pause);
      const cells = threads
        .map((thread, column) => padTo(thread === row.th ? row.text : '', widths[column]!))
        .join(' │ ');
      const isSwitch = previous !== undefined && previous.th !== row.th && row !== rows.at(-1);
      const reason = isSwitch ? reasons.get(row.seq) : undefined;
      const line = `${row.isWitness ? '»' : ' '}${String(row.seq).padStart(4)} ${cells}${reason === undefined ? '' : `   (${plain(reason)})`}`;
      lines.push(line.trimEnd());
    }
    shownTo = end;
  }
  if (shownTo < rows.length) lines.push(`      … ${rowCount(rows.length - shownTo)} after`);
  return lines;
}
