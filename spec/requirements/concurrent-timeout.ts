import type { Event } from '../history.ts';
import type { IndexedHistory, Operation } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { callback, idle, task } from './builder.ts';
import {
  type CompletionProof,
  type ConcurrentFuture,
  concurrentFutures,
  mayFailWithTimeout,
} from './concurrent-completion.ts';
import { hungSince, isForeign, laterOf, nameOf, timeoutNs, unlessMisused, witness } from './inbound-facts.ts';
import { expecting, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** The proof with the smallest time and the one with the smallest stamp, and the best ones of other operations. */
class Proofs {
  private readonly bySeq: readonly CompletionProof[];
  private readonly byT: readonly CompletionProof[];

  constructor(proofs: readonly CompletionProof[]) {
    this.bySeq = proofs;
    this.byT = [...proofs].sort((a, b) => a.record.t - b.record.t);
  }

  get first(): CompletionProof | undefined {
    return this.bySeq[0];
  }

  /** A proof, not by the call itself, that the future was complete before the call began or before its deadline. */
  inTimeFor(call: Operation): CompletionProof | undefined {
    const timeout = timeoutNs(call);
    const { inv, ret } = call;
    const first = this.bySeq[0];
    if (timeout >= 0 && first !== undefined && precedes(first.record, inv)) return first;
    const earliest = this.byT[0]?.by === call ? this.byT[1] : this.byT[0];
    if (earliest === undefined || earliest.record.t >= inv.t + timeout) return undefined;
    return ret !== undefined && earliest.record.seq < ret.seq ? earliest : undefined;
  }
}

/** A call that never returned although the future was complete while it waited. */
function stuckCall(
  history: IndexedHistory,
  future: ConcurrentFuture,
  call: Operation,
  proof: Event,
): Violation | undefined {
  if (!hungSince(history, laterOf<Event>(proof, call.inv))) return undefined;
  const explanation = `${nameOf(future.made)} was complete, yet concurrentResult of it on ${call.inv.th} never returned.`;
  return witness([call.inv, proof], explanation);
}

/** A future that only the program completes answered with a value although nobody had begun to set it. */
function answeredUnset(history: IndexedHistory, future: ConcurrentFuture, call: Operation): Violation | undefined {
  const { ret } = call;
  if (future.made.op !== 'createConcurrent' || ret === undefined || ret.err !== undefined) return undefined;
  const set = future.operations.find(({ op }) => op === 'concurrentSet')?.inv;
  if (set === undefined ? history.eot === undefined : set.seq < ret.seq) return undefined;
  const explanation = `concurrentResult of ${nameOf(future.made)} on ${call.inv.th} returned before anybody set it.`;
  return witness([future.made.inv, call.inv, ret, set], explanation);
}

/** A call answers as soon as the future is complete, and TIMEOUT only if it was not complete in time. */
function judgeIff(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    const proofs = new Proofs(future.proofs.filter(({ by }) => by.op !== 'concurrentCancel'));
    const isAmbiguous = mayFailWithTimeout(history, future);
    for (const call of future.operations) {
      if (call.op !== 'concurrentResult' || !isForeign(call.inv) || call.ret?.err === 'UNSET') continue;
      const unset = answeredUnset(history, future, call);
      const stuck =
        call.ret === undefined && proofs.first ? stuckCall(history, future, call, proofs.first.record) : undefined;
      const wrong = unset ?? stuck;
      if (wrong !== undefined) return { evidence: evidence + 1, violation: wrong };
      const proof = call.ret === undefined || isAmbiguous ? undefined : proofs.inTimeFor(call);
      if (proof === undefined || timeoutNs(call) === Number.POSITIVE_INFINITY) continue;
      evidence++;
      if (call.ret!.err !== 'TIMEOUT') continue;
      const explanation = `${proof.by.op} on ${proof.record.th} showed ${nameOf(future.made)} complete in time, yet concurrentResult with a timeout of ${call.args['timeoutUs']} us on ${call.inv.th} answered TIMEOUT.`;
      return { evidence, violation: witness([call.inv, proof.record, call.ret], explanation) };
    }
  }
  return { evidence };
}

/** An expiry takes at least the timeout; a call without a timeout never expires. */
function judgeNotEarly(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    const isAmbiguous = mayFailWithTimeout(history, future);
    for (const { op, inv, ret, args } of future.operations) {
      if ((op !== 'concurrentResult' && op !== 'concurrentException') || ret?.err !== 'TIMEOUT') continue;
      const timeout = timeoutNs({ args });
      if (isAmbiguous || timeout <= 0) continue;
      evidence++;
      if (ret.t - inv.t >= timeout - history.bounds.G) continue;
      const asked = timeout === Number.POSITIVE_INFINITY ? 'no timeout' : `a timeout of ${args['timeoutUs']} us`;
      const explanation = `${op} of ${nameOf(future.made)} on ${inv.th} with ${asked} answered TIMEOUT after ${(ret.t - inv.t) / 1000} us.`;
      return { evidence, violation: witness([inv, ret], explanation) };
    }
  }
  return { evidence };
}

const CREATED = 'F1 inv c createConcurrent ; F1 ret c v={"ref":"c"}';
const SET = 'F1 inv s concurrentSet of=c value=1 ; F1 ret s';
const BOUNDED = 'F2 inv g concurrentResult of=c timeoutUs=1000';

export const timeoutOnlyIfIncomplete: Requirement = {
  id: 'C-CF-01',
  slug: 'result-returns-iff-finished',
  scenario: 'C',
  area: 'value',
  level: 'MUST',
  basis: 'doc',
  statement:
    'result(timeout) returns iff the future finished; if completion returned before the deadline, TIMEOUT is a violation.',
  source: 'doc concurrent.futures#result',
  evidence: 'a bounded concurrentResult whose future another operation shows complete before its deadline',
  hint: 'the waiter must test "done" and start to wait in one step, and test again after its time is up',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeIff),
  examples: {
    upholds: [
      idle(`${CREATED} ; ${SET} ; ${BOUNDED} ; F2 ret g v=1 ; M eot done`),
      idle(`${CREATED} ; ${BOUNDED} ; ${SET} ; F2 ret g v=1 ; M eot done`),
      idle(`${CREATED} ; ${BOUNDED} ; ${SET} ; @9s F2 ret g v=1 ; M eot done`),
    ],
    violates: [
      idle(`${CREATED} ; ${SET} ; ${BOUNDED} ; @2ms F2 ret g err=TIMEOUT done=true ; M eot done`),
      idle(`${CREATED} ; ${BOUNDED} ; ${SET} ; @2ms F2 ret g err=TIMEOUT done=true ; M eot done`),
      `M meta bounds={"B":null,"G":0} ; ${idle(`${CREATED} ; ${BOUNDED} ; ${SET} ; @2ms F2 ret g err=TIMEOUT done=true ; M eot done`)}`,
      idle(`${CREATED} ; ${SET} ; F2 inv g concurrentResult of=c timeoutUs=0 ; F2 ret g err=TIMEOUT done=true`),
      idle(
        `${CREATED} ; ${BOUNDED} ; F1 inv q concurrentQuery of=c ; F1 ret q v={"done":true,"cancelled":false} ; @2ms F2 ret g err=TIMEOUT done=true`,
      ),
      idle(
        `${CREATED} ; F1 inv d concurrentAddDoneCallback of=c body=cb ; F1 ret d ; ${BOUNDED} ; F3 inv s concurrentSet of=c value=1 ; F3 run d cb ; F3 end d ; @2ms F2 ret g err=TIMEOUT`,
      ),
      idle(
        `${SUBMITTED} ; F2 inv g concurrentResult of=a timeoutUs=1000 ; F1 inv h concurrentResult of=a ; L run a co ; L end a v=1 ; F1 ret h v=1 ; @2ms F2 ret g err=TIMEOUT done=true`,
      ),
      idle(`${CREATED} ; F2 inv g concurrentResult of=c ; ${SET} ; M eot deadlock`),
      idle(`${CREATED} ; ${BOUNDED} ; ${SET} ; @9s M eot deadline`),
      idle(`${CREATED} ; ${BOUNDED} ; F2 ret g v=1 ; ${SET} ; M eot done`),
    ],
    unexercised: [
      idle(`${CREATED} ; ${BOUNDED} ; @2ms F2 ret g err=TIMEOUT done=false ; M eot done`),
      idle(
        `${SUBMITTED} ; F1 inv g concurrentResult of=a timeoutUs=1000 ; L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`,
      ),
    ],
    noFalseAlarm: [
      idle(
        `${CREATED} ; ${BOUNDED} ; @2ms F1 inv s concurrentSet of=c value=1 ; F1 ret s ; F2 ret g err=TIMEOUT done=true`,
      ),
      idle(
        `${CREATED} ; ${BOUNDED} ; F1 inv s concurrentSet of=c value=1 ; @2ms F2 ret g err=TIMEOUT done=true ; F1 ret s`,
      ),
      idle(
        `${CREATED} ; F1 inv s concurrentSet of=c error=TIMEOUT ; F1 ret s ; ${BOUNDED} ; F2 ret g err=TIMEOUT done=true`,
      ),
      idle(
        `${SUBMITTED} ; L run a co ; L end a err=TIMEOUT ; F1 inv q concurrentQuery of=a ; F1 ret q v={"done":true} ; F1 inv g concurrentResult of=a timeoutUs=9 ; F1 ret g err=TIMEOUT done=true`,
      ),
      idle(`${CREATED} ; ${SET} err=INVALID_STATE ; ${BOUNDED} ; @2ms F2 ret g err=TIMEOUT done=false`),
      idle(`${CREATED} ; ${BOUNDED} ; ${SET} ; @9us M eot deadline`),
      idle(`${CREATED} ; ${SET} ; F2 inv g concurrentResult of=c timeoutUs=-1 ; F2 ret g err=TIMEOUT done=true`),
    ],
  },
  program: inboundProgram('C-CF-01', {
    gates: ['sent', 'passed', 'complete'],
    bodies: {
      // `passed` opens some turns after the end, when the future may well be complete and nobody has waited for it.
      co: task({ op: 'yield' }, { op: 'callSoon', body: 'hop1' }, { op: 'return', value: 25 }),
      hop1: callback({ op: 'callSoon', body: 'hop2' }),
      hop2: callback({ op: 'callSoon', body: 'hop3' }),
      hop3: callback({ op: 'signal', gate: 'passed' }),
    },
    threads: {
      asker: [
        {
          op: 'try',
          steps: [{ op: 'runCoroutineThreadsafe', body: 'co', to: 'shared' }],
          finally: [{ op: 'signal', gate: 'sent' }],
        },
        { op: 'waitGate', gate: 'passed' },
        { op: 'concurrentQuery', of: 'shared' },
        {
          op: 'try',
          steps: [{ op: 'concurrentResult', of: 'shared', timeoutUs: null }],
          finally: [{ op: 'signal', gate: 'complete' }],
        },
      ],
      // The first wait may meet the completion; the second begins when it is certain.
      other: [
        { op: 'waitGate', gate: 'sent' },
        expecting('TIMEOUT', { op: 'concurrentResult', of: 'shared', timeoutUs: 5000 }),
        { op: 'waitGate', gate: 'complete' },
        { op: 'concurrentResult', of: 'shared', timeoutUs: 1000 },
      ],
    },
  }),
};

export const timeoutIsNotEarly: Requirement = {
  id: 'C-CF-02',
  slug: 'timeout-is-not-early',
  scenario: 'C',
  area: 'timeout',
  level: 'MUST',
  basis: 'doc',
  statement: 'TIMEOUT is not raised before the timeout elapsed (timeout<=0: at once).',
  source: 'doc concurrent.futures#result',
  evidence: 'an expiry: a concurrentResult or concurrentException that answered TIMEOUT of its own',
  hint: 'a wake-up is no expiry: after one that was meant for another, or for nobody, the rest of the time is left to wait',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeNotEarly),
  examples: {
    upholds: [idle(`${CREATED} ; @10us ${BOUNDED} ; @1010us F2 ret g err=TIMEOUT done=false ; M eot done`)],
    violates: [
      idle(`${CREATED} ; @10us ${BOUNDED} ; @1009us F2 ret g err=TIMEOUT done=false ; M eot done`),
      idle(`${CREATED} ; @10us ${BOUNDED.replace('Result', 'Exception')} ; @20us F2 ret g err=TIMEOUT done=true`),
      idle(`${CREATED} ; F2 inv g concurrentResult of=c ; @9s F2 ret g err=TIMEOUT done=false`),
    ],
    unexercised: [
      idle(`${CREATED} ; ${SET} ; ${BOUNDED} ; F2 ret g v=1 ; M eot done`),
      idle(`${CREATED} ; F2 inv g concurrentResult of=c timeoutUs=0 ; F2 ret g err=TIMEOUT done=false`),
    ],
    noFalseAlarm: [
      `M meta G=1000 ; ${idle(`${CREATED} ; @10us ${BOUNDED} ; @1009us F2 ret g err=TIMEOUT done=false`)}`,
      idle(
        `${SUBMITTED} ; F1 inv g concurrentResult of=a timeoutUs=9000 ; L run a co ; L end a err=TIMEOUT ; F1 ret g err=TIMEOUT`,
      ),
      idle(`${CREATED} ; ${BOUNDED} ; F1 inv s concurrentSet of=c error=TIMEOUT ; F2 ret g err=TIMEOUT ; F1 ret s`),
    ],
  },
  program: inboundProgram('C-CF-02', {
    bodies: {
      slow: task({ op: 'await', of: 'go' }),
      quick: task({ op: 'yield' }),
      release: callback({ op: 'setResult', of: 'go', value: null }),
    },
    prepare: [{ op: 'createFuture', to: 'go' }],
    threads: {
      // The completion of `quick` may come while the thread waits for `slow`; it must not end that wait.
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'slow', to: 'slow' },
        { op: 'runCoroutineThreadsafe', body: 'quick', to: 'quick' },
        expecting('TIMEOUT', { op: 'concurrentResult', of: 'slow', timeoutUs: 0 }),
        expecting('TIMEOUT', { op: 'concurrentResult', of: 'slow', timeoutUs: 1000 }),
        { op: 'concurrentResult', of: 'quick', timeoutUs: null },
        expecting('TIMEOUT', { op: 'concurrentResult', of: 'slow', timeoutUs: 2000 }),
        { op: 'callSoonThreadsafe', body: 'release' },
        { op: 'concurrentResult', of: 'slow', timeoutUs: null },
      ],
    },
  }),
};
