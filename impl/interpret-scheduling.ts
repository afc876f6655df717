import type { Actor, Values } from './interpret-actor.ts';
import { passedAcross, passedOnLoop, passedToWorker, subjectOf } from './interpret-passed.ts';
import type { Call, Operation } from './interpret-step.ts';
import type { Message, Visible } from './platform.ts';
import { Context } from './reference/context.ts';
import { LoopError } from './reference/errors.ts';
import type { Callback, Coroutine } from './reference/types.ts';
import type { Held } from './slots-held.ts';

/** Giving work to the loop, from its own thread and from others, and to executors. */
function callSoon(actor: Actor, call: Call): Held {
  const thing = actor.homeLoop().callSoon(passedOnLoop(actor, call) as Callback, contextOf(call));
  return { kind: 'handle', ref: call.id, thing };
}

function* callLater(actor: Actor, call: Call): Visible<Held> {
  // A null delay is a program's own mistake, for the implementation to refuse.
  const delayNs = call.step.delayNs as number;
  const thing = yield* actor.homeLoop().callLater(delayNs, passedOnLoop(actor, call) as Callback, contextOf(call));
  return { kind: 'handle', ref: call.id, thing };
}

function* callAt(actor: Actor, call: Call): Visible<Held> {
  const loop = actor.homeLoop();
  const { delayNs } = call.step;
  const whenNs = delayNs === null ? null : (yield* loop.time()) + delayNs;
  const thing = loop.callAt(whenNs as number, passedOnLoop(actor, call) as Callback, contextOf(call));
  return { kind: 'handle', ref: call.id, thing };
}

function* callSoonThreadsafe(actor: Actor, call: Call): Visible<Held> {
  const loop = actor.ownLoop ?? actor.remoteLoop();
  const thing = yield* loop.callSoonThreadsafe(passedAcross(call), [call.id], contextAcross(actor, call));
  return { kind: 'remote-handle', ref: call.id, thing };
}

function* cancelHandle(_actor: Actor, { of }: Call): Visible<null> {
  if (of?.kind === 'handle') of.thing.cancel();
  else if (of?.kind === 'remote-handle') yield* of.thing.cancel();
  else throw new LoopError('TYPE', 'not a handle of this thread');
  return null;
}

function createTask(actor: Actor, call: Call): Held {
  const thing = actor.homeLoop().createTask(passedOnLoop(actor, call) as Coroutine);
  return { kind: 'future', ref: call.id, thing };
}

function ensureFuture(actor: Actor, call: Call): Held {
  const thing = actor.homeLoop().ensureFuture(subjectOf(actor, call));
  // An argument that is returned unchanged keeps its identity.
  return { kind: 'future', ref: call.of?.thing === thing ? call.of.ref : call.id, thing };
}

function* runInExecutor(actor: Actor, call: Call): Visible<Held> {
  const { executor } = call;
  if (executor !== undefined && executor.kind !== 'executor') throw new LoopError('TYPE', 'not an executor');
  const args: readonly Message[] = [call.id, actor.shared as unknown as Message, call.step.args];
  const thing = yield* actor.homeLoop().runInExecutor(executor?.thing ?? null, passedToWorker(call), args);
  return { kind: 'future', ref: call.id, thing };
}

function* runCoroutineThreadsafe(actor: Actor, call: Call): Visible<Held> {
  const loop = actor.remoteLoop();
  const thing = yield* loop.runCoroutineThreadsafe(passedAcross(call), [call.id], contextAcross(actor, call));
  return { kind: 'concurrent', ref: call.id, thing };
}

/** The explicit context; undefined lets the implementation capture the current one. */
function contextOf({ step }: Call): Context | undefined {
  return step.context === null ? undefined : new Context(step.context);
}

/** As it crosses a thread. What is current on a thread that is not the loop's, the implementation cannot know. */
function contextAcross(actor: Actor, { step }: Call): Values | undefined {
  return step.context ?? (actor.ownLoop === null ? actor.context : undefined);
}

export const SCHEDULING: { readonly [op: string]: Operation } = {
  callSoon: { kind: 'plain', perform: callSoon },
  callLater: { kind: 'visible', perform: callLater },
  callAt: { kind: 'visible', perform: callAt },
  callSoonThreadsafe: { kind: 'visible', perform: callSoonThreadsafe },
  cancelHandle: { kind: 'visible', perform: cancelHandle },
  createTask: { kind: 'plain', perform: createTask },
  ensureFuture: { kind: 'plain', perform: ensureFuture },
  runInExecutor: { kind: 'visible', perform: runInExecutor },
  runCoroutineThreadsafe: { kind: 'visible', perform: runCoroutineThreadsafe },
};
