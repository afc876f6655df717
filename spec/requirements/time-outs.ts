import type { Event } from '../history.ts';
import {
  type IndexedHistory,
  type Instance,
  type Operation,
  operationsNamed,
  scheduledBody,
} from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task } from './builder.ts';
import { cancelDeliveries, lastRecordOf, makerOf } from './cancellation-facts.ts';
import { CANCELLING, outcomeOf, subjectOf } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { countBelow, isOnLoop, MUST_ON_LOOP, violated, whenInvoked } from './on-loop-facts.ts';

/** The body that a waitFor waits for, given to it or that of the task it was given, once it was entered. */
function innerOf(history: IndexedHistory, wait: Operation): Instance | undefined {
  if (wait.args['body'] !== undefined) return scheduledBody(history, wait);
  const made = makerOf(history, subjectOf(wait));
  return made === undefined ? undefined : scheduledBody(history, made);
}

/** A time-out that does not wait at all is another requirement's business. */
function hasTimeoutAbove(wait: Operation, limitUs: number): boolean {
  const { timeoutUs } = wait.args;
  return typeof timeoutUs === 'number' && timeoutUs > limitUs;
}

function nameInner(wait: Operation): string {
  return typeof wait.args['body'] === 'string' ? `${wait.args['body']} (${wait.id})` : `the task ${subjectOf(wait)}`;
}

function judgeInnerEnded(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const wait of operationsNamed(history, 'waitFor')) {
    const { resm } = wait;
    const inner = innerOf(history, wait);
    if (resm?.err !== 'TIMEOUT' || !isOnLoop(resm) || !hasTimeoutAbove(wait, 0) || inner === undefined) continue;
    const last = lastRecordOf(inner);
    if (last === undefined || !isOnLoop(last)) continue;
    if (last.seq > resm.seq) {
      const told = `waitFor ${wait.id} went on with TIMEOUT before ${nameInner(wait)} had ended`;
      return violated(evidence, told, wait.inv, resm, last);
    }
    if (inner.ends.length > 0) evidence++;
  }
  return { evidence };
}

function judgeNeverStarted(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const wait of operationsNamed(history, 'waitFor')) {
    const { timeoutUs, body } = wait.args;
    if (typeof timeoutUs !== 'number' || timeoutUs > 0 || body === undefined || !isOnLoop(wait.inv)) continue;
    const run = scheduledBody(history, wait)?.runs[0];
    if (run !== undefined) {
      const told = `waitFor ${wait.id} was given no time at all, yet its coroutine ${nameInner(wait)} ran`;
      return violated(evidence, told, wait.inv, run);
    }
    if (wait.resm !== undefined) evidence++;
  }
  return { evidence };
}

/**
 * Tells whether nothing else that may cancel was under way between the beginning and the end of a waitFor: neither
 * begun meanwhile, nor begun before and, if it is bounded in time, still open. O(log n) a question.
 */
function loneWaits(history: IndexedHistory): (wait: Operation) => boolean {
  const operations = operationsNamed(history, ...CANCELLING);
  const stamps = operations.map(({ inv }) => inv.seq);
  const effectUntil: number[] = [];
  for (const { op, ret } of operations) {
    const isBounded = op === 'waitFor' || op === 'timeout';
    const until = isBounded && ret !== undefined ? ret.seq : Number.POSITIVE_INFINITY;
    effectUntil.push(Math.max(until, effectUntil.at(-1) ?? 0));
  }
  return ({ inv, resm }) => {
    const before = countBelow(stamps, inv.seq);
    if (before > 0 && effectUntil[before - 1]! > inv.seq) return false;
    return countBelow(stamps, resm!.seq) === before + 1;
  };
}

/** The record with which the time-out threw its cancellation into the inner body. */
function thrownInto(
  inner: Instance,
  wait: Operation,
  isDelivery: (operation: Operation) => boolean,
): Event | undefined {
  return inner.operations.find((operation) => isDelivery(operation) && operation.resm!.seq > wait.susp!.seq)?.resm;
}

function judgeStubbornInner(history: IndexedHistory): Judgement {
  const isDelivery = cancelDeliveries(history);
  const isAlone = loneWaits(history);
  let evidence = 0;
  for (const wait of operationsNamed(history, 'waitFor')) {
    const { resm, susp } = wait;
    if (resm === undefined || susp === undefined || !isOnLoop(resm) || !hasTimeoutAbove(wait, 0)) continue;
    const inner = innerOf(history, wait);
    const [end] = inner?.ends ?? [];
    if (inner === undefined || end?.v === undefined || end.seq > resm.seq || end.seq < susp.seq) continue;
    const thrown = thrownInto(inner, wait, isDelivery);
    if (thrown === undefined || thrown.seq > end.seq || !isAlone(wait)) continue;
    const got = resm.err === 'TIMEOUT' || resm.err === 'CANCELLED' ? resm.err : outcomeOf(resm);
    if (got !== undefined && got !== outcomeOf(end)) {
      const told = `${nameInner(wait)} suppressed its cancellation and returned ${outcomeOf(end)}, yet waitFor ${wait.id} gave ${got}`;
      return violated(evidence, told, wait.inv, thrown, end, resm);
    }
    evidence++;
  }
  return { evidence };
}

/** The root waits for w, whose body sleeps for long. */
const WAITING =
  'L inv w waitFor body=c timeoutUs=100 ; L susp R id=w on=w ; L run w c ; L inv s sleep delayUs=9000 ; L susp w id=s on=s';
const HIT = '@1ms L resm w id=s err=CANCELLED ; L ret s err=CANCELLED';
const CLEANS_UP = 'L inv z sleep delayUs=10 ; L susp w id=z on=z ; L resm w id=z ; L ret z';
const TIMED_OUT = 'L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT';
const VALUE = 'L resm R id=w v=7 ; L ret w v=7';
const STUBBORN_TASK =
  'L inv t createTask body=c ; L ret t ; L inv w waitFor of=t timeoutUs=100 ; L susp R id=w on=t ; L run t c ; L inv s sleep delayUs=9000 ; L susp t id=s on=s ; @1ms L resm t id=s err=CANCELLED ; L ret s err=CANCELLED ; L end t v=7';

export const waitForWaitsForItsEnd: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-TMO-01',
  slug: 'wait-for-returns-after-the-inner-ended',
  area: 'timeout',
  basis: 'doc',
  statement: 'wait_for cancels the inner on timeout and returns only when the inner has ended.',
  source: 'doc task#wait_for',
  evidence: 'a waitFor that gave TIMEOUT, of a body that was entered and ended',
  hint: 'what wait_for does after it has cancelled the inner task: it waits for it once more',
  needs: ['wait-for'],
  judge: whenInvoked(['waitFor'], judgeInnerEnded),
  examples: {
    upholds: [
      running(`${WAITING} ; ${HIT} ; ${CLEANS_UP} ; L end w err=CANCELLED ; ${TIMED_OUT} ; L end R ; M eot done`),
    ],
    violates: [
      running(
        `${WAITING} ; ${HIT} ; L inv z sleep delayUs=10 ; L susp w id=z on=z ; ${TIMED_OUT} ; L resm w id=z ; L ret z ; L end w err=CANCELLED ; L end R ; M eot done`,
      ),
      running(`${WAITING} ; @1ms ${TIMED_OUT} ; L end R ; @9ms L resm w id=s ; L ret s ; L end w ; M eot done`),
    ],
    unexercised: [running(`${WAITING} ; @1ms L resm w id=s ; L ret s ; L end w v=7 ; ${VALUE} ; L end R ; M eot done`)],
    noFalseAlarm: [
      // Cancelled from outside; never entered; destroyed; a time-out of nothing; a plain future; the inner's own TIMEOUT.
      running(
        `${WAITING} ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; L end R ; ${HIT} ; L end w ; M eot done`,
      ),
      running(
        'L inv w waitFor body=c timeoutUs=100 ; L susp R id=w on=w ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT',
      ),
      running(`${WAITING} ; @1ms ${TIMED_OUT} ; L end R ; M eot done`),
      running(
        'L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv s yield ; L susp t id=s on=s ; L resm R id=y ; L ret y ; L inv w waitFor of=t timeoutUs=0 ; L susp R id=w on=t ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; L end R ; L resm t id=s err=CANCELLED ; L ret s err=CANCELLED ; L end t ; M eot done',
      ),
      running(
        'L inv f createFuture ; L ret f ; L inv w waitFor of=f timeoutUs=100 ; L susp R id=w on=f ; @1ms L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; L end R ; M eot done',
      ),
      running(`${WAITING} ; @9ms L resm w id=s ; L ret s ; L end w err=TIMEOUT ; ${TIMED_OUT} ; L end R ; M eot done`),
    ],
  },
  program: fixedProgram('A-TMO-01', {
    needs: ['ON-LOOP', 'edge-cancel', 'wait-for'],
    bodies: {
      root: task(
        { op: 'createTask', body: 'slow', to: 'task' },
        expecting('TIMEOUT', { op: 'waitFor', body: 'slow', timeoutUs: 1000 }),
        expecting('TIMEOUT', { op: 'waitFor', of: 'task', timeoutUs: 1000 }),
        { op: 'sleep', delayUs: 3000 },
      ),
      slow: task({
        op: 'try',
        steps: [{ op: 'sleep', delayUs: 1_000_000 }],
        finally: [
          { op: 'sleep', delayUs: 1000 },
          { op: 'mark', tag: 'cleaned' },
        ],
      }),
    },
  }),
};

export const noTimeMeansNoStart: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-TMO-02',
  slug: 'wait-for-without-time-never-starts',
  area: 'timeout',
  basis: 'impl',
  statement: 'wait_for(coroutine, <=0) never starts the coroutine.',
  source: 'test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started',
  evidence: 'a waitFor of a body with a time-out of zero or less, that went on',
  hint: 'the special case of wait_for for a time-out that has passed already',
  needs: ['wait-for'],
  judge: whenInvoked(['waitFor'], judgeNeverStarted),
  examples: {
    upholds: [
      running(
        'L inv w waitFor body=c timeoutUs=0 ; L susp R id=w on=w ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT',
      ),
    ],
    violates: [
      running('L inv w waitFor body=c timeoutUs=0 ; L susp R id=w on=w ; L run w c ; L end w v=1 ; L resm R id=w v=1'),
      running(
        'L inv w waitFor body=c timeoutUs=-5 ; L susp R id=w on=w ; L resm R id=w err=TIMEOUT ; L run w c ; L end w',
      ),
    ],
    unexercised: [running(`${WAITING} ; ${HIT} ; L end w err=CANCELLED ; ${TIMED_OUT} ; L end R ; M eot done`)],
    noFalseAlarm: [
      running(
        'L inv w waitFor body=c timeoutUs=null ; L susp R id=w on=w ; L run w c ; L end w v=1 ; L resm R id=w v=1',
      ),
      // A task had begun by itself.
      running(
        'L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv s yield ; L susp t id=s on=s ; L resm R id=y ; L ret y ; L inv w waitFor of=t timeoutUs=0 ; L susp R id=w on=t ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; L end R',
      ),
    ],
  },
  program: fixedProgram('A-TMO-02', {
    needs: ['ON-LOOP', 'wait-for'],
    bodies: {
      root: task(
        expecting('TIMEOUT', { op: 'waitFor', body: 'never', timeoutUs: 0 }),
        expecting('TIMEOUT', { op: 'waitFor', body: 'never', timeoutUs: -1000 }),
        { op: 'yield' },
      ),
      never: task({ op: 'mark', tag: 'never' }),
    },
  }),
};

export const stubbornInnerKeepsItsValue: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-TMO-05',
  slug: 'wait-for-returns-the-value-of-a-stubborn-inner',
  area: 'timeout',
  basis: 'impl',
  statement: 'If the inner suppresses cancellation and returns, that value is returned (3.9+).',
  source: 'wait_for; docstring 3.12',
  evidence: 'a waitFor whose body was cancelled by the time-out, by nothing else, and returned a value',
  hint: 'what wait_for does when the inner ends after it was cancelled: it asks for its result',
  needs: ['wait-for'],
  deviations: [{ where: { name: 'CPython', from: '3.8', to: '3.8' }, signature: 'TIMEOUT instead of the value' }],
  judge: whenInvoked(['waitFor'], judgeStubbornInner),
  examples: {
    upholds: [
      running(`${WAITING} ; ${HIT} ; L end w v=7 ; ${VALUE} ; L end R ; M eot done`),
      running(`${STUBBORN_TASK} ; ${VALUE} ; L end R ; M eot done`),
    ],
    violates: [
      running(`${WAITING} ; ${HIT} ; ${CLEANS_UP} ; L end w v=7 ; ${TIMED_OUT} ; L end R ; M eot done`),
      running(`${STUBBORN_TASK} ; L resm R id=w v=null ; L ret w v=null ; L end R ; M eot done`),
    ],
    unexercised: [running(`${WAITING} ; ${HIT} ; L end w err=CANCELLED ; ${TIMED_OUT} ; L end R ; M eot done`)],
    noFalseAlarm: [
      // The value came together with the deadline; somebody else cancelled the inner; an outer time-out was under way.
      running(`${WAITING} ; @1ms L resm w id=s ; L ret s ; L end w v=7 ; ${TIMED_OUT} ; L end R ; M eot done`),
      running(
        'L inv t createTask body=c ; L ret t ; L inv w waitFor of=t timeoutUs=100 ; L susp R id=w on=t ; L run t c ; L inv s sleep delayUs=9000 ; L susp t id=s on=s ; L run x other ; L inv k cancelTask of=t ; L ret k v=true ; L end x ; L resm t id=s err=CANCELLED ; L ret s err=CANCELLED ; L end t v=7 ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; L end R',
      ),
      running(
        `L inv o timeout timeoutUs=100 ; ${WAITING} ; ${HIT} ; L end w v=7 ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; L ret o err=TIMEOUT`,
      ),
    ],
  },
  program: fixedProgram('A-TMO-05', {
    needs: ['ON-LOOP', 'suppressible-cancel', 'wait-for'],
    bodies: {
      root: task(
        { op: 'waitFor', body: 'stubborn', timeoutUs: 1000 },
        { op: 'createTask', body: 'stubborn', to: 'task' },
        { op: 'waitFor', of: 'task', timeoutUs: 1000 },
      ),
      stubborn: task(expecting('CANCELLED', { op: 'sleep', delayUs: 1_000_000 }), { op: 'return', value: 'kept' }),
    },
  }),
};
