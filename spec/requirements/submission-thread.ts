import { osThread } from '../history.ts';
import { type IndexedHistory, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, idle, running } from './builder.ts';
import { firstRun, isForeign, unlessMisused, witness } from './inbound-facts.ts';
import { finished, inboundProgram } from './inbound-program.ts';

/** Every body that callSoonThreadsafe scheduled is entered on the loop's thread. */
function judgeThread(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const submission of operationsNamed(history, 'callSoonThreadsafe')) {
    for (const run of scheduledBody(history, submission)?.runs ?? []) {
      evidence++;
      if (!isForeign(run)) continue;
      const explanation = `${run.body}, handed over on ${submission.inv.th}, ran on ${run.th} and not on the loop's thread.`;
      return { evidence, violation: witness([submission.inv, run], explanation) };
    }
  }
  return { evidence };
}

/** A submission made on the loop's thread returns before its body is entered there. */
function judgeNotInline(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const submission of operationsNamed(history, 'callSoonThreadsafe')) {
    const run = firstRun(history, submission);
    if (run === undefined || !isAccepted(submission) || isForeign(submission.inv) || isForeign(run)) continue;
    evidence++;
    const { inv } = submission;
    const ret = submission.ret!;
    if (!precedes(run, ret)) continue;
    const explanation = `${run.body} was entered while callSoonThreadsafe of it, on the loop's thread, had not returned.`;
    return { evidence, violation: witness([inv, run, ret], explanation) };
  }
  return { evidence };
}

/** No thread is the wrong one for callSoonThreadsafe. */
function judgeAnyThread(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const { inv, ret, args } of operationsNamed(history, 'callSoonThreadsafe')) {
    if (ret === undefined || !(ret.err === undefined || ret.err === 'WRONG_THREAD')) continue;
    evidence++;
    if (ret.err === undefined) continue;
    const where = osThread(inv.th) === 'L' ? "the loop's thread" : inv.th;
    const explanation = `callSoonThreadsafe of ${args['body']} was refused on ${where} because of the thread.`;
    return { evidence, violation: { events: [inv, ret], explanation } };
  }
  return { evidence };
}

const A = 'F1 inv a callSoonThreadsafe body=x ; F1 ret a';
const OWN = 'L inv a callSoonThreadsafe body=x';

export const runsOnLoopThread: Requirement = {
  id: 'C-TS-04',
  slug: 'threadsafe-runs-on-loop-thread',
  scenario: 'C',
  area: 'thread-safety',
  level: 'MUST',
  basis: 'doc',
  statement: 'A callback given to call_soon_threadsafe runs on the loop thread, never in the caller.',
  source: 'doc dev#Concurrency and Multithreading',
  evidence: 'a body handed over by callSoonThreadsafe that was entered',
  hint: 'whether a submission has a path that calls the callback itself, such as when the loop looks idle',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeThread),
  examples: {
    upholds: [
      idle(`${A} ; L run a x ; L end a ; M eot done`),
      running(`${OWN} ; L ret a ; L end R ; L run a x ; L end a`),
    ],
    violates: [
      idle('F1 inv a callSoonThreadsafe body=x ; F1 run a x ; F1 end a ; F1 ret a ; M eot done'),
      idle(`${A} ; W1 run a x ; W1 end a`),
    ],
    unexercised: [idle(`${A} ; M eot done`), idle(`${A} err=CLOSED ; M eot done`)],
    noFalseAlarm: [
      idle('F1 inv d concurrentAddDoneCallback of=c body=x ; F1 run d x ; F1 end d ; F1 ret d ; M eot done'),
    ],
  },
  program: inboundProgram('C-TS-04', {
    bodies: { handed: { kind: 'callback', steps: [] } },
    prepare: [{ op: 'callSoonThreadsafe', body: 'handed' }],
    threads: { sender: [{ op: 'callSoonThreadsafe', body: 'handed' }] },
  }),
};

export const isNotInline: Requirement = {
  id: 'C-TS-05',
  slug: 'threadsafe-on-loop-thread-not-inline',
  scenario: 'C',
  area: 'thread-safety',
  level: 'MUST',
  basis: 'doc',
  statement: 'call_soon_threadsafe is allowed on the loop thread too and does not run the callback inline.',
  source: 'test_call_soon_threadsafe_same_thread',
  evidence: "an accepted callSoonThreadsafe made on the loop's thread, whose body ran",
  hint: 'a shortcut in callSoonThreadsafe for the case that the caller is the loop itself',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeNotInline),
  examples: {
    upholds: [
      running(`${OWN} ; L ret a ; L end R ; L run a x ; L end a ; M eot done`),
      'M inv N newLoop ; M ret N ; M inv a callSoonThreadsafe body=x ; M ret a ; M inv R runUntil body=root ; L run a x ; L end a',
    ],
    violates: [
      running(`${OWN} ; L run a x ; L end a ; L ret a ; L end R ; M eot done`),
      'M inv N newLoop ; M ret N ; M inv a callSoonThreadsafe body=x ; M run a x ; M end a ; M ret a ; M eot done',
    ],
    unexercised: [
      idle(`${A} ; L run a x ; L end a ; M eot done`),
      running(`${OWN} ; L ret a err=CLOSED ; L end R ; M eot done`),
    ],
    noFalseAlarm: [idle('F1 inv a callSoonThreadsafe body=x ; L run a x ; L end a ; F1 ret a ; M eot done')],
  },
  program: inboundProgram('C-TS-05', {
    bodies: {
      outer: callback({ op: 'callSoonThreadsafe', body: 'inner' }),
      inner: callback({ op: 'setResult', of: 'ran', value: null }),
    },
    prepare: [
      { op: 'createFuture', to: 'ran' },
      { op: 'callSoonThreadsafe', body: 'outer' },
    ],
    threads: {},
    awaits: ['ran'],
  }),
};

export const isNeverWrongThread: Requirement = {
  id: 'D-DBG-02',
  slug: 'threadsafe-allowed-on-every-thread',
  scenario: 'C',
  area: 'thread-safety',
  level: 'MUST',
  basis: 'doc',
  statement: 'call_soon_threadsafe is never refused for its thread.',
  source: 'doc eventloop',
  evidence: 'a callSoonThreadsafe that was accepted, or refused because of its thread',
  hint: 'the thread check of debug mode must guard callSoon only',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeAnyThread),
  examples: {
    upholds: [finished(`${A} ; L run a x ; L end a`), running(`${OWN} ; L ret a`)],
    violates: [finished(`${A} err=WRONG_THREAD`), running(`${OWN} ; L ret a err=WRONG_THREAD ; M eot done`)],
    unexercised: [finished('F1 inv s sleep delayUs=1 ; F1 ret s')],
    noFalseAlarm: [
      finished(`${A} err=CLOSED`),
      finished('F1 inv a callSoonThreadsafe body=x'),
      finished('F1 inv r rawCall call={"op":"callSoon","body":"x"} ; F1 ret r err=WRONG_THREAD'),
    ],
  },
  program: inboundProgram('D-DBG-02', {
    needs: ['debug-thread-check'],
    before: [{ op: 'setDebug', value: true }],
    bodies: { handed: { kind: 'callback', steps: [] } },
    threads: { sender: [{ op: 'callSoonThreadsafe', body: 'handed' }] },
  }),
};
