import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, refsOf } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, thread, worker } from './builder.ts';
import { hasOneLoop, laterOf } from './inbound-facts.ts';
import { executorOf, occupancy } from './offload-pool.ts';
import { executorWork, isTaken, nothingCancels, outlasts, type Work, waitsFor } from './offload-work.ts';
import { violated } from './violated.ts';

/** The first shutdown with cancellation of each executor, by the executor. */
function cancellingShutdowns(history: IndexedHistory): ReadonlyMap<OpId, Operation> {
  const first = new Map<OpId, Operation>();
  for (const shutdown of operationsNamed(history, 'shutdownExecutor')) {
    const [executor] = refsOf(shutdown.args);
    if (executor === undefined || shutdown.args['cancelFutures'] !== true || !isAccepted(shutdown)) continue;
    if (!first.has(executor)) first.set(executor, shutdown);
  }
  return first;
}

/** Work that was queued until after the shutdown: it never runs, and who awaits it goes on. */
function judgeQueuedWork(history: IndexedHistory, work: Work, shutdown: Operation): Judgement | undefined {
  const { name, operation, run } = work;
  if (run !== undefined) {
    const explanation = `${name} was queued when its executor was shut down with cancellation, yet it ran.`;
    return violated(1, explanation, operation.inv, shutdown.inv, shutdown.ret, run);
  }
  if (!hasOneLoop(history)) return undefined;
  const waiting = waitsFor(history, work).find((wait) =>
    isLate(history, laterOf<Event>(shutdown.ret!, wait.susp), wait.resm),
  );
  if (waiting === undefined) return undefined;
  const explanation = `${name} was queued when its executor was shut down with cancellation, yet the task that awaited it ${waiting.resm ? 'went on late' : 'never went on'}.`;
  return violated(1, explanation, waiting.susp, shutdown.inv, shutdown.ret, waiting.resm);
}

/** The await of work that the shutdown found running ended with CANCELLED, which nothing else can have caused. */
function judgeRunningWork(history: IndexedHistory, work: Work, shutdown: Operation): Judgement | undefined {
  const wait = waitsFor(history, work).find((one) => one.resm?.err === 'CANCELLED' && outlasts(history, work, one));
  if (wait === undefined) return undefined;
  const explanation = `${work.name} was running when its executor was shut down with cancellation of what is queued, yet its await was cancelled.`;
  return violated(1, explanation, work.run, shutdown.inv, wait.resm, work.end);
}

/** Shutting an executor down with cancellation takes what is queued, and leaves alone what is running. */
function judgeCancelFutures(history: IndexedHistory): Judgement {
  const shutdowns = cancellingShutdowns(history);
  if (shutdowns.size === 0) return { evidence: 0 };
  const works = executorWork(history);
  const heldBy = occupancy(history, works);
  const isAlone = nothingCancels(history);
  let evidence = 0;
  for (const work of works) {
    const executor = executorOf(work);
    const shutdown = executor === undefined ? undefined : shutdowns.get(executor);
    const { ret, inv } = work.operation;
    if (executor === undefined || shutdown === undefined || ret === undefined || !isTaken(work)) continue;
    if (!precedes(ret, shutdown.inv) || work.doubled) continue;
    const isQueued = heldBy(executor, inv, shutdown.ret!) !== undefined;
    const wasRunning = work.run !== undefined && precedes(work.run, shutdown.inv);
    if (isQueued) evidence++;
    const found = isQueued
      ? judgeQueuedWork(history, work, shutdown)
      : wasRunning && isAlone
        ? judgeRunningWork(history, work, shutdown)
        : undefined;
    if (found !== undefined) return { ...found, evidence: Math.max(1, evidence) };
  }
  return { evidence };
}

const POOL = 'M inv e makeExecutor count=1 ; M ret e v={"ref":"e"}';
const FULL =
  'L inv b runInExecutor body=block executor={"ref":"e"} ; L ret b ; W1 run b block ; L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv w await of=x ; L susp R id=w on=x';
const SHUT = 'F1 inv s shutdownExecutor of=e wait=false cancelFutures=true ; F1 ret s';
const FREED = 'L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; L end R err=CANCELLED';

export const shutdownCancelsOnlyQueuedWork: Requirement = {
  id: 'S-EXE-06',
  slug: 'shutdown-with-cancellation-takes-queued-work-only',
  scenario: 'shutdown',
  area: 'cancellation',
  level: 'MUST',
  basis: 'doc',
  statement: 'shutdown(cancel_futures) cancels queued, not running, work.',
  source: 'doc concurrent.futures#shutdown',
  evidence: 'work that was provably queued until a shutdown with cancellation had returned',
  hint: 'how the queue is emptied, and who tells the futures of what was in it',
  needs: ['executor-cancel-futures'],
  voidedBy: [],
  deviations: [],
  judge: judgeCancelFutures,
  examples: {
    upholds: [`${POOL} ; ${running(`${FULL} ; ${SHUT} ; W1 end b ; ${FREED} ; M eot done`)}`],
    violates: [
      `${POOL} ; ${running(`${FULL} ; ${SHUT} ; W1 end b ; W1 run x k ; W1 end x ; L resm R id=w ; L ret w ; L end R ; M eot done`)}`,
      `${POOL} ; ${running(`${FULL} ; ${SHUT} ; W1 end b ; M eot deadlock`)}`,
      `${POOL} ; ${running(`${FULL} ; ${SHUT} ; W1 end b ; @4s M eot deadline`)}`,
      `${POOL} ; ${running(`L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; ${SHUT} ; ${FREED} ; W1 end x ; M eot done`)}`,
    ],
    unexercised: [
      `${POOL} ; ${running(`${FULL} ; F1 inv s shutdownExecutor of=e wait=false ; F1 ret s ; W1 end b ; W1 run x k ; W1 end x ; L resm R id=w ; L ret w ; L end R ; M eot done`)}`,
    ],
    noFalseAlarm: [
      // The worker became free before the shutdown had returned; it was running; a task's own cancellation.
      `${POOL} ; ${running(`${FULL} ; F1 inv s shutdownExecutor of=e cancelFutures=true ; W1 end b ; W1 run x k ; W1 end x ; F1 ret s ; L resm R id=w ; L ret w ; L end R ; M eot done`)}`,
      `${POOL} ; ${running(`L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; ${SHUT} ; W1 end x ; L resm R id=w ; L ret w ; L end R ; M eot done`)}`,
      `${POOL} ; ${running(`L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; ${SHUT} ; L run z t ; L inv c cancelTask of=R ; L ret c v=true ; L end z ; ${FREED} ; W1 end x ; M eot done`)}`,
      `${POOL.replace('count=1', 'count=2')} ; ${running(`${FULL} ; ${SHUT} ; W2 run x k ; W2 end x ; W1 end b ; L resm R id=w ; L ret w ; L end R ; M eot done`)}`,
    ],
  },
  program: fixedProgram('S-EXE-06', {
    needs: ['OFFLOAD', 'ON-LOOP', 'custom-executor', 'executor-cancel-futures'],
    gates: ['running', 'queued', 'shut'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'released' },
        { op: 'runInExecutor', body: 'holder', executor: 'one', to: 'holding' },
        { op: 'waitGate', gate: 'running' },
        { op: 'runInExecutor', body: 'work', executor: 'one', to: 'queue' },
        { op: 'createTask', body: 'waiter', to: 'waiting' },
        { op: 'signal', gate: 'queued' },
        { op: 'await', of: 'released' },
        { op: 'await', of: 'holding' },
      ),
      waiter: task({
        op: 'try',
        steps: [{ op: 'await', of: 'queue' }],
        finally: [{ op: 'setResult', of: 'released', value: null }],
      }),
      holder: worker({ op: 'signal', gate: 'running' }, { op: 'waitGate', gate: 'shut' }),
      work: worker(),
      closer: thread(
        { op: 'waitGate', gate: 'queued' },
        {
          op: 'try',
          steps: [{ op: 'shutdownExecutor', of: 'one', wait: false, cancelFutures: true }],
          finally: [{ op: 'signal', gate: 'shut' }],
        },
      ),
    },
    main: [
      { op: 'newLoop' },
      { op: 'makeExecutor', count: 1, to: 'one' },
      { op: 'spawn', body: 'closer' },
      { op: 'runUntil', body: 'root' },
      { op: 'quiesce' },
      { op: 'join' },
      { op: 'close' },
    ],
  }),
};
