import type { Json } from '../spec/program.ts';
import type { Actor } from './interpret-actor.ts';
import { makeError } from './interpret-errors.ts';
import { bodyAsCallback } from './interpret-passed.ts';
import type { Call, Operation } from './interpret-step.ts';
import type { Message, Visible } from './platform.ts';
import { encodeError, LoopError } from './reference/errors.ts';
import type { Future } from './reference/future.ts';
import { Task } from './reference/task.ts';
import type { Held } from './slots-held.ts';

/** Futures and tasks, on the thread of their loop. */
export function futureOf({ of }: Call): Future {
  if (of?.kind !== 'future') throw new LoopError('TYPE', 'not a future of this thread');
  return of.thing;
}

function taskOf(actor: Actor, call: Call): Task {
  const task = call.step.of === null ? actor.homeLoop().currentTask : futureOf(call);
  if (!(task instanceof Task)) throw new LoopError('TYPE', 'not a task');
  return task;
}

function createFuture(actor: Actor, call: Call): Held {
  return { kind: 'future', ref: call.id, thing: actor.homeLoop().createFuture() };
}

function setResult(_actor: Actor, call: Call): void {
  futureOf(call).setResult(call.step.value);
}

function setException(_actor: Actor, call: Call): void {
  futureOf(call).setException(makeError(call.step.error!));
}

/** By another thread, in the way that the implementation prescribes. */
function* complete(actor: Actor, { of, step }: Call): Visible<void> {
  if (of?.kind !== 'elsewhere') throw new LoopError('TYPE', 'not a future of another thread');
  const outcome =
    step.error === null ? { value: step.value as Message } : { error: encodeError(makeError(step.error)) };
  yield* actor.remoteLoop().complete(of.thing, outcome);
}

/** Cancels a future or a task, or withdraws nothing and says false if it is done. */
function cancelFuture(_actor: Actor, call: Call): boolean {
  return futureOf(call).cancel();
}

function cancelTask(actor: Actor, call: Call): boolean {
  return call.step.of === null ? taskOf(actor, call).cancel() : futureOf(call).cancel();
}

function uncancel(actor: Actor, call: Call): number {
  return taskOf(actor, call).uncancel();
}

function query(_actor: Actor, call: Call): Json {
  const future = futureOf(call);
  const state = { done: future.done(), cancelled: future.cancelled() };
  return future instanceof Task ? { ...state, cancelling: future.cancelling() } : state;
}

function result(_actor: Actor, call: Call): unknown {
  return futureOf(call).result();
}

function exception(actor: Actor, call: Call): Json {
  const error = futureOf(call).exception();
  return error === null || error === undefined ? null : actor.kindOf(error);
}

function addDoneCallback(actor: Actor, call: Call): void {
  const body = call.step.body!;
  actor.doneCallbacks.add(futureOf(call), body.name, call.id, (inst) => bodyAsCallback(actor, body, inst));
}

function removeDoneCallback(actor: Actor, call: Call): number {
  return actor.doneCallbacks.remove(futureOf(call), call.step.body!.name);
}

export const FUTURES: { readonly [op: string]: Operation } = {
  createFuture: { kind: 'plain', perform: createFuture },
  setResult: { kind: 'plain', perform: setResult },
  setException: { kind: 'plain', perform: setException },
  complete: { kind: 'visible', perform: complete },
  cancelFuture: { kind: 'plain', perform: cancelFuture },
  cancelTask: { kind: 'plain', perform: cancelTask },
  uncancel: { kind: 'plain', perform: uncancel },
  addDoneCallback: { kind: 'plain', perform: addDoneCallback },
  removeDoneCallback: { kind: 'plain', perform: removeDoneCallback },
  query: { kind: 'plain', perform: query },
  result: { kind: 'plain', perform: result },
  exception: { kind: 'plain', perform: exception },
};
