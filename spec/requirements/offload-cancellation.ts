import type { IndexedHistory } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, worker } from './builder.ts';
import { hasOneLoop } from './inbound-facts.ts';
import { executorOf, occupancy } from './offload-pool.ts';
import { cancelDuring, executorWork, isTaken, outlasts, waitsFor } from './offload-work.ts';
import { violated } from './violated.ts';

/**
 * Work whose awaiter was cancelled, and which was queued behind other work on every worker from its submission until
 * after the awaiter went on, is never entered; and the awaiter does go on.
 */
function judgeQueued(history: IndexedHistory): Judgement {
  const works = executorWork(history);
  const heldBy = occupancy(history, works);
  let evidence = 0;
  for (const work of works) {
    const executor = executorOf(work);
    if (executor === undefined || !isTaken(work)) continue;
    const { name, operation, run } = work;
    for (const wait of waitsFor(history, work)) {
      const cancel = cancelDuring(history, wait);
      if (cancel === undefined) continue;
      const until = wait.resm ?? history.eot;
      if (until === undefined || heldBy(executor, operation.inv, until) === undefined) continue;
      if (run !== undefined && precedes(run, cancel.inv)) continue;
      if (wait.resm === undefined) {
        if (run !== undefined || !hasOneLoop(history) || !isLate(history, cancel.ret!, undefined)) continue;
        const explanation = `The task that awaited ${name}, which was still queued, was cancelled, yet it was never released.`;
        return violated(evidence + 1, explanation, operation.inv, wait.susp, cancel.inv, cancel.ret);
      }
      if (wait.resm.err !== 'CANCELLED') continue;
      evidence++;
      if (run === undefined) continue;
      const explanation = `The await of ${name} was cancelled while ${name} was queued behind a full pool, yet ${name} ran.`;
      return violated(evidence, explanation, operation.inv, cancel.inv, wait.resm, run);
    }
  }
  return { evidence };
}

const ONE_WORKER = 'M inv e makeExecutor count=1 ; M ret e v={"ref":"e"}';
const QUEUED = `${ONE_WORKER} ; ${running('L inv b runInExecutor body=block executor={"ref":"e"} ; L ret b ; W1 run b block ; L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv T createTask body=t ; L ret T ; L inv y yield ; L susp R id=y on=y ; L run T t ; L inv w await of=x ; L susp T id=w on=x ; L resm R id=y ; L ret y')}`;
const CANCELLED = 'L inv c cancelTask of=T ; L ret c v=true ; L end R';
const RELEASED = 'L resm T id=w err=CANCELLED ; L ret w err=CANCELLED ; L end T err=CANCELLED';

export const cancelledQueuedWorkNeverRuns: Requirement = {
  id: 'B-EXE-07',
  slug: 'cancelled-queued-work-never-runs',
  scenario: 'B',
  area: 'cancellation',
  level: 'MUST',
  basis: 'doc',
  statement: 'Cancelling the await of QUEUED work: awaiter CANCELLED and the work never runs.',
  source: 'doc concurrent.futures#cancel; _chain_future',
  evidence: 'a cancelled await of work that was provably queued all the time',
  hint: 'whether a cancelled future takes its work out of the queue, or the worker asks before it enters',
  needs: ['executor-queue-cancel'],
  voidedBy: [],
  deviations: [],
  judge: judgeQueued,
  examples: {
    upholds: [`${QUEUED} ; ${CANCELLED} ; ${RELEASED} ; W1 end b ; M eot done`],
    violates: [
      `${QUEUED} ; ${CANCELLED} ; ${RELEASED} ; W1 end b ; W1 run x k ; W1 end x ; M eot done`,
      `${QUEUED} ; ${CANCELLED} ; @9s M eot deadline`,
      `${QUEUED} ; ${CANCELLED} ; M eot deadlock`,
    ],
    unexercised: [
      `${QUEUED} ; W1 end b ; W1 run x k ; W1 end x v=1 ; L resm T id=w v=1 ; L ret w v=1 ; L end T ; L end R ; M eot done`,
    ],
    noFalseAlarm: [
      // The worker became free, or the work had run, before the awaiter went on; two workers; a cut history.
      `${QUEUED} ; ${CANCELLED} ; W1 end b ; W1 run x k ; ${RELEASED} ; W1 end x ; M eot done`,
      `${ONE_WORKER} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; W1 end x ; L inv b runInExecutor body=block executor={"ref":"e"} ; L ret b ; W1 run b block ; L inv c cancelTask of=R ; L ret c v=true ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; L end R err=CANCELLED ; W1 end b')}`,
      `${QUEUED.replace('count=1', 'count=2')} ; ${CANCELLED} ; ${RELEASED} ; W2 run x k ; W2 end x ; W1 end b ; M eot done`,
      `${QUEUED} ; ${CANCELLED} ; ${RELEASED} ; W1 run x k`,
    ],
  },
  program: fixedProgram('B-EXE-07', {
    needs: ['OFFLOAD', 'ON-LOOP', 'custom-executor', 'executor-queue-cancel'],
    gates: ['held', 'go'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'entered' },
        { op: 'createFuture', to: 'released' },
        { op: 'runInExecutor', body: 'holder', executor: 'one', to: 'holding' },
        { op: 'waitGate', gate: 'held' },
        { op: 'runInExecutor', body: 'queued', executor: 'one', to: 'queue' },
        { op: 'createTask', body: 'waiter', to: 'waiting' },
        { op: 'await', of: 'entered' },
        { op: 'cancelTask', of: 'waiting' },
        { op: 'await', of: 'released' },
        { op: 'signal', gate: 'go' },
        { op: 'await', of: 'holding' },
        { op: 'runInExecutor', body: 'last', executor: 'one', to: 'end' },
        { op: 'await', of: 'end' },
      ),
      holder: worker({ op: 'signal', gate: 'held' }, { op: 'waitGate', gate: 'go' }),
      queued: worker(),
      last: worker(),
      waiter: task(
        { op: 'setResult', of: 'entered', value: null },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'queue' }],
          finally: [{ op: 'setResult', of: 'released', value: null }],
        },
      ),
    },
    main: [
      { op: 'newLoop' },
      { op: 'makeExecutor', count: 1, to: 'one' },
      { op: 'runUntil', body: 'root' },
      { op: 'quiesce' },
      { op: 'shutdownExecutor', of: 'one' },
      { op: 'close' },
    ],
  }),
};

/** A cancelled await of running work goes on at once, with CANCELLED, whatever the work does. */
function judgeRunning(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const work of executorWork(history)) {
    const { name, run, end } = work;
    if (run === undefined || work.doubled) continue;
    for (const wait of waitsFor(history, work)) {
      const cancel = cancelDuring(history, wait);
      if (cancel === undefined || !precedes(run, cancel.inv)) continue;
      const { resm } = wait;
      if (hasOneLoop(history) && isLate(history, cancel.ret!, resm)) {
        const explanation = `The task that awaited ${name}, which was running, was cancelled, yet it ${resm ? 'went on late' : 'was never released'}.`;
        return violated(evidence + 1, explanation, run, wait.susp, cancel.inv, cancel.ret, resm, end);
      }
      if (resm === undefined || !outlasts(history, work, wait)) continue;
      evidence++;
      const isWithdrawn = history.byOp.has('uncancel');
      if (resm.err === 'CANCELLED' || isWithdrawn) continue;
      const explanation = `The task that awaited ${name} was cancelled while ${name} was running, yet its await ended with ${resm.err ?? 'a value'}.`;
      return violated(evidence, explanation, run, cancel.inv, resm, end);
    }
  }
  return { evidence };
}

const RUNNING = running(
  'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L inv T createTask body=t ; L ret T ; L inv y yield ; L susp R id=y on=y ; L run T t ; L inv w await of=x ; L susp T id=w on=x ; L resm R id=y ; L ret y',
);

export const cancelledAwaitReleasesAtOnce: Requirement = {
  id: 'B-EXE-08',
  slug: 'cancelled-await-of-running-work-is-released',
  scenario: 'B',
  area: 'cancellation',
  level: 'MUST',
  basis: 'doc',
  statement:
    'Cancelling the await of RUNNING work releases the awaiter promptly; the work runs to its end, its result is dropped.',
  source: 'doc concurrent.futures#cancel; anyio docs/threads',
  evidence: 'a cancelled await that went on while its work was provably running',
  hint: 'whether cancelling marks the future as cancelled itself or only asks the worker',
  needs: [],
  voidedBy: ['executorCancel=wait'],
  deviations: [],
  judge: judgeRunning,
  examples: {
    upholds: [`${RUNNING} ; ${CANCELLED} ; ${RELEASED} ; W1 end x v=1 ; M eot done`],
    violates: [
      `${RUNNING} ; ${CANCELLED} ; @4s M eot deadline`,
      `${RUNNING} ; ${CANCELLED} ; M eot deadlock`,
      `${RUNNING} ; ${CANCELLED} ; @4s W1 end x v=1 ; ${RELEASED} ; M eot done`,
      `${RUNNING} ; ${CANCELLED} ; L resm T id=w err=SHUTDOWN ; L ret w err=SHUTDOWN ; W1 end x v=1 ; M eot done`,
    ],
    unexercised: [
      `${RUNNING} ; W1 end x v=1 ; L resm T id=w v=1 ; L ret w v=1 ; L end T ; L inv c cancelTask of=T ; L ret c v=false ; L end R ; M eot done`,
    ],
    noFalseAlarm: [
      // The result was on its way; the cancellation was refused; the loop is blocked; B is an hour.
      `${RUNNING} ; W1 end x v=1 ; ${CANCELLED} ; L resm T id=w v=1 ; L ret w v=1 ; L end T ; M eot done`,
      `${RUNNING} ; L inv c cancelTask of=T ; L ret c v=false ; L end R ; @9s M eot deadline`,
      `${RUNNING} ; L inv c cancelTask of=T ; L ret c v=true ; L inv s spin delayUs=5000000 ; @9s L ret s ; L end R ; ${RELEASED} ; W1 end x ; M eot done`,
      `M meta B=3600000000000 G=0 ; ${RUNNING} ; ${CANCELLED} ; @9s W1 end x v=1 ; ${RELEASED} ; M eot done`,
    ],
  },
  program: fixedProgram('B-EXE-08', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    gates: ['started', 'go'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'entered' },
        { op: 'createFuture', to: 'released' },
        { op: 'createFuture', to: 'finished' },
        { op: 'runInExecutor', body: 'work', to: 'working' },
        { op: 'waitGate', gate: 'started' },
        { op: 'createTask', body: 'waiter', to: 'waiting' },
        { op: 'await', of: 'entered' },
        { op: 'cancelTask', of: 'waiting' },
        { op: 'await', of: 'released' },
        { op: 'signal', gate: 'go' },
        { op: 'await', of: 'finished' },
      ),
      work: worker(
        { op: 'signal', gate: 'started' },
        { op: 'waitGate', gate: 'go' },
        { op: 'complete', of: 'finished', value: null },
      ),
      waiter: task(
        { op: 'setResult', of: 'entered', value: null },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'working' }],
          finally: [{ op: 'setResult', of: 'released', value: null }],
        },
      ),
    },
  }),
};
