import type { Event } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, running, task } from './builder.ts';
import { subjectOf } from './futures-facts.ts';
import { isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

const MAKES_HANDLE: ReadonlySet<string> = new Set(['callSoon', 'callSoonThreadsafe', 'callLater', 'callAt']);

/** A cancel of a handle by the loop's own thread, and the work that it was to cancel. */
type Cancel = { readonly cancel: Operation; readonly handle: Operation };

function cancelsOf(history: IndexedHistory): readonly Cancel[] {
  return operationsNamed(history, 'cancelHandle').flatMap((cancel): Cancel[] => {
    const subject = subjectOf(cancel);
    const handle = subject === undefined ? undefined : history.operations.get(subject);
    if (handle === undefined || !MAKES_HANDLE.has(handle.op) || !isAccepted(handle)) return [];
    return isOnLoop(cancel.inv) && cancel.ret !== undefined ? [{ cancel, handle }] : [];
  });
}

function judgeCancelledNeverRuns(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const { cancel, handle } of cancelsOf(history)) {
    const run = scheduledBody(history, handle)?.runs[0];
    if (!isAccepted(cancel) || (run !== undefined && run.seq < cancel.ret!.seq)) continue;
    if (run !== undefined && precedes(cancel.ret!, run)) {
      return violated(
        evidence,
        `${nameOf(handle)} was cancelled by ${cancel.id} before it began, yet it ran`,
        handle.inv,
        cancel.inv,
        cancel.ret,
        run,
      );
    }
    evidence++;
  }
  return { evidence };
}

/** Why a cancel had nothing left to do, as a record that proves it; undefined if it may have had. */
function settledBefore(history: IndexedHistory, { cancel, handle }: Cancel, earlier: Operation | undefined) {
  const run = scheduledBody(history, handle)?.runs[0];
  const proof: Event | undefined = run !== undefined && precedes(run, cancel.inv) ? run : earlier?.ret;
  return proof !== undefined && precedes(proof, cancel.inv) ? proof : undefined;
}

function judgeIdempotent(history: IndexedHistory): Judgement {
  const closed = history.byOp.get('close')?.[0]?.inv.seq ?? Number.POSITIVE_INFINITY;
  const earlier = new Map<Operation, Operation>();
  let evidence = 0;
  for (const item of cancelsOf(history)) {
    const { cancel, handle } = item;
    const proof = settledBefore(history, item, earlier.get(handle));
    if (isAccepted(cancel) && !earlier.has(handle)) earlier.set(handle, cancel);
    // What a cancel after close does is documented nowhere.
    if (proof === undefined || cancel.inv.seq > closed) continue;
    const why = proof.ev === 'run' ? 'after it had begun to run' : 'a second time';
    if (!isAccepted(cancel)) {
      const told = `${nameOf(handle)} was cancelled ${why}, which must do nothing, yet it failed with ${cancel.ret!.err}`;
      return violated(evidence, told, proof, cancel.inv, cancel.ret);
    }
    const again = scheduledBody(history, handle)?.runs.find((run) => precedes(cancel.ret!, run));
    if (again !== undefined && proof.ev === 'run') {
      const told = `${nameOf(handle)} was cancelled ${why}, which must do nothing, yet it ran again afterwards`;
      return violated(evidence, told, proof, cancel.inv, cancel.ret, again);
    }
    evidence++;
  }
  return { evidence };
}

const A = 'L inv a callSoon body=x ; L ret a';
const A_RUNS = 'L run a x ; L end a';
const CANCEL = 'L inv h cancelHandle of=a ; L ret h';

export const cancelledHandleNeverRuns: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-HND-01',
  slug: 'cancelled-handle-never-runs',
  area: 'cancellation',
  basis: 'doc',
  statement: 'A handle cancelled (on the loop thread) before its callback starts never runs.',
  source: 'doc eventloop#Handle.cancel',
  evidence: 'a cancelHandle that returned on the loop thread before the callback began',
  hint: 'when the loop looks whether a handle is cancelled: at the moment it runs it, not when it made the batch',
  judge: whenInvoked(['cancelHandle'], judgeCancelledNeverRuns),
  examples: {
    upholds: [drained(`${A} ; ${CANCEL}`)],
    violates: [
      running(`${A} ; ${CANCEL} ; L end R ; ${A_RUNS} ; M eot done`),
      running(
        `L inv a callLater body=x delayUs=10 ; L ret a ; ${CANCEL} ; L end R ; @1ms L run a x ; L end a ; M eot deadline`,
      ),
      running(`F1 inv a callSoonThreadsafe body=x ; F1 ret a ; ${CANCEL} ; L end R ; ${A_RUNS} ; M eot done`),
    ],
    unexercised: [running(`${A} ; L end R ; ${A_RUNS} ; M eot done`)],
    noFalseAlarm: [
      running(`${A} ; L end R ; L run a x ; ${CANCEL} ; L end a ; M eot done`),
      running(`${A} ; L end R ; ${A_RUNS} ; ${CANCEL} ; M eot done`),
      running(`${A} ; L end R ; F1 inv h cancelHandle of=a ; F1 ret h ; ${A_RUNS} ; M eot done`),
      running(`${A} ; L inv h cancelHandle of=a ; L ret h err=UNSET ; L end R ; ${A_RUNS} ; M eot done`),
      running(`${A} ; L inv h cancelHandle of=null ; L ret h err=UNSET ; L end R ; ${A_RUNS} ; M eot done`),
      running(`${A} ; L inv h cancelHandle of=nobody ; L ret h ; L end R ; ${A_RUNS} ; M eot done`),
      // Another callback of the same body.
      running(`${A} ; L inv b callSoon body=x ; L ret b ; ${CANCEL} ; L end R ; L run b x ; L end b ; M eot done`),
    ],
  },
  program: fixedProgram('A-HND-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'late' },
        { op: 'callSoon', body: 'never', to: 'outside' },
        { op: 'cancelHandle', of: 'outside' },
        // In the same batch as its canceller, and behind it.
        { op: 'callSoon', body: 'canceller' },
        { op: 'callSoon', body: 'never', to: 'inBatch' },
        { op: 'callLater', delayUs: 500, body: 'never', to: 'timer' },
        { op: 'callLater', delayUs: 1500, body: 'setter' },
        { op: 'cancelHandle', of: 'timer' },
        { op: 'await', of: 'late' },
      ),
      canceller: callback({ op: 'cancelHandle', of: 'inBatch' }),
      never: callback({ op: 'mark', tag: 'never' }),
      setter: callback({ op: 'setResult', of: 'late', value: null }),
    },
  }),
};

export const handleCancelIsIdempotent: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-HND-03',
  slug: 'handle-cancel-is-idempotent',
  area: 'cancellation',
  basis: 'doc',
  statement: 'Handle.cancel is idempotent and a no-op after execution.',
  source: 'doc eventloop#Handle.cancel',
  evidence: 'a cancelHandle on the loop thread of a handle that was cancelled before or whose callback had begun',
  hint: 'what cancel does to a handle that is cancelled, running or done: nothing',
  judge: whenInvoked(['cancelHandle'], judgeIdempotent),
  examples: {
    upholds: [
      drained(`${A} ; ${CANCEL} ; L inv i cancelHandle of=a ; L ret i`),
      running(`${A} ; L end R ; L run a x ; ${CANCEL} ; L end a ; M eot done`),
    ],
    violates: [
      running(`${A} ; ${CANCEL} ; L inv i cancelHandle of=a ; L ret i err=INVALID_STATE ; L end R ; M eot done`),
      running(`${A} ; L end R ; ${A_RUNS} ; L inv h cancelHandle of=a ; L ret h err=OTHER(ValueError) ; M eot done`),
      running(`${A} ; L end R ; L run a x ; ${CANCEL} ; L end a ; L run a x ; L end a ; M eot done`),
    ],
    unexercised: [drained(`${A} ; ${CANCEL}`)],
    noFalseAlarm: [
      running(
        `${A} ; L end R ; ${A_RUNS} ; M loop stop ; M ret R ; M inv c close ; M ret c ; M loop closed ; M inv h cancelHandle of=a ; M ret h err=CLOSED ; M eot done`,
      ),
      running(`${A} ; F1 inv h cancelHandle of=a ; F1 ret h ; F1 inv i cancelHandle of=a ; F1 ret i err=CLOSED`),
      running(`${A} ; L end R ; ${A_RUNS} ; L inv h cancelHandle of=null ; L ret h err=UNSET ; M eot done`),
    ],
  },
  program: fixedProgram('A-HND-03', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'callSoon', body: 'selfish', to: 'self' },
        { op: 'callSoon', body: 'plain', to: 'twice' },
        { op: 'cancelHandle', of: 'twice' },
        { op: 'cancelHandle', of: 'twice' },
        { op: 'callLater', delayUs: 300, body: 'plain', to: 'timer' },
        { op: 'sleep', delayUs: 1500 },
        { op: 'cancelHandle', of: 'self' },
        { op: 'cancelHandle', of: 'timer' },
        { op: 'cancelHandle', of: 'timer' },
        { op: 'yield' },
      ),
      selfish: callback({ op: 'cancelHandle', of: 'self' }),
      plain: callback(),
    },
  }),
};
