import type { OpId } from '../spec/history.ts';
import type { Json } from '../spec/program.ts';
import { type Actor, pathOf } from './interpret-actor.ts';
import { UNSET } from './interpret-errors.ts';
import { Call, type CompiledStep, type Rounds } from './interpret-step.ts';
import type { Visible } from './platform.ts';
import type { Coroutine } from './reference/types.ts';
import type { Held } from './slots-held.ts';

/**
 * Performing single operations, by their shape: which records each makes, and in which order. An error is recorded and
 * then raised in the body that performs the operation.
 */
/** Fills the slot that `to` names, and shows the object as the ref of the operation that made it. */
function* keep(actor: Actor, step: CompiledStep, made: Held): Visible<Json> {
  if (step.to !== null) {
    if (step.to.isShared) yield* actor.slots.publish(actor, step.to, made);
    else actor.slots.write(step.to, made);
  }
  return { ref: made.ref };
}

function* open(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<Call> {
  const call = new Call(step, inst);
  yield* actor.slots.readShared(actor, call);
  actor.begin(call, rounds);
  return call;
}

export function openAtOnce(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Call {
  const call = new Call(step, inst);
  actor.slots.read(call);
  actor.begin(call, rounds);
  return call;
}

/** An operation on an empty slot does nothing, and is no error of its body. */
function* refuseUnset({ log }: Actor, call: Call): Visible<void> {
  if (log.hasEarly) yield log.pause;
  log.retFailed(call.id, UNSET, undefined);
}

export function attemptPlain(actor: Actor, call: Call): void {
  if (!call.isSet) return;
  const { step } = call;
  try {
    const result = step.operation.perform(actor, call);
    if (!step.makes) call.outcome = { value: (result ?? null) as Json };
    else {
      const made = result as Held;
      if (step.to !== null) actor.slots.write(step.to, made);
      call.outcome = { value: { ref: made.ref } };
    }
  } catch (error) {
    call.outcome = { error };
  }
}

export function concludePlain(actor: Actor, { id, outcome }: Call): void {
  const { log } = actor;
  if (outcome === undefined) log.retFailed(id, UNSET, undefined);
  else if ('value' in outcome) log.ret(id, outcome.value);
  else {
    log.retFailed(id, actor.kindOf(outcome.error), undefined);
    throw outcome.error;
  }
}

export function* performCall(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
  const { log } = actor;
  const { operation } = step;
  const call = step.readsShared ? yield* open(actor, step, inst, rounds) : openAtOnce(actor, step, inst, rounds);
  if (!call.isSet) return yield* refuseUnset(actor, call);
  let result: unknown;
  try {
    result = operation.perform(actor, call);
    if (operation.kind === 'visible') result = yield* result as Visible<unknown>;
  } catch (error) {
    const kind = actor.kindOf(error);
    if (log.hasEarly) yield log.pause;
    log.retFailed(call.id, kind, call.done);
    throw error;
  }
  const value = step.makes ? yield* keep(actor, step, result as Held) : ((result ?? null) as Json);
  if (log.hasEarly) yield log.pause;
  log.ret(call.id, value);
}

/** A run operation. Only M can drive the loop; to L and to other threads it is a call that must be refused. */
export function* performDrive(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
  const { log } = actor;
  if (log.label !== 'M') return yield* performCall(actor, step, inst, rounds);
  const call = step.readsShared ? yield* open(actor, step, inst, rounds) : openAtOnce(actor, step, inst, rounds);
  if (!call.isSet) return yield* refuseUnset(actor, call);
  log.loopStart();
  log.label = 'L';
  let value: Json;
  try {
    value = ((yield* step.operation.perform(actor, call) as Visible<unknown>) ?? null) as Json;
  } catch (error) {
    const kind = actor.kindOf(error);
    log.label = 'M';
    if (log.hasEarly) yield log.pause;
    log.loopStopFailed(kind);
    log.retFailed(call.id, kind, undefined);
    throw error;
  }
  log.label = 'M';
  if (log.hasEarly) yield log.pause;
  log.loopStop();
  log.ret(call.id, value);
}

/** A close that succeeded; a failed one has raised. The record is the lifecycle owner's. */
export function* performClose(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
  yield* performCall(actor, step, inst, rounds);
  if (actor.log.label === 'M') actor.log.loopClosed();
}

export function* performWait(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Coroutine<void> {
  const { log } = actor;
  const call = step.readsShared ? yield* open(actor, step, inst, rounds) : openAtOnce(actor, step, inst, rounds);
  if (!call.isSet) return yield* refuseUnset(actor, call);
  const { id } = call;
  log.susp(inst, id, { ref: call.of?.ref ?? id });
  let value: Json;
  try {
    value = ((yield* step.operation.perform(actor, call) as Coroutine) ?? null) as Json;
  } catch (error) {
    const kind = actor.kindOf(error);
    if (log.hasEarly) yield log.pause;
    log.resmFailed(inst, id, kind);
    log.retFailed(id, kind, undefined);
    throw error;
  }
  if (log.hasEarly) yield log.pause;
  log.resm(inst, id, value);
  log.ret(id, value);
}

/** A mark of the program's own gets a step of its own: it may come before or after what other threads do meanwhile. */
export function* performMoment(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
  const { log } = actor;
  const path = pathOf(step, rounds);
  if (step.op === 'mark') {
    log.markMoment(inst, path, step.tag, step.value);
    yield log.pause;
    return;
  }
  const { operation } = step;
  let v = operation.perform(actor, new Call(step, inst));
  if (operation.kind === 'visible') v = yield* v as Visible<unknown>;
  if (log.hasEarly) yield log.pause;
  const tag = step.tag === '' ? null : step.tag;
  log.mark(inst, path, step.op, { tag, v: v as Json });
}
