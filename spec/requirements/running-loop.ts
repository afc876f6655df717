import { assertNever } from '../assert-never.ts';
import { type Event, osThread } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { firstAbove } from './inbound-facts.ts';
import { isWhole } from './offload-work.ts';

/** A run operation that M performed, and between which stamps its loop was running for certain. */
export type LoopRun = {
  readonly operation: Operation;
  /** The first record, late, that was made inside the run: the loop was running by then. */
  readonly from: number;
  /** The last one, early: the loop was still running. Infinite if the run provably went on to the end. */
  readonly to: number;
};

function isLateRecord(event: Event): boolean {
  switch (event.ev) {
    case 'ret':
    case 'run':
    case 'resm':
    case 'hnd':
    case 'mark':
      return true;
    case 'inv':
    case 'end':
    case 'susp':
    case 'meta':
    case 'eot':
    case 'loop':
      return false;
    default:
      return assertNever(event);
  }
}

/** A run that had not returned when everything had been recorded, and that nothing had asked to end, was going on. */
function goesOn(history: IndexedHistory, operation: Operation): boolean {
  if (!isWhole(history) || history.byOp.has('stop')) return false;
  const root = history.instances.get(operation.id);
  if (operation.op === 'runUntil' && (root === undefined || root.ends.length > 0)) return false;
  for (const { ends } of history.instances.values()) if (ends.some(({ err }) => err?.startsWith('FATAL'))) return false;
  return true;
}

/** The runs of all loops by M with at least one record inside, in order; `quiesce` counts as one run. O(n). */
export function loopRuns(history: IndexedHistory): readonly LoopRun[] {
  const { loopThread } = history;
  const runs: LoopRun[] = [];
  for (const operation of operationsNamed(history, 'runForever', 'runUntil', 'quiesce')) {
    const { inv, ret } = operation;
    if (inv.th !== 'M') continue;
    let from: number | undefined;
    let to = inv.seq;
    const first = firstAbove(loopThread.length, (position) => loopThread[position]!.seq, inv.seq);
    for (let position = first; position < loopThread.length; position++) {
      const event = loopThread[position]!;
      if (ret !== undefined && event.seq >= ret.seq) break;
      if (event.th !== 'L') continue;
      if (isLateRecord(event)) from ??= event.seq;
      else to = event.seq;
    }
    if (from === undefined) continue;
    runs.push({ operation, from, to: ret === undefined && goesOn(history, operation) ? Number.POSITIVE_INFINITY : to });
  }
  return runs;
}

/**
 * The run during the whole of which this operation happened, so that its loop was running for certain: for an operation
 * of the loop's thread the run that it is inside of, for a foreign one a run with proof before and after it. An operation
 * that has not returned counts only if the run goes on to the end. Another loop's run is none. O(log n).
 */
export function runAround(runs: readonly LoopRun[], operation: Operation): LoopRun | undefined {
  const { inv, ret, loop } = operation;
  const run = runs[firstAbove(runs.length, (position) => runs[position]!.operation.inv.seq, inv.seq) - 1];
  if (run === undefined || run.operation.loop !== loop) return undefined;
  if (osThread(inv.th) === 'L') {
    const returned = run.operation.ret?.seq ?? Number.POSITIVE_INFINITY;
    return inv.th === 'L' && inv.seq < returned ? run : undefined;
  }
  // Between the passes of a quiesce the loop is not running.
  if (run.operation.op === 'quiesce') return undefined;
  return run.from < inv.seq && (ret?.seq ?? Number.POSITIVE_INFINITY) <= run.to ? run : undefined;
}
