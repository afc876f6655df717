import type { Event, HndEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, refsOf, scheduledBody } from '../indexed-history.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { drained, running } from './builder.ts';
import { drainedAfter, isForeign, isPassedPlainly, unlessMisused, witness } from './inbound-facts.ts';
import { finished, inboundProgram } from './inbound-program.ts';

function wrongCount(submission: Operation, runs: readonly Event[], isOwed: boolean): Violation | undefined {
  const { inv, ret } = submission;
  const what = `callSoonThreadsafe of ${submission.args['body']} on ${inv.th}`;
  if (runs.length > 1) return witness([inv, runs[0], runs[1]], `${what} ran ${runs.length} times.`);
  if (ret?.err !== undefined && runs.length > 0) {
    return witness([inv, ret, runs[0]], `${what} was refused with ${ret.err}, yet it ran.`);
  }
  if (!isOwed || runs.length > 0) return undefined;
  return {
    events: [inv, ret!],
    explanation: `${what} was accepted and the loop was drained after it, yet it never ran.`,
  };
}

/** Every submission runs at most once, a refused one never, and one that is owed exactly once. */
function judgeOnce(history: IndexedHistory): Judgement {
  const isDrained = drainedAfter(history);
  let evidence = 0;
  for (const submission of operationsNamed(history, 'callSoonThreadsafe')) {
    const runs = scheduledBody(history, submission)?.runs ?? [];
    const isOwed =
      isAccepted(submission) &&
      isPassedPlainly(submission) &&
      cancelOf(history, submission) === undefined &&
      isDrained(submission.ret!, submission.loop);
    if (runs.length > 0 || isOwed) evidence++;
    const violation = wrongCount(submission, runs, isOwed);
    if (violation !== undefined) return { evidence, violation };
  }
  return { evidence };
}

const A = 'F1 inv a callSoonThreadsafe body=x ; F1 ret a';
const DRAIN = 'M loop stop ; M ret R ; M inv q quiesce ; M loop start ; M loop stop ; M ret q v=1';

export const runsExactlyOnce: Requirement = {
  id: 'C-TS-02',
  slug: 'threadsafe-exactly-once',
  scenario: 'C',
  area: 'exactly-once',
  level: 'MUST',
  basis: 'doc',
  statement: 'Every accepted call_soon_threadsafe, from any number of threads, runs exactly once while the loop runs.',
  source: 'doc eventloop',
  evidence: 'a callSoonThreadsafe that ran, or that had to run because the loop was drained after it was accepted',
  hint: 'the inbox under several producers: a push that overwrites another, a batch that is taken but not kept',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeOnce),
  examples: {
    upholds: [running(`${A} ; L end R ; L run a x ; L end a ; ${DRAIN} ; M eot done`)],
    violates: [
      running(`${A} ; L end R ; ${DRAIN} ; M eot done`),
      running('F1 inv a callSoonThreadsafe body=x ; L end R ; L run a x ; L end a ; L run a x ; L end a ; M eot done'),
      running('F1 inv a callSoonThreadsafe body=x ; F1 ret a err=CLOSED ; L run a x ; L end a ; M eot done'),
      running('F1 inv a callSoonThreadsafe body=x ; L run a x ; L end a ; L run a x ; L end a'),
    ],
    unexercised: [drained('F1 inv o sleep delayUs=1 ; F1 ret o')],
    noFalseAlarm: [
      running(`F1 inv a callSoonThreadsafe body=x ; L end R ; ${DRAIN} ; M eot done`),
      running(
        'F1 inv a callSoonThreadsafe body=x ; L end R ; M ret R ; M inv q quiesce ; F1 ret a ; M ret q v=1 ; M eot done',
      ),
      running(`${A} ; L end R ; M loop stop ; M ret R ; M inv c close ; M ret c ; M loop closed ; M eot done`),
      running(`${A} ; F1 inv k cancelHandle of=a ; F1 ret k ; L end R ; ${DRAIN} ; M eot done`),
      running(`${A} ; L end R ; ${DRAIN} ; M eot deadline`),
      running(`${A} ; L end R ; ${DRAIN}00 ; M eot done`),
      running(`${A} ; L end R ; ${DRAIN}`),
      running(`${A} err=CLOSED ; L end R ; ${DRAIN} ; M eot done`),
      running(`F1 inv a callSoonThreadsafe body=co as=function ; F1 ret a ; L end R ; ${DRAIN} ; M eot done`),
      running(`F1 inv a callSoonThreadsafe body=x loop=N0 ; F1 ret a ; L end R ; ${DRAIN} ; M eot done`),
    ],
  },
  program: inboundProgram('C-TS-02', {
    gates: ['both'],
    bodies: { counted: { kind: 'callback', steps: [] } },
    threads: {
      one: [
        { op: 'meet', gate: 'both', count: 2 },
        { op: 'repeat', count: 3, steps: [{ op: 'callSoonThreadsafe', body: 'counted' }] },
      ],
      two: [
        { op: 'meet', gate: 'both', count: 2 },
        { op: 'repeat', count: 3, steps: [{ op: 'callSoonThreadsafe', body: 'counted' }] },
      ],
    },
  }),
};

/**
 * An error that came from inside the loop and no body: it left no instance. Not judged where the program itself
 * passes wrong kinds, completes futures or makes raw calls that may raise there.
 */
function internalErrors(history: IndexedHistory): readonly HndEvent[] {
  const isTricky = history.byOp.has('rawCall') || [...history.operations.values()].some((one) => !isPassedPlainly(one));
  if (isTricky) return [];
  return history.handlers.filter(({ src, err }) => src === null && /^(TYPE|OTHER\((?!none))/.test(err));
}

function wrongCancel(submission: Operation, cancel: Operation, runs: readonly Event[]): Violation | undefined {
  const what = `the handle of ${submission.args['body']} was cancelled on ${cancel.inv.th}`;
  if (runs.length > 1) {
    return witness([submission.inv, cancel.inv, runs[0], runs[1]], `${what}, and it ran ${runs.length} times.`);
  }
  const error = cancel.ret?.err;
  if (error === undefined || error === 'UNSET') return undefined;
  return { events: [submission.inv, cancel.inv, cancel.ret!], explanation: `${what}, which failed with ${error}.` };
}

/** A submission whose handle is cancelled by a foreign thread runs once or never, and nothing fails inside the loop. */
function judgeForeignCancel(history: IndexedHistory): Judgement {
  const errors = internalErrors(history);
  let evidence = 0;
  for (const cancel of operationsNamed(history, 'cancelHandle')) {
    const submission = history.operations.get(refsOf(cancel.args)[0] ?? '');
    if (submission?.op !== 'callSoonThreadsafe' || !isForeign(cancel.inv) || cancel.ret?.err === 'UNSET') continue;
    evidence++;
    const body = scheduledBody(history, submission);
    const violation = wrongCancel(submission, cancel, body?.runs ?? []);
    if (violation !== undefined) return { evidence, violation };
    if (body !== undefined || (errors.at(-1)?.seq ?? 0) < cancel.inv.seq) continue;
    const error = errors.find((hnd) => hnd.seq > cancel.inv.seq)!;
    const explanation = `the handle of ${submission.args['body']} was cancelled on ${cancel.inv.th}, it did not run, and the exception handler got ${error.err}, which no body raised.`;
    return { evidence, violation: { events: [submission.inv, cancel.inv, error], explanation } };
  }
  return { evidence };
}

const CANCELLED = `${A} v={"ref":"a"} ; F1 inv k cancelHandle of=a`;

export const survivesForeignCancel: Requirement = {
  id: 'A-HND-04',
  slug: 'foreign-handle-cancel-is-atomic',
  scenario: 'C',
  area: 'thread-safety',
  level: 'SHOULD',
  basis: 'ours',
  statement:
    'Cancel of a threadsafe handle from a foreign thread leads to exactly one of: never run, or one complete run; never an internal error.',
  source: 'events._ThreadSafeHandle; gh-128340',
  evidence: 'a cancelHandle by a foreign thread of a handle that callSoonThreadsafe returned',
  hint: 'cancel must not empty the handle while the loop, having seen it uncancelled, is about to call it',
  needs: ['threadsafe-handle'],
  voidedBy: [],
  deviations: [
    {
      where: { name: 'CPython', to: '3.13' },
      signature: 'internal TypeError reaches the exception handler under a forced schedule',
    },
  ],
  judge: unlessMisused(judgeForeignCancel),
  examples: {
    upholds: [
      finished(`${CANCELLED} ; F1 ret k`),
      finished(`${CANCELLED} ; L run a x ; L end a ; F1 ret k`),
      finished(`${CANCELLED} ; F1 ret k ; L run a x ; L end a err=USER(x) ; L hnd a err=USER(x)`),
    ],
    violates: [
      finished(`${CANCELLED} ; L run a x ; L end a ; F1 ret k ; L run a x ; L end a`),
      finished(`${CANCELLED} ; F1 ret k ; L hnd null err=TYPE`),
      finished(`${CANCELLED} ; F1 ret k ; L hnd null err=OTHER(AttributeError)`),
      finished(`${CANCELLED} ; F1 ret k err=TYPE`),
    ],
    unexercised: [
      finished(A),
      finished(`${A} ; L inv k cancelHandle of=a ; L ret k`),
      finished(`${A} ; F1 inv k cancelHandle of=null ; F1 ret k err=UNSET`),
    ],
    noFalseAlarm: [
      finished(`${CANCELLED} ; F1 ret k ; L hnd null err=OTHER(none)`),
      finished(`L hnd null err=TYPE ; ${CANCELLED} ; F1 ret k`),
      finished(`L inv e callSoon body=e as=function ; L ret e ; ${CANCELLED} ; F1 ret k ; L hnd null err=TYPE`),
      finished(
        `${CANCELLED} ; F1 ret k ; L inv e callSoon body=e ; L ret e ; L run e e ; L end e err=TYPE ; L hnd e err=TYPE`,
      ),
    ],
  },
  program: inboundProgram('A-HND-04', {
    needs: ['threadsafe-handle'],
    bodies: { fragile: { kind: 'callback', steps: [] } },
    threads: {
      canceller: [
        { op: 'callSoonThreadsafe', body: 'fragile', to: 'handle' },
        { op: 'cancelHandle', of: 'handle' },
      ],
    },
  }),
};
