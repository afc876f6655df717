import type { Event } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import { firstAbove, firstRun, hasOneLoop, isPassedPlainly } from './inbound-facts.ts';
import { nothingCancels } from './offload-work.ts';

/** A time in which something was going on; `toT` is infinite if it went on to the end. */
export type Span = { readonly fromT: number; readonly toT: number };

/** A part of a pause of the idle loop (or all of it) that is longer than B; `toSeq` is the record that ended the pause. */
type Pause = { readonly toSeq: number; readonly fromT: number; readonly toT: number };

/** What was owed from a stamp and a time on, whichever is later; `settled` shows it done. */
type Debt = { readonly seq: number; readonly t: number; readonly settled: Event | undefined };

/**
 * As `isLate`, for what is owed from a time on (a timer, a time-out) instead of from a record on: it was not done
 * although the loop was idle for more than B since. Knows nothing of deadlocks. O(log n).
 */
export function isOverdue(history: IndexedHistory, debt: Debt, pauses: readonly Pause[] = history.longGaps): boolean {
  const { B: bound } = history.bounds;
  if (bound === null) return false;
  const bySeq = firstAbove(pauses.length, (position) => pauses[position]!.toSeq, debt.seq);
  const byTime = firstAbove(pauses.length, (position) => pauses[position]!.toT, debt.t);
  const first = Math.max(bySeq, byTime);
  // Only the first of them can have begun before the debt.
  for (const pause of pauses.slice(first, first + 2)) {
    if (debt.settled !== undefined && pause.toSeq > debt.settled.seq) return false;
    if (pause.toT - Math.max(pause.fromT, debt.t) > bound) return true;
  }
  return false;
}

/**
 * The pauses, each cut down to the longest part of it that lies in one span. Spans in the order of their beginnings.
 * Pauses do not overlap, so each span is looked at in one of them at most. O(pauses + spans).
 */
function pausesDuring(history: IndexedHistory, spans: readonly Span[]): readonly Pause[] {
  const bound = history.bounds.B;
  if (bound === null) return [];
  let next = 0;
  let openUntilT = Number.NEGATIVE_INFINITY;
  const pauses: Pause[] = [];
  for (const { fromT, toT, toSeq } of history.longGaps) {
    for (; next < spans.length && spans[next]!.fromT <= fromT; next++) {
      openUntilT = Math.max(openUntilT, spans[next]!.toT);
    }
    let longest: Pause = { toSeq, fromT, toT: Math.min(toT, openUntilT) };
    for (; next < spans.length && spans[next]!.fromT < toT; next++) {
      const span = spans[next]!;
      openUntilT = Math.max(openUntilT, span.toT);
      const part: Pause = { toSeq, fromT: span.fromT, toT: Math.min(toT, span.toT) };
      if (part.toT - part.fromT > longest.toT - longest.fromT) longest = part;
    }
    if (longest.toT - longest.fromT > bound) pauses.push(longest);
  }
  return pauses;
}

const TIMERS: ReadonlySet<string> = new Set(['callLater', 'callAt']);

/** When accepted work of the loop was due, or undefined where that cannot be said. */
function dueTime(history: IndexedHistory, operation: Operation): number | undefined {
  const { ret, op, args } = operation;
  if (ret === undefined || !TIMERS.has(op)) return ret?.t;
  const delayUs = args['delayUs'];
  return typeof delayUs === 'number' ? ret.t + Math.max(0, delayUs) * 1000 + history.bounds.G : undefined;
}

/**
 * The first accepted work of the loop itself that was late while one of the spans went on (contract 3): handles,
 * timers and tasks that nothing cancelled. Nothing is concluded when there are several loops. O(n log n).
 */
export function lateDuring(history: IndexedHistory, spans: readonly Span[]): Operation | undefined {
  if (spans.length === 0 || !hasOneLoop(history)) return undefined;
  const ordered = [...spans].sort((one, other) => one.fromT - other.fromT);
  const pauses = pausesDuring(history, ordered);
  const goesOn = ordered.some((span) => span.toT === Number.POSITIVE_INFINITY);
  const stuck = goesOn && history.idleAtEnd && history.eot?.reason === 'deadlock';
  if (pauses.length === 0 && !stuck) return undefined;
  const tasks = nothingCancels(history) ? ['createTask'] : [];
  const names = ['callSoon', 'callSoonThreadsafe', 'callLater', 'callAt', ...tasks];
  return operationsNamed(history, ...names).find((operation) => {
    if (!isAccepted(operation) || !isPassedPlainly(operation) || cancelOf(history, operation) !== undefined)
      return false;
    const settled = firstRun(history, operation);
    if (settled === undefined && stuck) return true;
    const t = dueTime(history, operation);
    return t !== undefined && isOverdue(history, { seq: operation.ret!.seq, t, settled }, pauses);
  });
}
