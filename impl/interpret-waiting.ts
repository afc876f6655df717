import type { Actor } from './interpret-actor.ts';
import { performBody } from './interpret-body.ts';
import { futureOf } from './interpret-futures.ts';
import { subjectOf } from './interpret-passed.ts';
import type { Call, Operation } from './interpret-step.ts';
import { FOREVER } from './platform.ts';
import { shield, sleep, timeout, waitFor, yieldNow } from './reference/task.ts';
import type { Coroutine } from './reference/types.ts';

/** What suspends a task. */
function awaitSubject(actor: Actor, call: Call): Coroutine {
  const { body } = call.step;
  return body === null ? futureOf(call)[Symbol.iterator]() : performBody(actor, body, call.id, undefined);
}

function shieldSubject(actor: Actor, call: Call): Coroutine {
  return shield(actor.homeLoop(), subjectOf(actor, call));
}

function waitForSubject(actor: Actor, call: Call): Coroutine {
  return waitFor(actor.homeLoop(), subjectOf(actor, call), call.step.timeoutNs ?? FOREVER);
}

function timeoutScope(actor: Actor, call: Call): Coroutine {
  return timeout(actor.homeLoop(), call.step.timeoutNs ?? FOREVER, call.block!);
}

export const WAITING: { readonly [op: string]: Operation } = {
  await: { kind: 'waiting', perform: awaitSubject },
  shield: { kind: 'waiting', perform: shieldSubject },
  waitFor: { kind: 'waiting', perform: waitForSubject },
  timeout: { kind: 'waiting', perform: timeoutScope },
  sleep: { kind: 'waiting', perform: (actor, call) => sleep(actor.homeLoop(), call.step.delayNs!) },
  yield: { kind: 'waiting', perform: () => yieldNow() },
  shutdownDefaultExecutor: { kind: 'waiting', perform: (actor) => actor.homeLoop().shutdownDefaultExecutor() },
};
