import { FOREVER, OP, type OpKind, type VisibleOp } from '../../../impl/platform.ts';
import type { Subject, ThreadCode } from '../subject.ts';

/**
 * A small program of shared words, for the explorer itself: it has a final assertion in place of a History. What a
 * thread finds wrong on its way it notes in a word of its own and goes on, so that every execution has all its steps.
 */
export type FreeProgram = Subject & {
  readonly name: string;
  /** What is wrong with how an execution ended, if anything is. */
  failure(end: End): string | undefined;
};

/** How an execution ended: whether every thread did, and what the words hold. */
export type End = { readonly isDone: boolean; readonly words: ArrayLike<number> };

export function freeProgram(
  name: string,
  words: readonly number[],
  threads: readonly ThreadCode[],
  failure: (end: End) => string | undefined,
): FreeProgram {
  return { name, threads, functions: {}, words, witness: undefined, failure };
}

/**
 * Operations of one thread. Each is made once and used in every execution; one whose operand is computed gets it just
 * before it is yielded, so no two threads may share it.
 */
function operation(kind: OpKind, object: number, a: number, b: number): VisibleOp {
  return { kind, object, a, b, deadline: FOREVER, message: undefined };
}

export function load(cell: number): VisibleOp {
  return operation(OP.load, cell, 0, 0);
}

export function store(cell: number, value: number): VisibleOp {
  return operation(OP.store, cell, value, 0);
}

export function exchange(cell: number, value: number): VisibleOp {
  return operation(OP.exchange, cell, value, 0);
}

export function compareExchange(cell: number, expected: number, value: number): VisibleOp {
  return operation(OP.compareExchange, cell, expected, value);
}

export function add(cell: number, value: number): VisibleOp {
  return operation(OP.add, cell, value, 0);
}

export function wait(cell: number, expected: number): VisibleOp {
  return operation(OP.wait, cell, expected, 0);
}

export function notify(cell: number, count: number): VisibleOp {
  return operation(OP.notify, cell, count, 0);
}

/** A deadline so many ns from now, which the clock knows from this moment; yields it. */
export function arm(delayNs: number): VisibleOp {
  return operation(OP.arm, 0, delayNs, 0);
}

export function lock(cell: number): VisibleOp {
  return operation(OP.until, cell, 0, 1);
}

export function unlock(cell: number): VisibleOp {
  return operation(OP.store, cell, 0, 0);
}

/** Blocks until the cell holds the value, and changes nothing. */
export function spinUntil(cell: number, value: number): VisibleOp {
  return operation(OP.until, cell, value, value);
}

export function push(port: number, message: number): VisibleOp {
  return { ...operation(OP.post, port, 0, 0), message };
}

export function takeAll(port: number): VisibleOp {
  return operation(OP.drain, port, 0, 0);
}
