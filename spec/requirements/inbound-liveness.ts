import type { Event } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { idle, running } from './builder.ts';
import { firstAbove, firstRun, hasOneLoop, isForeign, isPassedPlainly, unlessMisused } from './inbound-facts.ts';
import { inboundProgram } from './inbound-program.ts';

/** Somebody began to cancel the submission before it was seen to run, so that it need not run any more. */
function mayBeCancelled(history: IndexedHistory, submission: Operation, run: Event | undefined): boolean {
  if (cancelOf(history, submission) !== undefined) return true;
  const cancels = history.byRef.get(submission.id)?.filter((other) => other.op === 'concurrentCancel') ?? [];
  return cancels.some((cancel) => run === undefined || cancel.inv.seq < run.seq);
}

/** The record before `run` left the loop idle, and not because its root body had ended and it was about to stop. */
function wasTakenByIdleLoop(history: IndexedHistory, run: Event): boolean {
  const { loopThread, idleAfter } = history;
  const at = firstAbove(loopThread.length, (position) => loopThread[position]!.seq, run.seq - 1) - 1;
  const before = loopThread[at];
  if (before === undefined) return false;
  if (before.ev === 'end' && history.operations.get(before.inst)?.op === 'runUntil') return false;
  return idleAfter[firstAbove(idleAfter.length, (position) => idleAfter[position]!, at - 1)] === at;
}

function lateWith(submission: Operation, run: Event | undefined): Violation {
  const when = run === undefined ? 'it never ran' : 'it ran late';
  return {
    events: [submission.inv, submission.ret!, ...(run === undefined ? [] : [run])],
    explanation: `${submission.op} of ${submission.args['body']} returned on ${submission.inv.th} and the loop was idle, yet ${when}: the loop was not woken.`,
  };
}

/** Accepted foreign submissions must not be late while the loop is idle. */
function judgeWakeUp(history: IndexedHistory): Judgement {
  let evidence = 0;
  if (!hasOneLoop(history)) return { evidence };
  for (const submission of operationsNamed(history, 'callSoonThreadsafe', 'runCoroutineThreadsafe')) {
    const run = firstRun(history, submission);
    if (!isAccepted(submission) || !isForeign(submission.inv) || !isPassedPlainly(submission)) continue;
    if (mayBeCancelled(history, submission, run)) continue;
    if (isLate(history, submission.ret!, run)) {
      return { evidence: evidence + 1, violation: lateWith(submission, run) };
    }
    if (run !== undefined && wasTakenByIdleLoop(history, run)) evidence++;
  }
  return { evidence };
}

const CST = 'F1 inv a callSoonThreadsafe body=x ; F1 ret a';

export const wakesBlockedLoop: Requirement = {
  id: 'C-TS-01',
  slug: 'threadsafe-call-wakes-loop',
  scenario: 'C',
  area: 'liveness',
  level: 'MUST',
  basis: 'pep',
  statement: 'call_soon_threadsafe wakes a loop blocked in its poll.',
  source: 'PEP 3156 Thread interaction; doc eventloop',
  evidence: 'an accepted foreign submission whose body was taken up by a loop that was idle',
  hint: 'the order of "clear the wake flag" and "take the queue" in the loop, and whether every submission rings',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeWakeUp),
  examples: {
    upholds: [
      idle(`${CST} ; L run a x ; L end a ; M eot deadline`),
      idle('F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; L run a co ; L end a ; M eot done'),
    ],
    violates: [
      idle(`${CST} ; @4s M eot deadline`),
      idle(`${CST} ; @4s L run a x ; L end a ; M eot done`),
      idle(`${CST} ; M eot deadlock`),
      `M inv N newLoop ; M ret N ; M inv R runForever ; M loop start ; ${CST} ; @4s M eot deadline`,
      `M meta B=0 ; ${idle(`${CST} ; @900us L run a x ; L end a ; M eot done`)}`,
      `M meta bounds={"B":null,"G":0} ; ${idle(`${CST} ; M eot deadlock`)}`,
    ],
    unexercised: [running('L end R ; M eot done'), running(`${CST} ; @4s L end R ; L run a x ; L end a ; M eot done`)],
    noFalseAlarm: [
      idle('F1 inv a callSoonThreadsafe body=x ; L run a x ; L end a ; @9s F1 ret a ; M eot done'),
      idle('F1 inv a callSoonThreadsafe body=x ; @9s M eot deadline'),
      idle(
        `${CST} ; F2 inv o callSoonThreadsafe body=other ; L run o other ; @9s F2 ret o ; L end o ; L run a x ; L end a ; M eot done`,
      ),
      idle(`${CST} err=CLOSED ; @9s M eot deadline`),
      idle(`${CST} ; F2 inv k cancelHandle of=a ; F2 ret k ; M eot deadlock`),
      idle(
        'F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; F1 inv k concurrentCancel of=a ; F1 ret k v=true ; M eot deadlock',
      ),
      idle('F1 inv a callSoonThreadsafe body=co as=function ; F1 ret a ; M eot deadlock'),
      `M meta bounds={"B":null,"G":0} ; ${idle(`${CST} ; @9s L run a x ; L end a ; M eot deadline`)}`,
      `M inv N1 newLoop ; M ret N1 ; F1 inv a callSoonThreadsafe body=x loop=N1 ; F1 ret a ; M inv d close loop=N1 ; M ret d ; ${idle('M eot deadlock')}`,
    ],
  },
  program: inboundProgram('C-TS-01', {
    threads: { one: [{ op: 'sleep', delayUs: 2000 }], two: [{ op: 'sleep', delayUs: 2000 }] },
  }),
};
