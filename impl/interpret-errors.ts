import type { OpId } from '../spec/history.ts';
import { ERROR_KINDS, type ErrorText } from '../spec/program.ts';
import { FatalError, LoopError } from './reference/errors.ts';

/** Recorded, never raised: an operation on an empty slot. */
export const UNSET: ErrorText = 'UNSET';

const KINDS: ReadonlySet<string> = new Set(ERROR_KINDS);
const FAMILIES: ReadonlySet<string> = new Set(['USER', 'OTHER', 'FATAL']);
const OTHER = /^OTHER\((.*)\)$/;
const BUG = 'crossloop bug';

/** A new error of the kind that a Program names. */
export function makeError(text: ErrorText): Error {
  const other = OTHER.exec(text);
  if (other !== null) {
    const error = new Error('raised by the program');
    error.name = other[1]!;
    return error;
  }
  if (text === 'FATAL') return new FatalError('FATAL(KeyboardInterrupt)');
  return text.startsWith('FATAL') ? new FatalError(text) : new LoopError(text);
}

/** The string that a History has for an error. A code that no History knows is an error of that name. */
export function kindOf(error: unknown): ErrorText {
  if (error instanceof LoopError) {
    const { code } = error;
    return KINDS.has(code) || code.endsWith(')') ? code : `OTHER(${code})`;
  }
  return `OTHER(${error instanceof Error ? error.name : typeof error})`;
}

/** Whether `on` of a try catches an error of that kind: the kind itself, every one of a family, or ANY. */
export function catches(pattern: string | undefined, kind: ErrorText): boolean {
  if (pattern === undefined) return false;
  return pattern === 'ANY' || pattern === kind || (FAMILIES.has(pattern) && kind.startsWith(`${pattern}(`));
}

/** A failed invariant of crossloop's own. */
export function isBug(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(BUG);
}

/** Remembers which instance an error left first: the source that `hnd` names. */
export class Departures {
  /** Made when the first error leaves: most threads see none, and collecting a weak map is not free. */
  private firstLeft: WeakMap<object, OpId> | undefined;

  leave(error: unknown, inst: OpId): void {
    if (typeof error !== 'object' || error === null) return;
    this.firstLeft ??= new WeakMap();
    if (!this.firstLeft.has(error)) this.firstLeft.set(error, inst);
  }

  sourceOf(error: unknown): OpId | null {
    return typeof error === 'object' && error !== null ? (this.firstLeft?.get(error) ?? null) : null;
  }
}
