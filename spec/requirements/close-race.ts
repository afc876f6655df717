import type { EotEvent, Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task, thread } from './builder.ts';
import { closes } from './closed-loops.ts';
import { isForeign, laterOf, timeoutNs } from './inbound-facts.ts';
import { isWhole } from './offload-work.ts';
import { violated } from './violated.ts';

/** The loop that a body belongs to, if an operation on a loop scheduled it. */
function loopOf(history: IndexedHistory, instance: OpId): OpId | null | undefined {
  return history.instances.get(instance)?.operation?.loop;
}

/** The first body of this closed loop that its thread entered or resumed after the close had returned. */
function ranAfterClose(
  history: IndexedHistory,
  first: ReadonlyMap<OpId | null, Operation>,
): [Operation, Event] | undefined {
  for (const event of history.loopThread) {
    if (event.ev !== 'run' && event.ev !== 'resm') continue;
    const loop = loopOf(history, event.inst);
    const close = loop === undefined ? undefined : first.get(loop);
    if (close !== undefined && precedes(close.ret!, event)) return [close, event];
  }
  return undefined;
}

/** Errors of a submission that are no third outcome of a race: refused as closed, or wrong from the start. */
const OUTCOMES: ReadonlySet<string> = new Set(['CLOSED', 'TYPE', 'UNSET']);

/** A foreign submission that overlaps or follows a close is accepted or fails CLOSED; a closed loop runs nothing. */
function judgeCloseRace(history: IndexedHistory): Judgement {
  const first = closes(history);
  if (first.size === 0) return { evidence: 0 };
  let evidence = 0;
  for (const submission of operationsNamed(history, 'callSoonThreadsafe', 'runCoroutineThreadsafe')) {
    const close = first.get(submission.loop);
    const { inv, ret } = submission;
    if (close === undefined || ret === undefined || !isForeign(inv) || precedes(ret, close.inv)) continue;
    evidence++;
    if (ret.err === undefined || OUTCOMES.has(ret.err)) continue;
    const explanation = `${submission.op} on ${inv.th} raced the close of its loop and failed with ${ret.err}; only CLOSED may be seen.`;
    return violated(evidence, explanation, close.inv, close.ret, inv, ret);
  }
  const ran = ranAfterClose(history, first);
  if (ran === undefined) return { evidence };
  const [close, event] = ran;
  const name = event.ev === 'run' ? `${event.body} ran` : 'a task went on';
  return violated(
    evidence,
    `The loop had been closed, yet ${name} on its thread afterwards.`,
    close.inv,
    close.ret,
    event,
  );
}

export const submissionRacingClose: Requirement = {
  id: 'L-CLS-04',
  slug: 'submission-racing-close',
  scenario: 'shutdown',
  area: 'shutdown',
  level: 'MUST',
  basis: 'ours',
  statement:
    "A submission racing close is either accepted or fails CLOSED: no third outcome, and nothing runs on the loop's thread after close returned.",
  source: 'doc eventloop#close',
  evidence: 'a foreign submission that had not returned when the close began',
  hint: 'the moment between "is the loop closed?" and the use of what close takes away',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeCloseRace,
  examples: {
    upholds: [
      running(
        'L end R ; M ret R ; M inv c close ; F1 inv a callSoonThreadsafe body=x ; F1 ret a err=CLOSED ; M ret c ; M eot done',
      ),
      running(
        'L end R ; M ret R ; M inv c close ; F1 inv a callSoonThreadsafe body=x ; F1 ret a ; M ret c ; M eot done',
      ),
    ],
    violates: [
      running(
        'L end R ; M ret R ; M inv c close ; F1 inv a callSoonThreadsafe body=x ; F1 ret a err=OTHER(AttributeError) ; M ret c ; M eot done',
      ),
      running(
        'F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L end R ; M ret R ; M inv c close ; M ret c ; L run a x ; L end a ; M eot done',
      ),
    ],
    unexercised: [
      running(
        'F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L end R ; L run a x ; L end a ; M ret R ; M inv c close ; M ret c ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // A second loop; executor work; a close that failed; a slot that is empty; a submission that never returned.
      running(
        'L end R ; M ret R ; M inv c close ; M ret c ; M inv N2 newLoop ; M ret N2 ; M inv r runUntil body=root ; L run r root ; L end r ; M ret r ; M eot done',
      ),
      running(
        'L inv x runInExecutor body=k ; L ret x ; L end R ; M ret R ; M inv c close ; M ret c ; W1 run x k ; W1 end x v=1 ; M eot done',
      ),
      running(
        'L end R ; M ret R ; M inv c close ; F1 inv a callSoonThreadsafe body=x ; F1 ret a err=OTHER(x) ; M ret c err=OTHER(y) ; M eot done',
      ),
      running('L end R ; M ret R ; M inv c close ; F1 inv a callSoonThreadsafe body=x ; M ret c ; M eot deadline'),
      running('L end R ; M ret R ; M inv c close ; L run a x ; L end a ; M ret c ; M eot done'),
    ],
  },
  program: fixedProgram('L-CLS-04', {
    needs: ['INBOUND', 'LIFECYCLE', 'ON-LOOP'],
    gates: ['together', 'closed'],
    bodies: {
      root: task({ op: 'yield' }),
      hammer: thread(
        { op: 'meet', gate: 'together', count: 2 },
        {
          op: 'repeat',
          count: 6,
          steps: [{ op: 'try', steps: [{ op: 'callSoonThreadsafe', body: 'nothing' }], on: 'ANY', then: [] }],
        },
        { op: 'waitGate', gate: 'closed' },
        { op: 'try', steps: [{ op: 'callSoonThreadsafe', body: 'nothing' }], on: 'ANY', then: [] },
      ),
      nothing: callback(),
    },
    main: [
      { op: 'newLoop' },
      { op: 'spawn', body: 'hammer' },
      { op: 'runUntil', body: 'root' },
      { op: 'meet', gate: 'together', count: 2 },
      { op: 'close' },
      { op: 'signal', gate: 'closed' },
      { op: 'join' },
    ],
  }),
};

function isHung(eot: EotEvent | undefined): eot is EotEvent {
  return eot?.reason === 'deadline' || eot?.reason === 'deadlock';
}

/** What an observer says of a concurrent future, and when that was so: not done at a time, or done. */
type Seen = { readonly done: true } | { readonly done: false; readonly atT: number };

function seenBy({ eot }: IndexedHistory, observer: Operation): Seen | undefined {
  const { op, inv, ret } = observer;
  switch (op) {
    case 'concurrentResult':
    case 'concurrentException':
      // A call that is still open has not seen the future done; one that timed out has not until its deadline.
      if (ret === undefined) return isHung(eot) ? { done: false, atT: eot.t } : undefined;
      if (ret.err === 'UNSET') return undefined;
      if (ret.err !== 'TIMEOUT') return { done: true };
      if (ret.done === false) return { done: false, atT: Math.min(ret.t, inv.t + timeoutNs(observer)) };
      return ret.done === true ? { done: true } : undefined;
    case 'concurrentQuery': {
      const value = ret?.v as { readonly done?: boolean } | null | undefined;
      if (typeof value?.done !== 'boolean') return undefined;
      return value.done ? { done: true } : { done: false, atT: inv.t };
    }
    default:
      return undefined;
  }
}

/** A submission that close discarded completes its concurrent future within B. */
function judgeDiscarded(history: IndexedHistory): Judgement {
  const { eot, bounds } = history;
  const first = closes(history);
  if (!isWhole(history) || first.size === 0) return { evidence: 0 };
  let evidence = 0;
  for (const submission of operationsNamed(history, 'runCoroutineThreadsafe')) {
    const close = first.get(submission.loop);
    const { inv, ret, args } = submission;
    const isDiscarded = history.instances.get(submission.id)?.runs[0] === undefined;
    if (close === undefined || ret === undefined || ret.err !== undefined || !isDiscarded) continue;
    const since = laterOf<Event>(close.ret!, ret);
    let wasDone = false;
    for (const observer of history.byRef.get(submission.id) ?? []) {
      const seen = seenBy(history, observer);
      if (seen === undefined) continue;
      if (seen.done) {
        wasDone = true;
        continue;
      }
      const hangs = observer.ret === undefined && eot?.reason === 'deadlock';
      if (!hangs && (bounds.B === null || seen.atT - since.t <= bounds.B)) continue;
      const explanation = `The coroutine ${args['body']} was accepted and discarded by close, and its concurrent future was still not done ${hangs ? 'when nothing could move any more' : 'long afterwards'}.`;
      return violated(evidence + 1, explanation, inv, close.ret, observer.inv, observer.ret);
    }
    if (wasDone) evidence++;
  }
  return { evidence };
}

const DISCARDED =
  'M inv N newLoop ; M ret N ; F1 inv a runCoroutineThreadsafe body=co ; F1 ret a v={"ref":"a"} ; M inv c close ; M ret c';

export const discardedSubmissionBecomesDone: Requirement = {
  id: 'L-CLS-06',
  slug: 'discarded-submission-becomes-done',
  scenario: 'shutdown',
  area: 'liveness',
  level: 'SHOULD',
  basis: 'ours',
  statement: 'A concurrent future whose submission was discarded by close becomes done.',
  source: 'run_coroutine_threadsafe',
  evidence:
    'an accepted coroutine that never began on a loop that was closed, and whose concurrent future was seen done',
  hint: 'what close does with the concurrent futures of what it throws away',
  needs: [],
  voidedBy: [],
  deviations: [
    { where: { name: 'CPython', from: '3.8', to: '3.13' }, signature: 'pending for ever' },
    { where: { name: 'uvloop' }, signature: 'pending for ever' },
  ],
  judge: judgeDiscarded,
  examples: {
    upholds: [
      `${DISCARDED} ; F1 inv r concurrentResult of=a ; F1 ret r err=CANCELLED ; M eot done`,
      `${DISCARDED} ; F1 inv p concurrentQuery of=a ; F1 ret p v={"done":true,"cancelled":true,"running":false} ; M eot done`,
    ],
    violates: [
      `${DISCARDED} ; F1 inv r concurrentResult of=a ; M eot deadlock`,
      `${DISCARDED} ; F1 inv r concurrentResult of=a ; @4s M eot deadline`,
      `${DISCARDED} ; @4s F1 inv p concurrentQuery of=a ; F1 ret p v={"done":false,"cancelled":false,"running":false} ; M eot done`,
      `${DISCARDED} ; F1 inv r concurrentResult of=a timeoutUs=60000000 ; @60s F1 ret r err=TIMEOUT done=false ; M eot done`,
      `${DISCARDED} ; @2s F1 inv r concurrentResult of=a timeoutUs=1000 ; F1 ret r err=TIMEOUT done=false ; M eot done`,
    ],
    unexercised: [
      'M inv N newLoop ; M ret N ; F1 inv a runCoroutineThreadsafe body=co ; F1 ret a err=CLOSED ; M inv c close ; M ret c ; M eot done',
      `${DISCARDED} ; M eot done`,
    ],
    noFalseAlarm: [
      // It had begun; too early to tell; B is an hour; no close; nobody asks; a cut history.
      `M inv N newLoop ; M ret N ; F1 inv a runCoroutineThreadsafe body=co ; F1 ret a v={"ref":"a"} ; M inv R runUntil body=root ; L run a co ; M ret R ; M inv c close ; M ret c ; F1 inv r concurrentResult of=a ; M eot deadlock`,
      `${DISCARDED} ; F1 inv p concurrentQuery of=a ; F1 ret p v={"done":false,"cancelled":false,"running":false} ; M eot done`,
      `M meta B=3600000000000 G=0 ; ${DISCARDED} ; F1 inv r concurrentResult of=a ; @9s M eot deadline`,
      'M inv N newLoop ; M ret N ; F1 inv a runCoroutineThreadsafe body=co ; F1 ret a v={"ref":"a"} ; F1 inv r concurrentResult of=a ; M eot deadlock',
      `${DISCARDED} ; F1 inv r concurrentResult of=a`,
      `${DISCARDED} ; F1 inv r concurrentResult of=a ; @9s M eot done`,
      `${DISCARDED} ; F1 inv r concurrentResult of=a timeoutUs=1000 ; @2s F1 ret r err=TIMEOUT done=false ; M eot done`,
    ],
  },
  program: fixedProgram('L-CLS-06', {
    needs: ['INBOUND', 'LIFECYCLE'],
    gates: ['submitted', 'closed'],
    bodies: {
      foreign: thread(
        { op: 'runCoroutineThreadsafe', body: 'coroutine', to: 'sent' },
        { op: 'signal', gate: 'submitted' },
        { op: 'waitGate', gate: 'closed' },
        { op: 'try', steps: [{ op: 'concurrentResult', of: 'sent', timeoutUs: 60_000_000 }], on: 'ANY', then: [] },
      ),
      coroutine: task(),
    },
    main: [
      { op: 'newLoop' },
      { op: 'spawn', body: 'foreign' },
      { op: 'waitGate', gate: 'submitted' },
      { op: 'close' },
      { op: 'signal', gate: 'closed' },
      { op: 'join' },
    ],
  }),
};
