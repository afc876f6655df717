import type { OpId } from '../spec/history.ts';
import type { Json } from '../spec/program.ts';
import type { Actor } from './interpret-actor.ts';
import { NO_ROUNDS, performBlock, performBody } from './interpret-body.ts';
import type { Call, CompiledBody } from './interpret-step.ts';
import type { Visible } from './platform.ts';
import type { Future } from './reference/future.ts';
import type { Coroutine } from './reference/types.ts';

/**
 * Bodies as what they are passed as: on the loop's thread a callback is a function and a task a coroutine object; to
 * another thread both cross by an id, under which every thread finds them in the table. `as: "function"` passes the
 * function instead of the coroutine object, which the implementation has to refuse or, called, never to run.
 */
export type Passed = 'callback' | 'coroutine' | 'function' | 'worker' | 'notice';

export function functionId(passed: Passed, body: string): string {
  return `${passed} ${body}`;
}

/** How a call passes its body across threads. */
export function passedAcross({ step }: Call): string {
  const body = step.body!;
  if (body.kind !== 'task') return functionId('callback', body.name);
  return functionId(step.asFunction ? 'function' : 'coroutine', body.name);
}

export function passedToWorker({ step }: Call): string {
  const body = step.body!;
  return body.kind === 'task'
    ? functionId(step.asFunction ? 'function' : 'coroutine', body.name)
    : functionId('worker', body.name);
}

/** A coroutine object for a task, else a function. */
export function passedOnLoop(actor: Actor, call: Call): Coroutine<Json> | (() => Visible<unknown>) {
  const body = call.step.body!;
  if (body.kind !== 'task') return () => bodyAsCallback(actor, body, call.id);
  return call.step.asFunction ? neverRun : performBody(actor, body, call.id, undefined);
}

/** What to wait for or to run: the object in the slot, else the body. */
export function subjectOf(actor: Actor, call: Call): Future | Coroutine<Json> {
  // Something else is the program's mistake, for the implementation to refuse.
  return (call.step.body === null ? call.of!.thing : passedOnLoop(actor, call)) as Future | Coroutine<Json>;
}

/** A body of another kind than task never suspends. */
export function bodyAsCallback(actor: Actor, body: CompiledBody, inst: OpId): Visible<Json> {
  return performBody(actor, body, inst, undefined) as Visible<Json>;
}

/** A coroutine function that is called: it makes a coroutine object, and nobody runs it. */
export function* neverRun(): Visible<void> {
  yield* [];
}

/** Records that the exception handler was called, and performs the handler's body, which has no run and end. */
export function* reportError(actor: Actor, error: unknown, body: CompiledBody | null, inst: OpId): Visible<void> {
  const { log } = actor;
  const kind = error === undefined || error === null ? 'OTHER(none)' : actor.kindOf(error);
  if (log.hasEarly) yield log.pause;
  log.hnd(actor.departures.sourceOf(error), kind);
  if (body !== null) yield* performBlock(actor, body.steps, inst, NO_ROUNDS) as Visible<unknown>;
}
