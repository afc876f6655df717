import type { Event } from '../history.ts';
import { type IndexedHistory, type Operation, scheduledBody } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, idle, task } from './builder.ts';
import {
  type CompletionProof,
  type ConcurrentFuture,
  concurrentFutures,
  firstTrueCancel,
} from './concurrent-completion.ts';
import { nameOf, unlessMisused, witness } from './inbound-facts.ts';
import { expecting, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** What a cancel has to return, and the record that proves it; `undefined` where the order proves nothing. */
type Expected = { readonly v: boolean; readonly because: string; readonly proof: Event | undefined };

/** The records of one future that decide what its cancels return. */
class CancelExpectation {
  private readonly settled: Event | undefined;
  private readonly running: Event | undefined;
  private readonly cancelled: Event | undefined;
  /** The first record after which the future may be finished; none: nothing finishes it. */
  private readonly finish: Event | undefined;
  private readonly isDirect: boolean;

  constructor(history: IndexedHistory, future: ConcurrentFuture) {
    const { made, operations } = future;
    const end = scheduledBody(history, made)?.ends[0];
    this.isDirect = made.op === 'createConcurrent';
    this.settled = future.proofs.find(({ how }) => how === 'settled')?.record;
    this.running = operations.find(({ op, ret }) => op === 'concurrentQuery' && isRunning(ret?.v))?.ret;
    this.cancelled = firstTrueCancel(future)?.ret;
    const set = operations.find(({ op }) => op === 'concurrentSet')?.inv;
    this.finish = set === undefined || (end !== undefined && end.seq < set.seq) ? end : set;
  }

  of({ inv, ret }: Operation): Expected | undefined {
    const { settled, running, cancelled, finish } = this;
    if (settled !== undefined && precedes(settled, inv)) return { v: false, because: 'was finished', proof: settled };
    if (this.isDirect && running !== undefined && precedes(running, inv)) {
      return { v: false, because: 'was running', proof: running };
    }
    if (cancelled !== undefined && precedes(cancelled, inv)) {
      return { v: true, because: 'was cancelled already', proof: cancelled };
    }
    // A submission that shows as running may be cancelled nevertheless (C-RCT-05) or not: no verdict here.
    if (running !== undefined) return undefined;
    // Only a future that the program itself finishes is known to be pending from a missing finish.
    const isPending = finish === undefined ? this.isDirect : precedes(ret!, finish);
    return isPending ? { v: true, because: 'was pending', proof: finish } : undefined;
  }
}

function isRunning(state: unknown): boolean {
  return typeof state === 'object' && state !== null && (state as { readonly running?: unknown }).running === true;
}

/** A cancel returns true on a pending or cancelled future, false on a running or finished one. */
function judgeCancelReturn(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    if (!future.operations.some(({ op }) => op === 'concurrentCancel')) continue;
    const expectation = new CancelExpectation(history, future);
    for (const cancel of future.operations) {
      const { op, inv, ret } = cancel;
      if (op !== 'concurrentCancel' || typeof ret?.v !== 'boolean') continue;
      const expected = expectation.of(cancel);
      if (expected === undefined) continue;
      evidence++;
      if (ret.v === expected.v) continue;
      const explanation = `${nameOf(future.made)} ${expected.because}, yet its cancel on ${inv.th} returned ${ret.v}.`;
      return { evidence, violation: witness([expected.proof, inv, ret], explanation) };
    }
  }
  return { evidence };
}

/** A proof of completion that is over before the set begins; or, for two sets that both succeeded, the other one. */
function proofAgainst(
  set: Operation,
  first: CompletionProof | undefined,
  succeeded: readonly Operation[],
): Event | undefined {
  if (first !== undefined && precedes(first.record, set.inv)) return first.record;
  if (set.ret!.err !== undefined) return undefined;
  return succeeded.find((other) => other !== set)?.ret;
}

/** Setting a future that is complete fails with INVALID_STATE. */
function judgeSetOnce(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    const sets = future.operations.filter(
      ({ op, ret }) => op === 'concurrentSet' && ret !== undefined && ret.err !== 'UNSET',
    );
    if (sets.length === 0) continue;
    const first = future.proofs[0];
    const succeeded = sets.filter(({ ret }) => ret!.err === undefined).slice(0, 2);
    for (const set of sets) {
      const proof = proofAgainst(set, first, succeeded);
      if (proof === undefined) continue;
      evidence++;
      const { inv, ret } = set;
      if (ret!.err === 'INVALID_STATE') continue;
      const how = ret!.err === undefined ? 'succeeded' : `failed with ${ret!.err}`;
      const explanation = `concurrentSet of ${nameOf(future.made)} on ${inv.th} ${how} although the future was complete without it.`;
      return { evidence, violation: witness([proof, inv, ret], explanation) };
    }
  }
  return { evidence };
}

const CREATED = 'F1 inv c createConcurrent ; F1 ret c v={"ref":"c"}';
const CANCEL = 'F1 inv k concurrentCancel of=c ; F1 ret k';
const AGAIN = 'F1 inv k2 concurrentCancel of=c ; F1 ret k2';
const SET = 'F1 inv s concurrentSet of=c value=1 ; F1 ret s';
const SET_AGAIN = 'F1 inv s2 concurrentSet of=c value=2 ; F1 ret s2';

export const cancelReturnsByState: Requirement = {
  id: 'C-CF-06',
  slug: 'cancel-of-concurrent-future-by-state',
  scenario: 'C',
  area: 'cancellation',
  level: 'MUST',
  basis: 'doc',
  statement: 'Cancel of the concurrent future: pending -> true (again true), running or finished -> false.',
  source: 'doc concurrent.futures#cancel',
  evidence: 'a concurrentCancel of a future whose state at the time is proved',
  hint: 'one atomic change of state decides between cancel and completion, and cancel answers by what it found',
  needs: ['concurrent-states'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeCancelReturn),
  examples: {
    upholds: [
      idle(`${CREATED} ; ${CANCEL} v=true ; ${AGAIN} v=true ; M eot done`),
      idle(`${CREATED} ; ${SET} ; ${CANCEL} v=false ; M eot done`),
      idle(
        `${SUBMITTED} ; F1 inv g concurrentResult of=a ; L run a co ; L end a ; F1 ret g ; F1 inv k concurrentCancel of=a ; F1 ret k v=false`,
      ),
    ],
    violates: [
      idle(`${CREATED} ; ${CANCEL} v=false ; M eot done`),
      idle(`${CREATED} ; ${CANCEL} v=true ; ${AGAIN} v=false ; M eot done`),
      idle(`${CREATED} ; ${SET} ; ${CANCEL} v=true ; M eot done`),
      idle(
        `${CREATED} ; F2 inv q concurrentQuery of=c ; F2 ret q v={"done":false,"cancelled":false,"running":true} ; ${CANCEL} v=true`,
      ),
      idle(`${SUBMITTED} ; L run a co ; F1 inv k concurrentCancel of=a ; F1 ret k v=false ; L end a`),
    ],
    unexercised: [
      idle(`${CREATED} ; F1 inv k concurrentCancel of=c ; M eot done`),
      idle(`${SUBMITTED} ; L run a co ; F1 inv k concurrentCancel of=a ; L end a ; F1 ret k v=false ; M eot done`),
    ],
    noFalseAlarm: [
      idle(
        `${CREATED} ; F1 inv k concurrentCancel of=c ; F2 inv s concurrentSet of=c value=1 ; F1 ret k v=false ; F2 ret s`,
      ),
      idle(
        `${CREATED} ; F1 inv s concurrentSet of=c value=1 ; F2 inv k concurrentCancel of=c ; F2 ret k v=true ; F1 ret s err=INVALID_STATE`,
      ),
      idle(`${SUBMITTED} ; F1 inv k concurrentCancel of=a ; F1 ret k v=false ; M eot done`),
      idle(`${CREATED} ; F1 inv k concurrentCancel of=null ; F1 ret k err=UNSET`),
      idle(
        `${SUBMITTED} ; L run a co ; F2 inv q concurrentQuery of=a ; F2 ret q v={"done":false,"cancelled":false,"running":true} ; F1 inv k concurrentCancel of=a ; F1 ret k v=true ; L end a err=CANCELLED`,
      ),
    ],
  },
  program: inboundProgram('C-CF-06', {
    needs: ['concurrent-states'],
    gates: ['entered', 'asked'],
    bodies: {
      quick: task({ op: 'return', value: 1 }),
      // Entered before the cancel and not ended before it has returned: pending for certain.
      held: task(
        { op: 'callSoon', body: 'entered' },
        { op: 'try', steps: [{ op: 'await', of: 'never' }], finally: [{ op: 'waitGate', gate: 'asked' }] },
      ),
      entered: callback({ op: 'signal', gate: 'entered' }),
    },
    prepare: [{ op: 'createFuture', to: 'never' }],
    threads: {
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'quick', to: 'finished' },
        { op: 'concurrentResult', of: 'finished', timeoutUs: null },
        { op: 'concurrentCancel', of: 'finished' },
        { op: 'runCoroutineThreadsafe', body: 'held', to: 'pending' },
        { op: 'waitGate', gate: 'entered' },
        {
          op: 'try',
          steps: [
            { op: 'concurrentCancel', of: 'pending' },
            { op: 'concurrentCancel', of: 'pending' },
          ],
          finally: [{ op: 'signal', gate: 'asked' }],
        },
        // Whichever comes first, the state is final when the second cancel asks for it.
        { op: 'runCoroutineThreadsafe', body: 'quick', to: 'raced' },
        { op: 'concurrentCancel', of: 'raced' },
        expecting('CANCELLED', { op: 'concurrentResult', of: 'raced', timeoutUs: null }),
        { op: 'concurrentCancel', of: 'raced' },
      ],
    },
  }),
};

export const isSetOnce: Requirement = {
  id: 'C-CF-07',
  slug: 'concurrent-future-is-set-once',
  scenario: 'C',
  area: 'error',
  level: 'MUST',
  basis: 'doc',
  statement: 'set_result or set_exception of a concurrent future on a done or cancelled future fails INVALID_STATE.',
  source: 'doc concurrent.futures#set_result',
  evidence: 'a concurrentSet of a future that was complete without it',
  hint: 'the test "not done yet" and the change of state must be one atomic step',
  needs: ['concurrent-direct'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeSetOnce),
  examples: {
    upholds: [
      idle(`${CREATED} ; ${SET} ; ${SET_AGAIN} err=INVALID_STATE ; M eot done`),
      idle(`${CREATED} ; ${CANCEL} v=true ; ${SET} err=INVALID_STATE ; M eot done`),
    ],
    violates: [
      idle(`${CREATED} ; ${SET} ; ${SET_AGAIN} ; M eot done`),
      idle(`${CREATED} ; ${CANCEL} v=true ; ${SET} ; M eot done`),
      idle(`${CREATED} ; ${SET} ; ${SET_AGAIN} err=OTHER(RuntimeError) ; M eot done`),
      idle(
        `${CREATED} ; F1 inv s concurrentSet of=c value=1 ; F2 inv s2 concurrentSet of=c value=2 ; F1 ret s ; F2 ret s2 ; M eot done`,
      ),
    ],
    unexercised: [
      idle(`${CREATED} ; ${SET} ; M eot done`),
      idle(`${CREATED} ; ${CANCEL} v=false ; ${SET} ; M eot done`),
    ],
    noFalseAlarm: [
      idle(
        `${CREATED} ; F1 inv s concurrentSet of=c value=1 ; F2 inv s2 concurrentSet of=c value=2 ; F2 ret s2 ; F1 ret s err=INVALID_STATE`,
      ),
      idle(
        `${CREATED} ; F1 inv k concurrentCancel of=c ; F2 inv s concurrentSet of=c value=2 ; F2 ret s ; F1 ret k v=false`,
      ),
      idle(`${CREATED} ; ${SET} ; F1 inv s2 concurrentSet of=c value=2 ; M eot deadline`),
      idle(`${CREATED} ; ${SET} ; F1 inv s2 concurrentSet of=null value=2 ; F1 ret s2 err=UNSET`),
    ],
  },
  program: fixedProgram('C-CF-07', {
    needs: ['INBOUND', 'concurrent-direct'],
    bodies: {
      one: { kind: 'thread', steps: [expecting('INVALID_STATE', { op: 'concurrentSet', of: 'raced', value: 1 })] },
      two: { kind: 'thread', steps: [expecting('INVALID_STATE', { op: 'concurrentSet', of: 'raced', value: 2 })] },
    },
    // Errors that reach `main` are recorded, and it goes on.
    main: [
      { op: 'newLoop' },
      { op: 'createConcurrent', to: 'raced' },
      { op: 'createConcurrent', to: 'cancelled' },
      { op: 'concurrentCancel', of: 'cancelled' },
      { op: 'concurrentSet', of: 'cancelled', error: 'USER(late)' },
      { op: 'spawn', body: 'one' },
      { op: 'spawn', body: 'two' },
      { op: 'join' },
      { op: 'concurrentSet', of: 'raced', value: 3 },
      { op: 'close' },
    ],
  }),
};
