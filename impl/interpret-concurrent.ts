import type { Json } from '../spec/program.ts';
import type { Actor } from './interpret-actor.ts';
import { makeError } from './interpret-errors.ts';
import { functionId } from './interpret-passed.ts';
import type { Call, Operation } from './interpret-step.ts';
import type { Message, Visible } from './platform.ts';
import { ConcurrentFuture } from './reference/concurrent-future.ts';
import { decodeError, encodeError, LoopError } from './reference/errors.ts';
import type { Held } from './slots-held.ts';

/** Concurrent futures: the ones that any thread may complete, and wait for. */
function concurrentOf({ of }: Call): ConcurrentFuture {
  if (of?.kind !== 'concurrent') throw new LoopError('TYPE', 'not a concurrent future');
  return of.thing;
}

function createConcurrent(actor: Actor, call: Call): Held {
  const thing = ConcurrentFuture.create(actor.platform, actor.functions, null, actor.setting.seams);
  return { kind: 'concurrent', ref: call.id, thing };
}

function* concurrentSet(_actor: Actor, call: Call): Visible<void> {
  const { error, value } = call.step;
  const future = concurrentOf(call);
  if (error === null) yield* future.setResult(value as Message);
  else yield* future.setException(encodeError(makeError(error)));
}

function* concurrentCancel(_actor: Actor, call: Call): Visible<boolean> {
  return yield* concurrentOf(call).cancel();
}

function* concurrentQuery(_actor: Actor, call: Call): Visible<Json> {
  const future = concurrentOf(call);
  const done = yield* future.done();
  const cancelled = yield* future.cancelled();
  const running = yield* future.running();
  return { done, cancelled, running };
}

/** A time-out of the wait and one that the work raised look alike; whether the future is done by now tells more. */
function* noteDone(actor: Actor, call: Call, error: unknown): Visible<void> {
  if (actor.kindOf(error) === 'TIMEOUT') call.done = yield* concurrentOf(call).done();
}

function* concurrentResult(actor: Actor, call: Call): Visible<Message> {
  try {
    return yield* concurrentOf(call).result(call.step.timeoutNs);
  } catch (error) {
    yield* noteDone(actor, call, error);
    throw error;
  }
}

function* concurrentException(actor: Actor, call: Call): Visible<Json> {
  try {
    const error = yield* concurrentOf(call).exception(call.step.timeoutNs);
    return error === null || error === undefined ? null : actor.kindOf(decodeError(error));
  } catch (error) {
    yield* noteDone(actor, call, error);
    throw error;
  }
}

function* concurrentAddDoneCallback(_actor: Actor, call: Call): Visible<void> {
  yield* concurrentOf(call).addDoneCallback(functionId('notice', call.step.body!.name), [call.id]);
}

export const CONCURRENT: { readonly [op: string]: Operation } = {
  createConcurrent: { kind: 'plain', perform: createConcurrent },
  concurrentSet: { kind: 'visible', perform: concurrentSet },
  concurrentCancel: { kind: 'visible', perform: concurrentCancel },
  concurrentQuery: { kind: 'visible', perform: concurrentQuery },
  concurrentResult: { kind: 'visible', perform: concurrentResult },
  concurrentException: { kind: 'visible', perform: concurrentException },
  concurrentAddDoneCallback: { kind: 'visible', perform: concurrentAddDoneCallback },
};
