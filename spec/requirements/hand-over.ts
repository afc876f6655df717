import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, operationsNamed } from '../indexed-history.ts';
import { isLate, wasIdleBetween } from '../lateness.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, idle, task, thread } from './builder.ts';
import { hasOneLoop, isForeign, laterOf } from './inbound-facts.ts';
import { violated } from './violated.ts';

/** Errors that a hand-over to a loop may rightly meet: the loop is closed, or the slot is empty. */
const REFUSALS: ReadonlySet<string> = new Set(['CLOSED', 'UNSET']);

/** Every await of a future that a foreign thread completed goes on in time. */
function judgeCompletion(history: IndexedHistory): Judgement {
  let evidence = 0;
  const judged = new Set<OpId>();
  for (const complete of operationsNamed(history, 'complete')) {
    const { inv, ret } = complete;
    if (ret === undefined || !isForeign(ret)) continue;
    if (ret.err !== undefined) {
      if (REFUSALS.has(ret.err)) continue;
      const explanation = `Completing a future from ${ret.th}, in the way prescribed, failed with ${ret.err}.`;
      return violated(evidence + 1, explanation, inv, ret);
    }
    const of = complete.args['of'] as { readonly ref?: OpId | null } | undefined;
    // The first completion that returned is the one that the awaits are owed from.
    if (of?.ref == null || judged.has(of.ref) || !hasOneLoop(history)) continue;
    // A future of asyncio refuses to hold this class.
    if (complete.args['error'] === 'OTHER(StopIteration)') continue;
    judged.add(of.ref);
    for (const wait of history.byRef.get(of.ref) ?? []) {
      const { susp, resm } = wait;
      if (wait.op !== 'await' || susp === undefined) continue;
      if (isLate(history, laterOf<Event>(ret, susp), resm)) {
        const when = resm === undefined ? 'never went on' : 'went on late';
        const explanation = `A future was completed from ${ret.th}, yet the task that awaited it ${when} although the loop was idle: the loop was not woken.`;
        return violated(evidence + 1, explanation, susp, inv, ret, resm);
      }
      const wasWaiting = susp.seq < inv.seq && resm !== undefined && inv.seq < resm.seq;
      if (wasWaiting && wasIdleBetween(history, inv.seq, resm.seq)) evidence++;
    }
  }
  return { evidence };
}

export const foreignCompletionWakesAwaiter: Requirement = {
  id: 'B-FCB-01',
  slug: 'foreign-completion-wakes-idle-loop',
  scenario: 'B',
  area: 'thread-safety',
  level: 'MUST',
  basis: 'doc',
  statement:
    'A foreign thread completes a loop future only through the threadsafe hand-over; then the awaiter wakes within the calibrated bound on an otherwise IDLE loop.',
  source: 'doc dev#Concurrency and Multithreading; corrects seed L178-193',
  evidence: 'an await of an idle loop that went on after a foreign thread had completed its future',
  hint: 'whether completing a future from another thread wakes the loop; setting it directly does not',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeCompletion,
  examples: {
    upholds: [
      idle('F1 inv d complete of=f value=25 ; F1 ret d ; L resm R id=w v=25 ; L ret w v=25 ; L end R ; M eot done'),
    ],
    violates: [
      idle('F1 inv d complete of=f value=25 ; F1 ret d ; @3s M eot deadline'),
      idle('F1 inv d complete of=f value=25 ; F1 ret d ; M eot deadlock'),
      idle(
        'F1 inv d complete of=f value=25 ; F1 ret d ; @1400ms F2 inv p callSoonThreadsafe body=z ; F2 ret p ; L run p z ; L end p ; L resm R id=w v=25 ; L ret w v=25 ; L end R ; M eot done',
      ),
      idle('F1 inv d complete of=f value=25 ; F1 ret d err=WRONG_THREAD ; M eot deadlock'),
    ],
    unexercised: [
      drained(
        'L inv f createFuture ; L ret f ; L inv g waitGate gate=g ; F1 inv d complete of=f value=25 ; F1 ret d ; @3s L ret g ; L inv w await of=f ; L susp R id=w on=f ; L resm R id=w v=25 ; L ret w v=25',
      ),
    ],
    noFalseAlarm: [
      idle(
        'F1 inv d complete of=f value=25 ; F1 ret d ; F2 inv o callSoonThreadsafe body=other ; L run o other ; @5s F2 ret o ; L end o ; L resm R id=w v=25 ; L ret w v=25',
      ),
      idle('F1 inv d complete of=f value=25 ; @9s M eot deadline'),
      // An empty slot, a closed loop, another future's await, a B of an hour, a loop that is not running.
      idle('F1 inv d complete of=null value=25 ; F1 ret d err=UNSET ; M eot deadlock'),
      idle('F1 inv d complete of=f value=25 ; F1 ret d err=CLOSED ; M eot deadlock'),
      idle('F1 inv d complete of=g value=25 ; F1 ret d ; @9s M eot deadline'),
      `M meta B=3600000000000 G=0 ; ${idle('F1 inv d complete of=f value=25 ; F1 ret d ; @9s M eot deadline')}`,
      idle(
        'F1 inv d complete of=f value=25 ; M loop stop ; M ret R err=OTHER(RuntimeError) ; F1 ret d ; @9s M eot deadline',
      ),
    ],
  },
  program: fixedProgram('B-FCB-01', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    gates: ['made'],
    bodies: {
      // The gate opens when root already waits, whatever the schedule.
      root: task({ op: 'createFuture', to: 'future' }, { op: 'callSoon', body: 'open' }, { op: 'await', of: 'future' }),
      open: callback({ op: 'signal', gate: 'made' }),
      foreign: thread(
        { op: 'waitGate', gate: 'made' },
        { op: 'sleep', delayUs: 2000 },
        { op: 'complete', of: 'future', value: 25 },
      ),
    },
    spawn: ['foreign'],
  }),
};
