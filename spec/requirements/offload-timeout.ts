import type { IndexedHistory } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, worker } from './builder.ts';
import { hasOneLoop, timeoutNs } from './inbound-facts.ts';
import { isOverdue } from './offload-pauses.ts';
import { executorWork, isSettledByProgram, outlasts, type Wait } from './offload-work.ts';
import { violated } from './violated.ts';

/** A waitFor over work that runs past its deadline ends then, with TIMEOUT, and before the work. */
function judgeTimeOut(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const work of executorWork(history)) {
    const { name, run, end, operation } = work;
    if (run === undefined || work.doubled) continue;
    for (const other of history.byRef.get(operation.id) ?? []) {
      if (other.op !== 'waitFor' || other.susp === undefined) continue;
      const wait = other as Wait;
      const { resm, susp } = wait;
      const dueT = susp.t + timeoutNs(wait);
      if (dueT === Number.POSITIVE_INFINITY || run.t > dueT || (resm !== undefined && resm.seq < run.seq)) continue;
      const isOpen = end === undefined || end.t > dueT;
      const stuck = resm === undefined && history.idleAtEnd && history.eot?.reason === 'deadlock';
      const overdue = isOverdue(history, { seq: susp.seq, t: dueT + history.bounds.G, settled: resm });
      if (isOpen && hasOneLoop(history) && (stuck || overdue)) {
        const explanation = `The waitFor over ${name} should have timed out while ${name} was running, yet it ${resm ? 'went on late' : 'never went on'}.`;
        return violated(evidence + 1, explanation, wait.inv, susp, run, resm, end);
      }
      if (resm === undefined || !outlasts(history, work, wait)) continue;
      if (resm.err === 'TIMEOUT') evidence++;
      if (resm.err === undefined && !isSettledByProgram(history, work)) {
        const explanation = `The waitFor over ${name} ended with a value before ${name} had ended; only TIMEOUT can.`;
        return violated(evidence + 1, explanation, wait.inv, run, resm, end);
      }
    }
  }
  return { evidence };
}

const WAITED =
  'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L inv w waitFor of=x timeoutUs=1000 ; L susp R id=w on=x';

export const waitForTimesOutOverRunningWork: Requirement = {
  id: 'B-EXE-13',
  slug: 'wait-for-times-out-over-executor-work',
  scenario: 'B',
  area: 'timeout',
  level: 'MUST',
  basis: 'doc',
  statement: 'wait_for over executor work times out promptly and the work goes on.',
  source: 'doc task#wait_for',
  evidence: 'a waitFor that timed out while its work was provably running',
  hint: 'whether the time-out waits for the cancelled work to end',
  needs: ['wait-for'],
  voidedBy: ['executorCancel=wait'],
  deviations: [],
  judge: judgeTimeOut,
  examples: {
    upholds: [running(`${WAITED} ; @2ms L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; W1 end x ; M eot done`)],
    violates: [
      running(`${WAITED} ; @4s W1 end x v=1 ; L resm R id=w v=1 ; L ret w v=1 ; M eot done`),
      running(`${WAITED} ; @4s L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; W1 end x ; M eot done`),
      running(`${WAITED} ; @4s M eot deadline`),
      running(`${WAITED} ; M eot deadlock`),
      running(`${WAITED} ; @2ms L resm R id=w ; L ret w ; W1 end x ; M eot done`),
    ],
    unexercised: [running(`${WAITED} ; W1 end x v=1 ; L resm R id=w v=1 ; L ret w v=1 ; M eot done`)],
    noFalseAlarm: [
      // No deadline; not due yet; a blocked loop; still queued; B is an hour; completed by the program.
      running(`${WAITED.replace('timeoutUs=1000', 'timeoutUs=null')} ; @9s M eot deadline`),
      running(`${WAITED.replace('timeoutUs=1000', 'timeoutUs=8500000')} ; @9s M eot deadline`),
      running(
        `L inv b callSoon body=blocker ; L ret b ; ${WAITED} ; L run b blocker ; @9s L end b ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; W1 end x`,
      ),
      running(
        `L inv z runInExecutor body=k ; L ret z ; W1 run z k ; ${WAITED.replace('W1 run x k ; ', '')} ; @9s M eot deadline`,
      ),
      `M meta B=3600000000000 G=0 ; ${running(`${WAITED} ; @9s L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; W1 end x`)}`,
      running(`${WAITED} ; F1 inv s complete of=x value=7 ; F1 ret s ; L resm R id=w v=7 ; L ret w v=7 ; W1 end x`),
    ],
  },
  program: fixedProgram('B-EXE-13', {
    needs: ['OFFLOAD', 'ON-LOOP', 'wait-for'],
    gates: ['started', 'go'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'finished' },
        { op: 'runInExecutor', body: 'work', to: 'working' },
        { op: 'waitGate', gate: 'started' },
        { op: 'try', steps: [{ op: 'waitFor', of: 'working', timeoutUs: 1000 }], on: 'TIMEOUT', then: [] },
        { op: 'signal', gate: 'go' },
        { op: 'await', of: 'finished' },
      ),
      work: worker(
        { op: 'signal', gate: 'started' },
        { op: 'waitGate', gate: 'go' },
        { op: 'complete', of: 'finished', value: null },
      ),
    },
  }),
};
