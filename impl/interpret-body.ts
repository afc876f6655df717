import { assertNever } from '../spec/assert-never.ts';
import type { OpId } from '../spec/history.ts';
import type { Json } from '../spec/program.ts';
import type { Actor } from './interpret-actor.ts';
import {
  attemptPlain,
  concludePlain,
  openAtOnce,
  performCall,
  performClose,
  performDrive,
  performMoment,
  performWait,
} from './interpret-call.ts';
import { catches, makeError } from './interpret-errors.ts';
import type { CompiledBody, CompiledStep, Rounds } from './interpret-step.ts';
import type { Visible } from './platform.ts';
import type { Coroutine } from './reference/types.ts';

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
      // Most of an execution happens inside a run operation: it goes without the level of a block.
      if (step.shape === 'drive') yield* performDrive(actor, step, 'main', NO_ROUNDS);
      else {
        const outcome = yield* performBlock(actor, [step], 'main', NO_ROUNDS) as Visible<Json | undefined>;
        if (outcome !== undefined) return;
      }
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
    let isCaught = false;
    try {
      outcome = yield* performBlock(actor, step.steps, inst, rounds);
    } catch (error) {
      isCaught = catches(step.on, actor.kindOf(error));
      if (!isCaught) throw error;
    }
    if (isCaught) outcome = yield* performBlock(actor, step.thenSteps, inst, rounds);
  } catch (error) {
    failure = { error };
  }
  if (step.finallySteps.length > 0) {
    const last = yield* performBlock(actor, step.finallySteps, inst, rounds);
    if (last !== undefined) return last;
  }
  if (failure !== undefined) throw failure.error;
  return outcome;
}
