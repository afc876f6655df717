import type { Json } from '../spec/program.ts';
import type { Actor } from './interpret-actor.ts';
import { futureOf } from './interpret-futures.ts';
import { quiesceIdlePasses, quiescePassesMax } from './interpret-limits.ts';
import { passedOnLoop, reportError } from './interpret-passed.ts';
import type { Call, Operation } from './interpret-step.ts';
import type { Message, Visible } from './platform.ts';
import { LoopError } from './reference/errors.ts';
import { Executor } from './reference/executor.ts';
import type { Future } from './reference/future.ts';
import { Loop } from './reference/loop.ts';
import type { Coroutine } from './reference/types.ts';
import type { Slot } from './slots.ts';
import type { Held } from './slots-held.ts';

/** The function that every thread of a program starts with. */
export const THREAD_FUNCTION = 'crossloop.thread';

/** Making, running, stopping and closing loops, threads and executors. */
function newLoop(actor: Actor, call: Call): Json {
  const loop = new Loop(actor.platform, actor.functions, actor.setting.seams);
  loop.setExceptionHandler((error) => reportError(actor, error, null, call.id));
  actor.adopt(loop);
  return { ref: call.id };
}

function runForever(actor: Actor): Visible<void> {
  return (actor.ownLoop ?? actor.remoteLoop()).runForever();
}

/** Returns the loop's own generator where it can: every level between costs each step of the program. */
function runUntil(actor: Actor, call: Call): Visible<unknown> {
  const loop = actor.ownLoop;
  if (loop === null) return actor.remoteLoop().runUntil();
  // A loop that runs refuses, and must not have scheduled anything.
  if (loop.isRunning) return loop.runUntilComplete(loop.createFuture());
  if (call.step.body === null) return loop.runUntilComplete(futureOf(call));
  const task = loop.createTask(passedOnLoop(actor, call) as Coroutine<Json>);
  const { to } = call.step;
  if (to === null) return loop.runUntilComplete(task);
  const held: Held = { kind: 'future', ref: call.id, thing: task };
  if (to.isShared) return publishAndRun(actor, to, held, task);
  actor.slots.write(to, held);
  return loop.runUntilComplete(task);
}

/** The slot holds the task before the loop runs. */
function* publishAndRun(actor: Actor, to: Slot, held: Held, task: Future): Visible<unknown> {
  yield* actor.slots.publish(actor, to, held);
  return yield* actor.homeLoop().runUntilComplete(task);
}

/** Passes over what is ready until nothing comes of it any more. Returns how many; the most there may be: gave up. */
function* quiesce(actor: Actor): Visible<number> {
  const { log } = actor;
  const loop = actor.homeLoop();
  let idle = 0;
  for (let passes = 1; passes <= quiescePassesMax; passes++) {
    const before = log.progress;
    loop.stop();
    yield* loop.runForever();
    idle = log.progress === before ? idle + 1 : 0;
    if (idle === quiesceIdlePasses) return passes;
  }
  return quiescePassesMax;
}

function* stop(actor: Actor): Visible<void> {
  if (actor.ownLoop === null) yield* actor.remoteLoop().stop();
  else actor.ownLoop.stop();
}

function close(actor: Actor): Visible<void> {
  return (actor.ownLoop ?? actor.remoteLoop()).close();
}

function setExceptionHandler(actor: Actor, call: Call): void {
  actor.homeLoop().setExceptionHandler((error) => reportError(actor, error, call.step.body, call.id));
}

function* spawn(actor: Actor, call: Call): Visible<Held> {
  const label = `F${actor.spawned.length + 1}`;
  const args = [call.step.body!.name, call.id, label, actor.shared as unknown as Message];
  const thread = yield* actor.platform.spawn(THREAD_FUNCTION, args);
  actor.spawned.push(thread);
  return { kind: 'thread', ref: call.id, thing: thread };
}

function* join(actor: Actor, { of, step }: Call): Visible<void> {
  if (step.of === null) for (const thread of actor.spawned) yield* actor.platform.join(thread);
  else if (of?.kind === 'thread') yield* actor.platform.join(of.thing);
  else throw new LoopError('TYPE', 'not a thread');
}

function makeExecutor(actor: Actor, call: Call): Held {
  const thing = new Executor(actor.platform, actor.functions, call.step.count);
  return { kind: 'executor', ref: call.id, thing };
}

function* shutdownExecutor(_actor: Actor, { of, step }: Call): Visible<void> {
  if (of?.kind !== 'executor') throw new LoopError('TYPE', 'not an executor');
  yield* of.thing.shutdown(step.wait, step.cancelFutures);
}

export const LIFECYCLE: { readonly [op: string]: Operation } = {
  newLoop: { kind: 'plain', perform: newLoop },
  runForever: { kind: 'visible', perform: runForever },
  runUntil: { kind: 'visible', perform: runUntil },
  quiesce: { kind: 'visible', perform: quiesce },
  stop: { kind: 'visible', perform: stop },
  close: { kind: 'visible', perform: close },
  setExceptionHandler: { kind: 'plain', perform: setExceptionHandler },
  spawn: { kind: 'visible', perform: spawn },
  join: { kind: 'visible', perform: join },
  makeExecutor: { kind: 'plain', perform: makeExecutor },
  shutdownExecutor: { kind: 'visible', perform: shutdownExecutor },
};
