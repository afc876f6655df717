import type { Message } from '../platform.ts';

/** An error of the loop, of its futures, or of a program's own: `code` says which, and survives a thread. */
export class LoopError extends Error {
  readonly code: string;

  constructor(code: string, message: string = code) {
    super(message);
    this.name = 'LoopError';
    this.code = code;
  }
}

/** Leaves the loop instead of going to the exception handler, as KeyboardInterrupt does in Python. */
export class FatalError extends LoopError {
  constructor(code: string, message: string = code) {
    super(code, message);
    this.name = 'FatalError';
  }
}

export function cancelled(): LoopError {
  return new LoopError('CANCELLED', 'it was cancelled');
}

export function isCancellation(error: unknown): boolean {
  return error instanceof LoopError && error.code === 'CANCELLED';
}

/** How work ended, as it crosses a thread: a value, an encoded error, or cancelled before it began. */
export type Outcome = { readonly value: Message } | { readonly error: Message } | { readonly cancelled: true };

/** What crosses a thread of an error: class and identity do not, name, message and code do. */
export function encodeError(error: unknown): Message {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error), code: null, fatal: false };
  const { name, message } = error;
  const code = error instanceof LoopError ? error.code : null;
  return { name, message, code, fatal: error instanceof FatalError };
}

/** A new error like the one that was encoded. */
export function decodeError(encoded: Message): Error {
  const { name, message, code, fatal } = encoded as {
    readonly name: string;
    readonly message: string;
    readonly code: string | null;
    readonly fatal: boolean;
  };
  if (code !== null) return fatal ? new FatalError(code, message) : new LoopError(code, message);
  const error = new Error(message);
  error.name = name;
  return error;
}

export function isClosed(error: unknown): boolean {
  return error instanceof LoopError && error.code === 'CLOSED';
}
