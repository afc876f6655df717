import type { Event } from '../history.ts';
import { type IndexedHistory, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { isLate, wasIdleBetween } from '../lateness.ts';
import { cancelOf } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, idle, running, task, thread } from './builder.ts';

function isForeign(event: Event): boolean {
  return event.th !== 'L' && event.th !== 'M';
}

/** Accepted foreign submissions must not be late while the loop is idle. */
function judgeWakeUp(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const submission of operationsNamed(history, 'callSoonThreadsafe', 'runCoroutineThreadsafe')) {
    const { ret } = submission;
    if (ret === undefined || ret.err !== undefined || !isForeign(ret) || cancelOf(history, submission)) continue;
    const run = scheduledBody(history, submission)?.runs[0];
    if (isLate(history, ret, run)) {
      const when = run === undefined ? 'never ran' : 'ran late';
      return {
        evidence: evidence + 1,
        violation: {
          events: [submission.inv, ret, ...(run === undefined ? [] : [run])],
          explanation: `${submission.op} of ${submission.args['body']} returned on ${ret.th} while the loop was idle, yet it ${when}: the loop was not woken.`,
        },
      };
    }
    if (run !== undefined && wasIdleBetween(history, submission.inv.seq, run.seq)) evidence++;
  }
  return { evidence };
}

export const wakesBlockedLoop: Requirement = {
  id: 'C-TS-01',
  slug: 'threadsafe-call-wakes-loop',
  scenario: 'C',
  area: 'liveness',
  level: 'MUST',
  basis: 'pep',
  statement: 'call_soon_threadsafe wakes a loop blocked in its poll.',
  source: 'PEP 3156 Thread interaction; doc eventloop',
  evidence: 'an accepted foreign submission made while the loop was idle, whose body ran',
  hint: 'the order of "clear the wake flag" and "take the queue" in the loop, and whether every submission rings',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeWakeUp,
  examples: {
    upholds: [idle('F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L run a x ; L end a ; M eot deadline')],
    violates: [
      idle('F1 inv a callSoonThreadsafe body=x ; F1 ret a ; @4s M eot deadline'),
      idle('F1 inv a callSoonThreadsafe body=x ; F1 ret a ; @4s L run a x ; L end a ; M eot done'),
      idle('F1 inv a callSoonThreadsafe body=x ; F1 ret a ; M eot deadlock'),
    ],
    unexercised: [running('L end R ; M eot done')],
    noFalseAlarm: [
      idle('F1 inv a callSoonThreadsafe body=x ; L run a x ; L end a ; @9s F1 ret a ; M eot done'),
      idle('F1 inv a callSoonThreadsafe body=x ; @9s M eot deadline'),
    ],
  },
  program: fixedProgram('C-TS-01', {
    needs: ['ON-LOOP', 'INBOUND'],
    gates: ['made'],
    bodies: {
      root: task({ op: 'createFuture', to: 'done' }, { op: 'signal', gate: 'made' }, { op: 'await', of: 'done' }),
      foreign: thread(
        { op: 'waitGate', gate: 'made' },
        { op: 'sleep', delayUs: 2000 },
        { op: 'callSoonThreadsafe', body: 'wake' },
      ),
      wake: callback({ op: 'setResult', of: 'done', value: null }),
    },
    spawn: ['foreign'],
  }),
};
