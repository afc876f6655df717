import { assertNever } from '../spec/assert-never.ts';
import type { OpId } from '../spec/history.ts';
import type { Json } from '../spec/program.ts';
import { type Actor, pathOf } from './interpret-actor.ts';
import { catches, makeError, UNSET } from './interpret-errors.ts';
import { Call, type CompiledBody, type CompiledStep, type Rounds } from './interpret-step.ts';
import type { Visible } from './platform.ts';
import type { Coroutine } from './reference/types.ts';
import type { Held } from './slots-held.ts';

/**
 * Performing bodies and their steps. All of these are coroutines; only bodies of tasks ever suspend, so that others may
 * be driven as plain sequences of visible operations. Destroying a suspended one performs and records nothing more:
 * nothing here is in a `finally` of the language's own.
 *
 * A block returns the value of the `return` that ended it, or undefined.
 */
export const NO_ROUNDS: Rounds = [];

/** Records `run` first and `end` last; the value or error of the body is passed on. */
export function* performBody(
  actor: Actor,
  body: CompiledBody,
  inst: OpId,
  args: readonly Json[] | undefined,
): Coroutine<Json> {
  const { log } = actor;
  if (log.hasEarly) yield log.pause;
  log.run(inst, body.name, args);
  let value: Json;
  try {
    value = (yield* performBlock(actor, body.steps, inst, NO_ROUNDS)) ?? null;
  } catch (error) {
    actor.departures.leave(error, inst);
    log.endFailed(inst, actor.kindOf(error));
    throw error;
  }
  log.end(inst, value);
  return value;
}

/** `main`: an error that reaches it is recorded by its operation, and the next step is performed. */
export function* performMain(actor: Actor, steps: readonly CompiledStep[]): Visible<void> {
  for (const step of steps) {
    try {
      const outcome = yield* performBlock(actor, [step], 'main', NO_ROUNDS) as Visible<Json | undefined>;
      if (outcome !== undefined) return;
    } catch (error) {
      actor.kindOf(error);
    }
  }
}

export function* performBlock(
  actor: Actor,
  steps: readonly CompiledStep[],
  inst: OpId,
  rounds: Rounds,
): Coroutine<Json | undefined> {
  for (const step of steps) {
    let outcome: Json | undefined;
    switch (step.shape) {
      case 'plain': {
        const call = openAtOnce(actor, step, inst, rounds);
        attemptPlain(actor, call);
        if (actor.log.hasEarly) yield actor.log.pause;
        concludePlain(actor, call);
        break;
      }
      case 'call':
        yield* performCall(actor, step, inst, rounds);
        break;
      case 'wait':
        yield* performWait(actor, step, inst, rounds);
        break;
      case 'moment':
        yield* performMoment(actor, step, inst, rounds);
        break;
      case 'return':
        return step.value;
      case 'raise':
        throw makeError(step.error!);
      case 'repeat':
        outcome = yield* performRepeat(actor, step, inst, rounds);
        break;
      case 'try':
        outcome = yield* performTry(actor, step, inst, rounds);
        break;
      case 'scope':
        outcome = yield* performScope(actor, step, inst, rounds);
        break;
      case 'drive':
        yield* performDrive(actor, step, inst, rounds);
        break;
      case 'close':
        yield* performClose(actor, step, inst, rounds);
        break;
      default:
        assertNever(step.shape);
    }
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

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

function openAtOnce(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Call {
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

function attemptPlain(actor: Actor, call: Call): void {
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

function concludePlain(actor: Actor, { id, outcome }: Call): void {
  const { log } = actor;
  if (outcome === undefined) log.retFailed(id, UNSET, undefined);
  else if ('value' in outcome) log.ret(id, outcome.value);
  else {
    log.retFailed(id, actor.kindOf(outcome.error), undefined);
    throw outcome.error;
  }
}

function* performCall(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
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
function* performDrive(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
  const { log } = actor;
  if (log.label !== 'M') return yield* performCall(actor, step, inst, rounds);
  const call = openAtOnce(actor, step, inst, rounds);
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
function* performClose(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
  yield* performCall(actor, step, inst, rounds);
  if (actor.log.label === 'M') actor.log.loopClosed();
}

function* performWait(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Coroutine<void> {
  const { log } = actor;
  const call = step.readsShared
    ? yield* open(actor, step, inst, rounds)
    : openAtOnce(actor, step, inst, rounds);
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

/** The operation gets its block through `Call.block`. */
function* performScope(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Coroutine<Json | undefined> {
  const { log } = actor;
  const call = openAtOnce(actor, step, inst, rounds);
  call.block = () => performBlock(actor, step.steps, inst, rounds);
  let outcome: Json | undefined;
  try {
    outcome = (yield* step.operation.perform(actor, call) as Coroutine) as Json | undefined;
  } catch (error) {
    const kind = actor.kindOf(error);
    if (log.hasEarly) yield log.pause;
    log.retFailed(call.id, kind, undefined);
    throw error;
  }
  if (log.hasEarly) yield log.pause;
  log.ret(call.id, null);
  return outcome;
}

/** A mark of the program's own gets a step of its own: it may come before or after what other threads do meanwhile. */
function* performMoment(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Visible<void> {
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

function* performRepeat(actor: Actor, step: CompiledStep, inst: OpId, outer: Rounds): Coroutine<Json | undefined> {
  const rounds = [...outer, 0];
  for (let round = 1; round <= step.count; round++) {
    rounds[outer.length] = round;
    const outcome = yield* performBlock(actor, step.steps, inst, rounds);
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

function* performTry(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Coroutine<Json | undefined> {
  let outcome: Json | undefined;
  let failure: { readonly error: unknown } | undefined;
  try {
    outcome = yield* performGuarded(actor, step, inst, rounds);
  } catch (error) {
    failure = { error };
  }
  const last = yield* performBlock(actor, step.finallySteps, inst, rounds);
  if (last !== undefined) return last;
  if (failure !== undefined) throw failure.error;
  return outcome;
}

function* performGuarded(actor: Actor, step: CompiledStep, inst: OpId, rounds: Rounds): Coroutine<Json | undefined> {
  try {
    return yield* performBlock(actor, step.steps, inst, rounds);
  } catch (error) {
    if (!catches(step.on, actor.kindOf(error))) throw error;
  }
  return yield* performBlock(actor, step.thenSteps, inst, rounds);
}
