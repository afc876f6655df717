import type { OpId, RetEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import {
  cancelledProofs,
  givenOutcome,
  isPlainFuture,
  observationsOf,
  pendingProofs,
  subjectOf,
} from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { isOnLoop, MUST_ON_LOOP, UNJUDGED, violated, whenInvoked } from './on-loop-facts.ts';

/** Attempts of the loop's thread to complete a plain future, that came back. */
function setsOf(operations: readonly Operation[]): readonly Operation[] {
  return operations.filter(
    ({ op, inv, ret }) => (op === 'setResult' || op === 'setException') && isOnLoop(inv) && ret !== undefined,
  );
}

/** Why an attempt at a future that is over is wrong; undefined if it was refused as it must be. */
function wrongRefusal({ op, ret }: Operation): string | undefined {
  if (ret!.err === undefined) return 'it was accepted';
  // An exception that cannot be set at all may be refused for that first.
  if (ret!.err === 'INVALID_STATE' || (op === 'setException' && ret!.err === 'TYPE')) return undefined;
  return `it failed with ${ret!.err} instead of INVALID_STATE`;
}

function judgeFuture(history: IndexedHistory, id: OpId, operations: readonly Operation[]): Judgement {
  const sets = setsOf(operations);
  const first = sets.find(isAccepted);
  if (first === undefined || first === sets.at(-1)) return UNJUDGED;
  const later = sets.filter(({ inv }) => inv.seq > first.ret!.seq);
  for (const [index, again] of later.entries()) {
    const wrong = wrongRefusal(again);
    if (wrong === undefined) continue;
    const told = `${id} was completed by ${first.op} ${first.id}; when ${again.op} ${again.id} tried again, ${wrong}`;
    return violated(index, told, first.inv, first.ret, again.inv, again.ret);
  }
  const expected = givenOutcome(first);
  const other = observationsOf(history, id).find(({ outcome }) => expected !== undefined && outcome !== expected);
  if (other === undefined || later.length === 0) return { evidence: later.length };
  const told = `${id} was completed by ${first.op} ${first.id} with ${expected}, and a second attempt must change nothing, yet ${other.by} saw ${other.outcome}`;
  return violated(later.length - 1, told, first.inv, first.ret, later[0]!.ret, other.event);
}

function judgeCompletesOnce(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const [id, operations] of history.byRef) {
    if (!isPlainFuture(history, id)) continue;
    const judgement = judgeFuture(history, id, operations);
    evidence += judgement.evidence;
    if (judgement.violation !== undefined) return { evidence, violation: judgement.violation };
  }
  return { evidence };
}

function judgeSetAfterCancel(history: IndexedHistory): Judgement {
  const cancelledBy = cancelledProofs(history);
  let evidence = 0;
  for (const set of operationsNamed(history, 'setResult', 'setException')) {
    const id = subjectOf(set);
    if (id === undefined || !isPlainFuture(history, id) || !isOnLoop(set.inv) || set.ret === undefined) continue;
    const proof = cancelledBy(id);
    if (proof === undefined || proof.seq > set.inv.seq) continue;
    const wrong = wrongRefusal(set);
    if (wrong !== undefined) {
      const told = `${id} was cancelled; when ${set.op} ${set.id} tried to complete it, ${wrong}`;
      return violated(evidence, told, proof, set.inv, set.ret);
    }
    evidence++;
  }
  return { evidence };
}

function judgePendingResult(history: IndexedHistory): Judgement {
  const isPending = pendingProofs(history);
  let evidence = 0;
  for (const read of operationsNamed(history, 'result', 'exception')) {
    const id = subjectOf(read);
    if (id === undefined || read.ret === undefined || !isPending(id, read)) continue;
    if (read.ret.err !== 'INVALID_STATE') {
      const told = `${id} was pending, yet ${read.op} ${read.id} gave ${describe(read.ret)} instead of INVALID_STATE`;
      return violated(evidence, told, history.operations.get(id)?.ret, read.inv, read.ret);
    }
    evidence++;
  }
  return { evidence };
}

function describe({ v, err }: RetEvent): string {
  return err ?? JSON.stringify(v);
}

const F = 'L inv f createFuture ; L ret f';
const SET = 'L inv s setResult of=f value=1 ; L ret s';
const AGAIN = 'L inv z setException of=f error=USER(late) ; L ret z';
const CANCELLED = 'L inv k cancelFuture of=f ; L ret k v=true';
const READ = 'L inv u result of=f';

export const futureCompletesOnce: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-FUT-01',
  slug: 'future-completes-once',
  area: 'value',
  basis: 'doc',
  statement:
    'A future completes at most once: the second set_result/set_exception fails with INVALID_STATE and changes nothing.',
  source: 'doc future#set_result; seed L156',
  evidence: 'a setResult or setException of a future that an earlier one had completed',
  hint: 'the check of the state before it is changed, in both setters',
  needs: ['strict-settle'],
  judge: whenInvoked(['setResult', 'setException'], judgeCompletesOnce),
  examples: {
    upholds: [running(`${F} ; ${SET} ; ${AGAIN} err=INVALID_STATE ; ${READ} ; L ret u v=1 ; L end R ; M eot done`)],
    violates: [
      running(`${F} ; ${SET} ; ${AGAIN} ; L end R ; M eot done`),
      running(`${F} ; ${SET} ; ${AGAIN} err=TIMEOUT ; L end R ; M eot done`),
      running(
        `${F} ; ${SET} ; ${AGAIN} err=INVALID_STATE ; L inv w await of=f ; L susp R id=w on=f ; L resm R id=w err=USER(late) ; L ret w err=USER(late) ; L end R ; M eot done`,
      ),
    ],
    unexercised: [running(`${F} ; ${SET} ; L end R ; M eot done`)],
    noFalseAlarm: [
      // Two futures; the first attempt failed; one that never returned; from outside; an exception that cannot be set.
      running(`${F} ; L inv g createFuture ; L ret g ; ${SET} ; L inv z setResult of=g value=2 ; L ret z ; L end R`),
      running(`${F} ; L inv z setException of=f error=OTHER(StopIteration) ; L ret z err=TYPE ; ${SET} ; M eot done`),
      running(`${F} ; ${SET} ; L inv z setException of=f error=OTHER(StopIteration) ; L ret z err=TYPE ; M eot done`),
      running(`${F} ; L inv s setResult of=f value=1 ; L inv z setResult of=f value=2 ; L ret z ; M eot deadline`),
      running(
        `${F} ; F1 inv s complete of=f value=1 ; F1 ret s ; L inv z setResult of=f value=2 ; L ret z ; M eot done`,
      ),
      // An awaiter that was cancelled saw no outcome.
      running(
        `${F} ; L inv w await of=f ; L susp R id=w on=f ; L inv s setResult of=f value=1 inst=x ; L ret s ; L inv z setResult of=f value=2 inst=x ; L ret z err=INVALID_STATE ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; L end R ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-FUT-01', {
    needs: ['ON-LOOP', 'strict-settle'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'callSoon', body: 'winner' },
        { op: 'callSoon', body: 'loser' },
        { op: 'callSoon', body: 'failing' },
        { op: 'await', of: 'future' },
        { op: 'yield' },
        { op: 'await', of: 'future' },
      ),
      winner: callback({ op: 'setResult', of: 'future', value: 'first' }),
      loser: callback(expecting('INVALID_STATE', { op: 'setResult', of: 'future', value: 'second' })),
      failing: callback(expecting('INVALID_STATE', { op: 'setException', of: 'future', error: 'USER(third)' })),
    },
  }),
};

export const cancelledFutureCannotBeSet: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-FUT-03',
  slug: 'cancelled-future-cannot-be-set',
  area: 'error',
  basis: 'doc',
  statement: 'set_* on a cancelled future fails with INVALID_STATE.',
  source: 'doc future#set_result',
  evidence: 'a setResult or setException of a future that was provably cancelled',
  hint: 'the check of the state in the setters: cancelled counts as done',
  needs: ['future-cancel'],
  judge: whenInvoked(['cancelFuture', 'query'], judgeSetAfterCancel),
  examples: {
    upholds: [running(`${F} ; ${CANCELLED} ; ${SET} err=INVALID_STATE ; L end R ; M eot done`)],
    violates: [
      running(`${F} ; ${CANCELLED} ; ${SET} ; L end R ; M eot done`),
      running(`${F} ; ${CANCELLED} ; ${AGAIN} err=CANCELLED ; L end R ; M eot done`),
    ],
    unexercised: [running(`${F} ; ${SET} ; L end R ; M eot done`)],
    noFalseAlarm: [
      running(`${F} ; ${SET} ; L inv k cancelFuture of=f ; L ret k v=false ; L end R ; M eot done`),
      running(`${F} ; L inv k cancelFuture of=f ; L ret k err=CLOSED ; ${SET} ; L end R ; M eot done`),
      // Cancelling a task is a request.
      running(
        'L inv t createTask body=c ; L ret t ; L inv k cancelFuture of=t ; L ret k v=true ; L inv s setResult of=t value=1 ; L ret s err=OTHER(RuntimeError) ; L end R ; M eot done',
      ),
    ],
  },
  program: fixedProgram('A-FUT-03', {
    needs: ['ON-LOOP', 'future-cancel'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'cancelFuture', of: 'future' },
        expecting('INVALID_STATE', { op: 'setResult', of: 'future', value: 1 }),
        expecting('INVALID_STATE', { op: 'setException', of: 'future', error: 'USER(late)' }),
      ),
    },
  }),
};

export const pendingFutureHasNoResult: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-FUT-04',
  slug: 'pending-future-has-no-result',
  area: 'error',
  basis: 'doc',
  statement: 'result()/exception() on a pending future fail with INVALID_STATE, never block.',
  source: 'doc future#result',
  evidence: 'a result or exception of a future or task that was provably pending',
  hint: 'result and exception look at the state and never wait',
  needs: ['sync-query'],
  judge: whenInvoked(['result', 'exception'], judgePendingResult),
  examples: {
    upholds: [running(`${F} ; ${READ} ; L ret u err=INVALID_STATE ; L end R ; M eot done`)],
    violates: [
      running(`${F} ; ${READ} ; L ret u v=null ; L end R ; M eot done`),
      running(`${F} ; L inv u exception of=f ; L ret u v=null ; ${SET} ; L end R ; M eot done`),
      running(
        'L inv t createTask body=c ; L ret t ; L inv p yield ; L susp R id=p on=p ; L run t c ; L inv o yield ; L susp t id=o on=o ; L resm R id=p ; L ret p ; L inv u result of=t ; L ret u v=1 ; L end R ; L resm t id=o ; L ret o ; L end t v=1 ; M eot done',
      ),
    ],
    unexercised: [running(`${F} ; ${SET} ; ${READ} ; L ret u v=1 ; L end R ; M eot done`)],
    noFalseAlarm: [
      running(`${F} ; F1 inv s complete of=f value=1 ; ${READ} ; L ret u v=1 ; L end R ; M eot done`),
      // A task that was never entered may have been cancelled; one without an end may have been destroyed.
      running(
        'L inv t createTask body=c ; L ret t ; L inv u result of=t ; L ret u err=CANCELLED ; L end R ; M eot done',
      ),
      // Cancelled by way of a task that awaited it.
      running(
        `${F} ; L inv t createTask body=c ; L ret t ; L inv p yield ; L susp R id=p on=p ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; L resm R id=p ; L ret p ; L inv k cancelTask of=t ; L ret k v=true ; ${READ} ; L ret u err=CANCELLED ; L end R ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-FUT-04', {
    needs: ['ON-LOOP', 'sync-query'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        expecting('INVALID_STATE', { op: 'result', of: 'future' }),
        expecting('INVALID_STATE', { op: 'exception', of: 'future' }),
        { op: 'setResult', of: 'future', value: 1 },
        { op: 'result', of: 'future' },
      ),
    },
  }),
};
