import type { EndEvent, Event, RetEvent } from '../history.ts';
import { type IndexedHistory, type Operation, scheduledBody } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, idle, task } from './builder.ts';
import {
  type ConcurrentFuture,
  concurrentFutures,
  firstPossibleCancel,
  isSetByProgram,
  mayFailWithTimeout,
} from './concurrent-completion.ts';
import { isPlainSuspension } from './inbound-delivery.ts';
import { hungSince, isForeign, laterOf, nameOf, timeoutNs, unlessMisused, witness } from './inbound-facts.ts';
import { windingDownFrom } from './inbound-outcome.ts';
import { expecting, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** Operations by which a task may be cancelled without being named. A history with one of them proves no culprit. */
const CANCELLING: readonly string[] = ['cancelTask', 'cancelFuture', 'runner', 'waitFor', 'timeout', 'gather'];

/** The first expiry of a call on this future: its outcome cannot be a TIMEOUT. */
function firstExpiry(history: IndexedHistory, future: ConcurrentFuture): Operation | undefined {
  let first: Operation | undefined;
  for (const call of future.operations) {
    const isCall = call.op === 'concurrentResult' || call.op === 'concurrentException';
    if (!isCall || call.ret?.err !== 'TIMEOUT' || timeoutNs(call) === Number.POSITIVE_INFINITY) continue;
    if (first === undefined || call.ret.seq < first.ret!.seq) first = call;
  }
  return first === undefined || mayFailWithTimeout(history, future) ? undefined : first;
}

/** Nothing in the history but the expiry can have cancelled the future or its coroutine. */
function hasNoOtherCulprit(history: IndexedHistory, future: ConcurrentFuture): boolean {
  if (firstPossibleCancel(future) !== undefined) return false;
  if (future.made.op === 'createConcurrent') return true;
  return !isSetByProgram(future) && !CANCELLING.some((op) => history.byOp.has(op));
}

/** The record by which a coroutine shows that it was cancelled in a plain suspension after the expiring call began. */
function cancelledSuspension(history: IndexedHistory, future: ConcurrentFuture, expiry: Operation): Event | undefined {
  const operations = scheduledBody(history, future.made)?.operations ?? [];
  return operations.find(
    (operation) =>
      operation.resm?.err === 'CANCELLED' &&
      operation.resm.seq > expiry.inv.seq &&
      isPlainSuspension(history, operation) &&
      !isToldCancelled(history, operation),
  )?.resm;
}

/** The program itself may have given the awaited future an error of this kind. */
function isToldCancelled(history: IndexedHistory, { susp }: Operation): boolean {
  const touched = history.byRef.get(susp?.on.ref ?? '') ?? [];
  return touched.some(({ op }) => op === 'setException' || op === 'complete');
}

function saysCancelled(op: string, ret: RetEvent): boolean {
  const state = ret.v as { readonly cancelled?: unknown } | null | undefined;
  return op === 'concurrentQuery' ? state?.cancelled === true : ret.err === 'CANCELLED';
}

/** What a look at the future, begun after an expiry, says about it. */
type Look = 'fine' | 'unknown' | 'cancelled' | 'stuck';

function lookOf(history: IndexedHistory, future: ConcurrentFuture, look: Operation, complete: Event | undefined): Look {
  const { op, inv, ret } = look;
  const isResult = op === 'concurrentResult' || op === 'concurrentException';
  if (!isResult && op !== 'concurrentQuery') return 'unknown';
  if (ret === undefined) {
    const isUnbounded = isResult && isForeign(inv) && timeoutNs(look) === Number.POSITIVE_INFINITY;
    const isHung = complete !== undefined && hungSince(history, laterOf<Event>(complete, inv));
    return isUnbounded && isHung ? 'stuck' : 'unknown';
  }
  if (saysCancelled(op, ret)) {
    const end: EndEvent | undefined = scheduledBody(history, future.made)?.ends[0];
    // A coroutine may raise CANCELLED itself; one that had not ended, or ended otherwise, did not.
    const didRaise = end?.err === 'CANCELLED' && !precedes(ret, end);
    return didRaise || ret.seq > windingDownFrom(history) ? 'unknown' : 'cancelled';
  }
  return ret.err === undefined || ret.err.startsWith('USER(') ? 'fine' : 'unknown';
}

function judgeFuture(history: IndexedHistory, future: ConcurrentFuture, expiry: Operation): Judgement {
  const complete = future.proofs[0]?.record;
  const isCulprit = hasNoOtherCulprit(history, future);
  const name = nameOf(future.made);
  const expired = `${expiry.op} of ${name} on ${expiry.inv.th} ended by its timeout`;
  const thrown = isCulprit ? cancelledSuspension(history, future, expiry) : undefined;
  if (thrown !== undefined && thrown.seq < windingDownFrom(history)) {
    const explanation = `${expired}, and ${name} met a cancellation although nobody cancelled it.`;
    return { evidence: 1, violation: witness([expiry.inv, expiry.ret, thrown], explanation) };
  }
  let evidence = 0;
  for (const look of future.operations) {
    if (!precedes(expiry.ret!, look.inv)) continue;
    const seen = lookOf(history, future, look, complete);
    if (seen === 'unknown' || (seen === 'cancelled' && !isCulprit)) continue;
    evidence++;
    if (seen === 'fine') continue;
    const what = seen === 'stuck' ? 'never returned' : 'showed it cancelled although nobody cancelled it';
    const explanation = `${expired}, and ${look.op} on ${look.inv.th} after it ${what}.`;
    return { evidence, violation: witness([expiry.inv, expiry.ret, look.inv, look.ret], explanation) };
  }
  return { evidence };
}

/** An expiry leaves the future and its coroutine as they are. */
function judgeExpiry(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    const expiry = firstExpiry(history, future);
    if (expiry === undefined) continue;
    const judged = judgeFuture(history, future, expiry);
    evidence += judged.evidence;
    if (judged.violation !== undefined) return { evidence, violation: judged.violation };
  }
  return { evidence };
}

const EXPIRED = `${SUBMITTED} ; F1 inv g concurrentResult of=a timeoutUs=10 ; @5ms F1 ret g err=TIMEOUT done=false`;
const AGAIN = 'F1 inv h concurrentResult of=a';
const RUN = 'L run a co ; L end a v=1';
const AWAITS = 'L run a co ; L inv p createFuture ; L ret p ; L inv s await of=p ; L susp a id=s on=p';

export const expiryChangesNothing: Requirement = {
  id: 'C-CF-03',
  slug: 'timeout-neither-cancels-nor-consumes',
  scenario: 'C',
  area: 'timeout',
  level: 'MUST',
  basis: 'impl',
  statement: 'TIMEOUT neither cancels nor consumes: a later result() still delivers.',
  source: 'Future.result',
  evidence: 'a look at a concurrent future, or a call of result(), after a call on it had ended by its timeout',
  hint: 'a waiter that gives up must take away itself only, and leave nothing that a later answer is lost to',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeExpiry),
  examples: {
    upholds: [
      idle(`${EXPIRED} ; ${AGAIN} ; ${RUN} ; F1 ret h v=1 ; M eot done`),
      idle(`${EXPIRED} ; F1 inv q concurrentQuery of=a ; F1 ret q v={"done":false,"cancelled":false} ; M eot done`),
    ],
    violates: [
      idle(`${EXPIRED} ; ${AGAIN} ; F1 ret h err=CANCELLED ; ${RUN} ; M eot done`),
      idle(`${EXPIRED} ; ${AGAIN} ; ${RUN} ; F1 ret h err=CANCELLED ; M eot done`),
      idle(`${EXPIRED} ; F1 inv q concurrentQuery of=a ; F1 ret q v={"done":true,"cancelled":true} ; M eot done`),
      idle(
        `${AWAITS.replace('L run', `${SUBMITTED} ; L run`)} ; ${EXPIRED.slice(SUBMITTED.length + 3)} ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a err=CANCELLED`,
      ),
      idle(
        `${EXPIRED} ; ${AGAIN} ; ${RUN} ; F2 inv q concurrentQuery of=a ; F2 ret q v={"done":true,"cancelled":false} ; M eot deadlock`,
      ),
      idle(
        'F1 inv c createConcurrent ; F1 ret c ; F1 inv g concurrentResult of=c timeoutUs=1 ; F1 ret g err=TIMEOUT ; F1 inv h concurrentResult of=c ; F1 ret h err=CANCELLED',
      ),
    ],
    unexercised: [
      idle(`${EXPIRED} ; M eot done`),
      idle(
        `${SUBMITTED} ; ${RUN} ; F1 inv g concurrentResult of=a timeoutUs=10 ; F1 ret g v=1 ; ${AGAIN} ; F1 ret h v=1`,
      ),
    ],
    noFalseAlarm: [
      idle(`${EXPIRED} ; F2 inv k concurrentCancel of=a ; F2 ret k v=true ; ${AGAIN} ; F1 ret h err=CANCELLED`),
      idle(`${EXPIRED} ; L run a co ; L end a err=CANCELLED ; ${AGAIN} ; F1 ret h err=CANCELLED ; M eot done`),
      idle(`${EXPIRED} ; L inv t cancelTask of=t0 ; L ret t v=true ; ${AGAIN} ; F1 ret h err=CANCELLED ; M eot done`),
      idle(`${EXPIRED} ; M inv z close ; M ret z ; ${AGAIN} ; F1 ret h err=CANCELLED ; M eot done`),
      idle(`${EXPIRED} ; ${AGAIN} ; L run a co ; M eot deadlock`),
      idle(
        `F2 inv c createConcurrent ; F2 ret c ; F1 inv g concurrentResult of=c timeoutUs=1 ; F2 inv s concurrentSet of=c error=TIMEOUT ; F1 ret g err=TIMEOUT ; F2 ret s ; F1 inv h concurrentResult of=c ; F1 ret h err=TIMEOUT`,
      ),
    ],
  },
  program: inboundProgram('C-CF-03', {
    bodies: {
      slow: task({ op: 'await', of: 'go' }, { op: 'return', value: 25 }),
      release: callback({ op: 'setResult', of: 'go', value: null }),
    },
    prepare: [{ op: 'createFuture', to: 'go' }],
    threads: {
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'slow', to: 'slow' },
        expecting('TIMEOUT', { op: 'concurrentResult', of: 'slow', timeoutUs: 1000 }),
        { op: 'callSoonThreadsafe', body: 'release' },
        { op: 'concurrentResult', of: 'slow', timeoutUs: null },
      ],
    },
  }),
};
