import type { Json } from '../spec/program.ts';
import { meetAtGate, pauseThread, signalGate, waitForGate } from './gates.ts';
import type { Actor } from './interpret-actor.ts';
import type { Call, Operation } from './interpret-step.ts';
import type { Cell, Visible } from './platform.ts';

/** Operations of the language itself, which use nothing of the implementation (context variables excepted). */
function gateOf(actor: Actor, { step }: Call): Cell {
  return actor.shared.cells + actor.setting.program.gatesFrom + step.place;
}

function tagCellOf(actor: Actor, { step }: Call): Cell {
  return actor.shared.cells + actor.setting.program.tagsFrom + step.place;
}

function pause(actor: Actor, call: Call): Visible<void> {
  return pauseThread(actor.platform, actor.privateCell(), call.step.delayNs!);
}

function* cellWrite(actor: Actor, call: Call): Visible<void> {
  const { place, code } = call.step;
  const { isShared } = actor.setting.program.tags[place]!;
  if (isShared) yield* actor.platform.store(tagCellOf(actor, call), code);
  else actor.cellCodes[place] = code;
}

function* cellRead(actor: Actor, call: Call): Visible<Json> {
  const { place } = call.step;
  const { isShared, values } = actor.setting.program.tags[place]!;
  const code = isShared ? yield* actor.platform.load(tagCellOf(actor, call)) : (actor.cellCodes[place] ?? 0);
  return values[code - 1] ?? null;
}

function contextSet(actor: Actor, { step }: Call): void {
  if (actor.ownLoop !== null) actor.ownLoop.contextSet(step.tag, step.value);
  else actor.context = { ...actor.context, [step.tag]: step.value };
}

function contextGet(actor: Actor, { step }: Call): Json {
  return ((actor.ownLoop !== null ? actor.ownLoop.contextGet(step.tag) : actor.context[step.tag]) ?? null) as Json;
}

/** Nanoseconds of the loop's clock since main began. */
function* time(actor: Actor): Visible<number> {
  const { ownLoop, platform } = actor;
  return (yield* ownLoop === null ? platform.now() : ownLoop.time()) - actor.setting.recorder.startedNs;
}

export const LANGUAGE: { readonly [op: string]: Operation } = {
  signal: { kind: 'visible', perform: (actor, call) => signalGate(actor.platform, gateOf(actor, call)) },
  waitGate: { kind: 'visible', perform: (actor, call) => waitForGate(actor.platform, gateOf(actor, call)) },
  meet: { kind: 'visible', perform: (actor, call) => meetAtGate(actor.platform, gateOf(actor, call), call.step.count) },
  spin: { kind: 'visible', perform: pause },
  cellWrite: { kind: 'visible', perform: cellWrite },
  cellRead: { kind: 'visible', perform: cellRead },
  contextSet: { kind: 'plain', perform: contextSet },
  contextGet: { kind: 'plain', perform: contextGet },
  time: { kind: 'visible', perform: time },
  drop: { kind: 'visible', perform: (actor, call) => actor.slots.drop(actor, call.step.of!) },
  mark: { kind: 'plain', perform: () => null },
};

/** Sleep of a body that is not a task: its thread's own. */
export const THREAD_SLEEP: Operation = { kind: 'visible', perform: pause };
