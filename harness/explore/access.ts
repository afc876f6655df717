import { FOREVER, OP, type VisibleOp } from '../../impl/platform.ts';
import { simulatedCellsPerThread, virtualThreadsMax } from '../limits.ts';

/**
 * What one performed step touched, as one integer: `object << 10 | flags << 5 | thread`. Two steps of different
 * threads commute unless they are dependent: then every execution that differs from another only in the order of
 * adjacent independent steps reaches the same state, and one of them stands for all.
 *
 * Besides its object a step may touch the clock, and may carry records of the history: an
 * early record of one thread and a late one of another prove an order, so the steps that carry them do not commute.
 */
export type Access = number;

export const WRITES: number = 1 << 5;
export const READS_CLOCK: number = 1 << 6;
export const WRITES_CLOCK: number = 1 << 7;
/** An early record (`inv`, `end`, `susp`) or a late one (`ret`, `run`, `resm`); `mark`, `hnd` and `loop` are both. */
export const MARKS_SHIFT = 8;
export const EARLY: number = 1 << MARKS_SHIFT;
export const LATE: number = 2 << MARKS_SHIFT;
const OBJECT_SHIFT = 10;
const THREAD = 31;

/** Ports come behind all cells; the step that touches neither is a read of an object that nobody writes. */
const FIRST_PORT = simulatedCellsPerThread * virtualThreadsMax;
const NO_OBJECT = 1 << 18;

export function threadOf(access: Access): number {
  return access & THREAD;
}

/** The object alone, whoever touches it and how. */
export function objectOf(access: Access): number {
  return access >>> OBJECT_SHIFT;
}

/** The object in words. */
export function placeOf(access: Access): string {
  const object = objectOf(access);
  if (object === NO_OBJECT) return 'no object';
  return object >= FIRST_PORT ? `queue ${object - FIRST_PORT}` : `word ${object}`;
}

/** The advance of the clock. */
export const ADVANCE: Access = (NO_OBJECT << OBJECT_SHIFT) | WRITES_CLOCK | THREAD;

/** `accessOf` for `load` to `add`. */
export function accessOfWord({ kind, object }: VisibleOp, thread: number): Access {
  return (object << OBJECT_SHIFT) | (kind === OP.load ? 0 : WRITES) | thread;
}

/** What performing the operation touches; that it blocks, wakes others or records is added when it is performed. */
export function accessOf(op: VisibleOp, thread: number): Access {
  switch (op.kind) {
    case OP.load:
    case OP.store:
    case OP.exchange:
    case OP.compareExchange:
    case OP.add:
      return accessOfWord(op, thread);
    case OP.notify:
      return (op.object << OBJECT_SHIFT) | WRITES | thread;
    case OP.wait:
      return (op.object << OBJECT_SHIFT) | WRITES | (op.deadline === FOREVER ? 0 : WRITES_CLOCK) | thread;
    case OP.until:
      return (op.object << OBJECT_SHIFT) | (op.a === op.b ? 0 : WRITES) | thread;
    case OP.post:
    case OP.receive:
    case OP.drain:
      return ((FIRST_PORT + op.object) << OBJECT_SHIFT) | WRITES | thread;
    case OP.peek:
      return ((FIRST_PORT + op.object) << OBJECT_SHIFT) | thread;
    case OP.now:
      return (NO_OBJECT << OBJECT_SHIFT) | READS_CLOCK | thread;
    case OP.arm:
      return (NO_OBJECT << OBJECT_SHIFT) | WRITES_CLOCK | thread;
    default:
      return (NO_OBJECT << OBJECT_SHIFT) | thread;
  }
}

/** Whether the two steps, of different threads, do not commute. */
export function dependent(a: Access, b: Access): boolean {
  const either = a | b;
  if ((either & WRITES) !== 0 && a >>> OBJECT_SHIFT === b >>> OBJECT_SHIFT) return true;
  if ((either & WRITES_CLOCK) !== 0) {
    const both = a & b & (READS_CLOCK | WRITES_CLOCK);
    if (both !== 0 || ((a & READS_CLOCK) !== 0 && (b & WRITES_CLOCK) !== 0)) return true;
    if ((b & READS_CLOCK) !== 0 && (a & WRITES_CLOCK) !== 0) return true;
  }
  return ((a & LATE) !== 0 && (b & EARLY) !== 0) || ((a & EARLY) !== 0 && (b & LATE) !== 0);
}
