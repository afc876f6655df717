import type { OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task } from './builder.ts';
import { cancelledProofs, doneProofs, isPlainFuture, operationsOn, pendingProofs, subjectOf } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { entryOf, isOnLoop, MUST_ON_LOOP, violated, whenInvoked } from './on-loop-facts.ts';

/** A cancel that says true made the future cancelled at once and for good; of a pending one it must say true. */
function judgeCancel(history: IndexedHistory): Judgement {
  const doneBy = doneProofs(history);
  const isPending = pendingProofs(history);
  let evidence = 0;
  for (const cancel of operationsNamed(history, 'cancelFuture')) {
    const { inv, ret, id } = cancel;
    const of = subjectOf(cancel);
    if (of === undefined || !isPlainFuture(history, of) || !isOnLoop(inv) || typeof ret?.v !== 'boolean') continue;
    const done = doneBy(of);
    const wasDone = done !== undefined && done.seq < inv.seq;
    if (wasDone && ret.v) {
      return violated(evidence, `${of} was done when ${id} cancelled it, yet the cancel returned true`, done, inv, ret);
    }
    const wasPending = isPending(of, cancel);
    if (wasPending && !ret.v) {
      const told = `${of} was pending when ${id} cancelled it, yet the cancel returned false`;
      return violated(evidence, told, history.operations.get(of)?.ret, inv, ret);
    }
    if (wasDone || wasPending) evidence++;
  }
  return judgeFinal(history, evidence);
}

/** Every query after a cancel that said true must say so too. */
function judgeFinal(history: IndexedHistory, evidence: number): Judgement {
  const cancels = new Map<OpId, { readonly cancel: Operation | undefined }>();
  const find = (of: OpId) => ({
    cancel: operationsOn(history, of).find(
      ({ op, inv, ret }) => op === 'cancelFuture' && ret?.v === true && isOnLoop(inv),
    ),
  });
  for (const query of operationsNamed(history, 'query')) {
    const of = subjectOf(query);
    const state = query.ret?.v as { readonly done?: boolean; readonly cancelled?: boolean } | null | undefined;
    if (of === undefined || !state || !isPlainFuture(history, of) || !isOnLoop(query.inv)) continue;
    if (state.done === true && state.cancelled === true) continue;
    const { cancel } = entryOf(cancels, of, () => find(of));
    if (cancel === undefined || cancel.ret!.seq > query.inv.seq) continue;
    const told = `cancelFuture ${cancel.id} of ${of} returned true, yet ${of} was not cancelled afterwards`;
    return violated(Math.max(0, evidence - 1), told, cancel.inv, cancel.ret, query.inv, query.ret);
  }
  return { evidence };
}

function judgeReadCancelled(history: IndexedHistory): Judgement {
  const cancelledBy = cancelledProofs(history);
  let evidence = 0;
  for (const read of operationsNamed(history, 'result', 'exception')) {
    const of = subjectOf(read);
    const proof = of === undefined ? undefined : cancelledBy(of);
    if (proof === undefined || proof.seq > read.inv.seq || !isOnLoop(read.inv) || read.ret === undefined) continue;
    if (read.ret.err !== 'CANCELLED') {
      const got = read.ret.err ?? JSON.stringify(read.ret.v);
      const told = `${of} was cancelled, yet ${read.op} ${read.id} gave ${got} instead of CANCELLED`;
      return violated(evidence, told, proof, read.inv, read.ret);
    }
    evidence++;
  }
  return { evidence };
}

const F = 'L inv f createFuture ; L ret f';
const CANCEL = 'L inv k cancelFuture of=f ; L ret k';
const CANCEL_AGAIN = 'L inv l cancelFuture of=f ; L ret l';
const SET = 'L inv s setResult of=f value=1 ; L ret s';
const QUERY = 'L inv u query of=f ; L ret u';
const READ = 'L inv u result of=f ; L ret u';

export const futureCancelIsFinal: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-FUT-02',
  slug: 'future-cancel-is-final',
  area: 'cancellation',
  basis: 'doc',
  statement: 'Future.cancel on pending returns true and is final at once; on done or cancelled returns false.',
  source: 'doc future#cancel',
  evidence: 'a cancelFuture of a future that was provably pending or provably done',
  hint: 'what cancel does to a future in each of its states, before it tells anyone',
  needs: ['future-cancel'],
  judge: whenInvoked(['cancelFuture'], judgeCancel),
  examples: {
    upholds: [
      running(
        `${F} ; ${CANCEL} v=true ; ${QUERY} v={"done":true,"cancelled":true} ; ${CANCEL_AGAIN} v=false ; L end R ; M eot done`,
      ),
      running(`${F} ; ${SET} ; ${CANCEL} v=false ; L end R ; M eot done`),
    ],
    violates: [
      running(`${F} ; ${CANCEL} v=false ; L end R ; M eot done`),
      running(`${F} ; ${SET} ; ${CANCEL} v=true ; L end R ; M eot done`),
      running(`${F} ; ${CANCEL} v=true ; ${CANCEL_AGAIN} v=true ; L end R ; M eot done`),
      running(`${F} ; ${CANCEL} v=true ; ${QUERY} v={"done":false,"cancelled":false} ; L end R ; M eot done`),
    ],
    unexercised: [running(`${F} ; ${SET} ; L end R ; M eot done`)],
    noFalseAlarm: [
      running(`${F} ; F1 inv s complete of=f value=1 ; ${CANCEL} v=false ; F1 ret s ; L end R ; M eot done`),
      running(`${F} ; L inv s setResult of=f value=1 ; L ret s err=CLOSED ; ${CANCEL} v=false ; L end R ; M eot done`),
      running(`${F} ; ${QUERY} v={"done":false,"cancelled":false} ; ${CANCEL} v=true ; L end R ; M eot done`),
      // Cancelled already, by way of the task that awaits it.
      running(
        `${F} ; L inv t createTask body=c ; L ret t ; L inv p yield ; L susp R id=p on=p ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; L resm R id=p ; L ret p ; L inv q cancelTask of=t ; L ret q v=true ; ${CANCEL} v=false ; L end R ; M eot done`,
      ),
      // A task is no plain future: its cancel is a request.
      running(
        'L inv t createTask body=c ; L ret t ; L inv k cancelFuture of=t ; L ret k v=true ; L inv l cancelFuture of=t ; L ret l v=true ; L inv u query of=t ; L ret u v={"done":false,"cancelled":false} ; L end R ; M eot done',
      ),
    ],
  },
  program: fixedProgram('A-FUT-02', {
    needs: ['ON-LOOP', 'future-cancel'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'pending' },
        { op: 'cancelFuture', of: 'pending' },
        { op: 'query', of: 'pending' },
        { op: 'cancelFuture', of: 'pending' },
        { op: 'query', of: 'pending' },
        { op: 'createFuture', to: 'done' },
        { op: 'setResult', of: 'done', value: 1 },
        { op: 'cancelFuture', of: 'done' },
        { op: 'query', of: 'done' },
      ),
    },
  }),
};

export const cancelledFutureRaises: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-FUT-06',
  slug: 'cancelled-future-raises-cancelled',
  area: 'error',
  basis: 'doc',
  statement: 'result() and exception() of a cancelled future raise CANCELLED.',
  source: 'doc future#result',
  evidence: 'a result or exception of a future or task that was provably cancelled',
  hint: 'result and exception look at cancelled before they look at done',
  needs: ['future-cancel'],
  judge: whenInvoked(['cancelFuture', 'query'], judgeReadCancelled),
  examples: {
    upholds: [running(`${F} ; ${CANCEL} v=true ; ${READ} err=CANCELLED ; L end R ; M eot done`)],
    violates: [
      running(`${F} ; ${CANCEL} v=true ; ${READ} err=INVALID_STATE ; L end R ; M eot done`),
      running(`${F} ; ${CANCEL} v=true ; L inv u exception of=f ; L ret u v=null ; L end R ; M eot done`),
    ],
    unexercised: [running(`${F} ; ${SET} ; ${READ} v=1 ; L end R ; M eot done`)],
    noFalseAlarm: [
      running(`${F} ; ${SET} ; ${CANCEL} v=false ; ${READ} v=1 ; L end R ; M eot done`),
      running(`${F} ; ${READ} err=INVALID_STATE ; ${CANCEL} v=true ; L end R ; M eot done`),
      running(
        'L inv t createTask body=c ; L ret t ; L inv k cancelFuture of=t ; L ret k v=true ; L inv u result of=t ; L ret u err=INVALID_STATE ; L end R ; M eot done',
      ),
    ],
  },
  program: fixedProgram('A-FUT-06', {
    needs: ['ON-LOOP', 'future-cancel', 'sync-query'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'cancelFuture', of: 'future' },
        expecting('CANCELLED', { op: 'result', of: 'future' }),
        expecting('CANCELLED', { op: 'exception', of: 'future' }),
      ),
    },
  }),
};
