import type { Event } from '../history.ts';
import type { IndexedHistory, Operation } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { callback, idle, task } from './builder.ts';
import { firstTrueCancel } from './concurrent-completion.ts';
import { didMeetCancel, isUndelivered, owedResumption } from './inbound-delivery.ts';
import { drainedAfter, hungSince, isForeign, laterOf, timeoutNs, unlessMisused, witness } from './inbound-facts.ts';
import { type Submission, selfCancelling, submissionsOf } from './inbound-outcome.ts';
import { expecting, finished, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** A cancel that had returned before the coroutine ended, and did not return true. */
function wrongReturn({ end, name, future }: Submission, cancel: Operation): Violation | undefined {
  const { inv, ret } = cancel;
  if (ret === undefined || end === undefined || !precedes(ret, end) || ret.v === true) return undefined;
  const answer = ret.err ?? JSON.stringify(ret.v);
  return witness(
    [future.made.inv, inv, ret, end],
    `${name} had not ended when its cancel on ${inv.th} returned ${answer}.`,
  );
}

/** A call that contradicts `cancel`, which returned true: an outcome, an expiry after it, or no answer. */
function contradiction(
  history: IndexedHistory,
  { name, end }: Submission,
  cancel: Operation,
  call: Operation,
): Violation | undefined {
  const { inv, ret } = call;
  if (call.op !== 'concurrentResult' || !isForeign(inv)) return undefined;
  const isAfter = precedes(cancel.ret!, inv);
  const is = `the cancel of ${name} on ${cancel.inv.th} returned true, yet concurrentResult on ${inv.th}`;
  if (ret === undefined) {
    const isStuck =
      timeoutNs(call) === Number.POSITIVE_INFINITY && hungSince(history, laterOf<Event>(cancel.ret!, inv));
    return isStuck ? witness([cancel.inv, cancel.ret, inv], `${is} never returned.`) : undefined;
  }
  // Of a coroutine that may have ended before the cancel, an outcome is no contradiction.
  const wasUnfinished = end !== undefined && precedes(cancel.ret!, end);
  const isOutcome = wasUnfinished && (ret.err === undefined || ret.err.startsWith('USER('));
  if (!isOutcome && !(isAfter && ret.err === 'TIMEOUT' && timeoutNs(call) >= 0)) return undefined;
  return witness([cancel.inv, cancel.ret, inv, ret], `${is} answered ${ret.err ?? JSON.stringify(ret.v)}.`);
}

/** Cancel of an unfinished submission returns true, is final, and reaches the coroutine. */
function judgeCancel(history: IndexedHistory): Judgement {
  const isDrained = drainedAfter(history);
  let evidence = 0;
  for (const submission of submissionsOf(history)) {
    const { future, end, name } = submission;
    for (const cancel of future.operations) {
      if (cancel.op !== 'concurrentCancel' || cancel.ret === undefined || cancel.ret.err === 'UNSET') continue;
      if (cancel.ret.v === true || (end !== undefined && precedes(cancel.ret, end))) evidence++;
      const violation = wrongReturn(submission, cancel);
      if (violation !== undefined) return { evidence, violation };
    }
    const cancel = firstTrueCancel(future);
    if (cancel === undefined) continue;
    for (const call of future.operations) {
      const violation = contradiction(history, submission, cancel, call);
      if (violation !== undefined) return { evidence, violation };
    }
    const owed = owedResumption(history, submission, cancel);
    if (owed === undefined || !isUndelivered(history, submission, owed, isDrained)) continue;
    const { susp, resm } = owed.suspended;
    const when = resm === undefined ? 'was not resumed' : 'was resumed late';
    const explanation = `the cancel of ${name} on ${cancel.inv.th} returned true while ${name} was suspended in ${owed.suspended.op}, yet ${name} ${when}.`;
    return { evidence, violation: witness([cancel.inv, cancel.ret, susp, resm], explanation) };
  }
  return { evidence };
}

function showsCancelled({ op, ret }: Operation): boolean | undefined {
  if (op === 'concurrentQuery') {
    const state = ret?.v as { readonly cancelled?: unknown } | null | undefined;
    return typeof state?.cancelled === 'boolean' ? state.cancelled : undefined;
  }
  if (op !== 'concurrentResult' && op !== 'concurrentException') return undefined;
  if (ret === undefined || (ret.err !== undefined && !/^(CANCELLED|USER\()/.test(ret.err))) return undefined;
  return ret.err === 'CANCELLED';
}

/** After a cancel that returned true everything shows the future cancelled, whatever the coroutine does. */
function judgeStaysCancelled(history: IndexedHistory): Judgement {
  const tainted = selfCancelling(history);
  let evidence = 0;
  for (const submission of submissionsOf(history)) {
    const { end, future } = submission;
    const cancel = firstTrueCancel(future);
    const didGoOn = end !== undefined && end.err !== 'CANCELLED' && !tainted.has(future.made.id);
    if (cancel === undefined || !didGoOn || !didMeetCancel(history, submission)) continue;
    for (const call of future.operations) {
      const isCancelled = showsCancelled(call);
      if (isCancelled === undefined || !precedes(cancel.ret!, call.inv)) continue;
      evidence++;
      if (isCancelled) continue;
      const explanation = `the cancel of ${submission.name} on ${cancel.inv.th} returned true and ${submission.name} went on, and then ${call.op} on ${call.inv.th} showed its future as not cancelled.`;
      return { evidence, violation: witness([cancel.inv, cancel.ret, end, call.inv, call.ret], explanation) };
    }
  }
  return { evidence };
}

const AWAITS = `${SUBMITTED} ; L run a co ; L inv s sleep delayUs=9000000 ; L susp a id=s on=s`;
const CANCEL = 'F1 inv k concurrentCancel of=a';
const THROWN = 'L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a err=CANCELLED';
const RESULT = 'F1 inv g concurrentResult of=a';
const AWAITS_PLAIN = `${SUBMITTED} ; L run a co ; L inv p createFuture ; L ret p ; L inv s await of=p ; L susp a id=s on=p`;
const ENTERED = callback({ op: 'signal', gate: 'entered' });

export const cancelReachesCoroutine: Requirement = {
  id: 'C-RCT-05',
  slug: 'cancel-from-outside-reaches-coroutine',
  scenario: 'C',
  area: 'cancellation',
  level: 'MUST',
  basis: 'doc',
  statement:
    'Cancel of the concurrent future on an unfinished submission returns true, is final at once, and delivers CANCELLED to the coroutine within B.',
  source: 'doc task#run_coroutine_threadsafe',
  evidence: 'a concurrentCancel of a submission that returned true, or had returned before the coroutine ended',
  hint: 'who wins between cancel and completion, and whether a cancel during the pick-up is seen by the one or the other side',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeCancel),
  examples: {
    upholds: [
      idle(`${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; ${RESULT} ; F1 ret g err=CANCELLED ; ${THROWN} ; M eot done`),
      idle(`${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; L resm a id=s v=null ; L ret s ; L end a ; M eot done`),
    ],
    violates: [
      idle(`${AWAITS} ; ${CANCEL} ; F1 ret k v=false ; ${THROWN} ; M eot done`),
      idle(`${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; ${RESULT} ; F1 ret g v=25 ; ${THROWN} ; M eot done`),
      idle(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; @9s L resm a id=s v=null ; L ret s v=null ; L end a ; M eot done`,
      ),
      idle(`${AWAITS_PLAIN} ; ${CANCEL} ; F1 ret k v=true ; M eot deadlock`),
      finished(`${AWAITS_PLAIN} ; ${CANCEL} ; F1 ret k v=true`),
      idle(`${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; ${RESULT} ; ${THROWN} ; M eot deadlock`),
      idle(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; ${RESULT} timeoutUs=5 ; F1 ret g err=TIMEOUT ; ${THROWN} ; M eot done`,
      ),
      finished(
        `F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; ${CANCEL} ; F1 ret k v=true ; ${AWAITS_PLAIN.slice(SUBMITTED.length + 3)}`,
      ),
    ],
    unexercised: [idle(`${SUBMITTED} ; L run a co ; L end a v=1 ; ${CANCEL} ; F1 ret k v=false ; M eot done`)],
    noFalseAlarm: [
      idle(`${SUBMITTED} ; L run a co ; ${CANCEL} ; L end a v=25 ; F1 ret k v=false ; M eot done`),
      idle(
        `${SUBMITTED} ; L run a co ; ${CANCEL} ; F1 ret k v=true ; L inv g createFuture ; L ret g ; L inv p setResult of=g value=1 ; L ret p ; L inv w2 await of=g ; L susp a id=w2 on=g ; L resm a id=w2 v=1 ; L ret w2 v=1 ; L end a v=25 ; M eot done`,
      ),
      finished(`${SUBMITTED} ; ${CANCEL} ; F1 ret k v=true`),
      finished(
        `${AWAITS} ; ${CANCEL} ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L inv p createFuture ; L ret p ; L inv s2 await of=p ; L susp a id=s2 on=p ; F1 ret k v=true`,
      ),
      finished(
        `${SUBMITTED} ; L run a co ; L inv t createTask body=c ; L ret t ; L inv s await of=t ; L susp a id=s on=t ; ${CANCEL} ; F1 ret k v=true`,
      ),
      idle(`${RESULT} timeoutUs=5 ; ${AWAITS} ; F1 ret g err=TIMEOUT ; ${CANCEL} ; F1 ret k v=true ; ${THROWN}`),
      idle(`${AWAITS} ; ${CANCEL} ; ${RESULT.replace('F1', 'F2')} ; M eot deadlock`),
      `M meta bounds={"B":null,"G":0} ; ${idle(`${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; @9s ${THROWN} ; M eot done`)}`,
    ],
  },
  program: inboundProgram('C-RCT-05', {
    gates: ['entered', 'cancelled'],
    bodies: {
      // `entered` runs once the coroutine is suspended for certain; it ends only after the cancel has returned.
      co: task(
        { op: 'callSoon', body: 'entered' },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'never' }],
          finally: [
            { op: 'waitGate', gate: 'cancelled' },
            { op: 'setResult', of: 'seen', value: null },
          ],
        },
      ),
      entered: ENTERED,
      raced: task({ op: 'await', of: 'never' }),
    },
    prepare: [
      { op: 'createFuture', to: 'never' },
      { op: 'createFuture', to: 'seen' },
    ],
    threads: {
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'co', to: 'sent' },
        { op: 'waitGate', gate: 'entered' },
        {
          op: 'try',
          steps: [{ op: 'concurrentCancel', of: 'sent' }],
          finally: [{ op: 'signal', gate: 'cancelled' }],
        },
        expecting('CANCELLED', { op: 'concurrentResult', of: 'sent', timeoutUs: null }),
        { op: 'runCoroutineThreadsafe', body: 'raced', to: 'early' },
        { op: 'concurrentCancel', of: 'early' },
        expecting('CANCELLED', { op: 'concurrentResult', of: 'early', timeoutUs: null }),
      ],
    },
    awaits: ['seen'],
  }),
};

export const staysCancelled: Requirement = {
  id: 'C-RCT-06',
  slug: 'stays-cancelled-though-suppressed',
  scenario: 'C',
  area: 'cancellation',
  level: 'MUST',
  basis: 'impl',
  statement: 'The concurrent future stays cancelled even if the coroutine suppresses cancellation and goes on.',
  source: '_set_concurrent_future_state',
  evidence: 'a look at a cancelled concurrent future whose coroutine suppressed the cancellation',
  hint: 'what copies the end of a task to its concurrent future must leave a cancelled one as it is',
  needs: ['suppressible-cancel'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeStaysCancelled),
  examples: {
    upholds: [
      finished(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a v=7 ; F1 inv q1 concurrentQuery of=a ; F1 ret q1 v={"done":true,"cancelled":true,"running":false}`,
      ),
      finished(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; ${RESULT} ; F1 ret g err=CANCELLED ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a v=7`,
      ),
    ],
    violates: [
      finished(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a v=7 ; F1 inv q1 concurrentQuery of=a ; F1 ret q1 v={"done":true,"cancelled":false,"running":false}`,
      ),
      finished(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a v=7 ; ${RESULT} ; F1 ret g v=7`,
      ),
    ],
    unexercised: [
      finished(`${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; ${THROWN} ; ${RESULT} ; F1 ret g err=CANCELLED`),
      finished(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=true ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a v=7`,
      ),
    ],
    noFalseAlarm: [
      finished(
        `${AWAITS} ; F1 inv q1 concurrentQuery of=a ; F2 inv k concurrentCancel of=a ; F2 ret k v=true ; F1 ret q1 v={"done":false,"cancelled":false,"running":false} ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a v=7`,
      ),
      finished(
        `${AWAITS} ; ${CANCEL} ; F1 ret k v=false ; L resm a id=s err=CANCELLED ; L ret s err=CANCELLED ; L end a v=7 ; ${RESULT} ; F1 ret g v=7`,
      ),
    ],
  },
  program: inboundProgram('C-RCT-06', {
    needs: ['suppressible-cancel'],
    gates: ['entered'],
    bodies: {
      stubborn: task(
        { op: 'callSoon', body: 'entered' },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'never' }],
          on: 'CANCELLED',
          then: [{ op: 'setResult', of: 'gone', value: null }],
        },
        { op: 'return', value: 7 },
      ),
      entered: ENTERED,
    },
    prepare: [
      { op: 'createFuture', to: 'never' },
      { op: 'createFuture', to: 'gone' },
    ],
    threads: {
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'stubborn', to: 'sent' },
        { op: 'waitGate', gate: 'entered' },
        { op: 'concurrentCancel', of: 'sent' },
      ],
    },
    awaits: ['gone'],
    after: [{ op: 'concurrentQuery', of: 'sent' }],
  }),
};
