import type { EndEvent, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, refsOf } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, worker } from './builder.ts';
import { hungSince, laterOf } from './inbound-facts.ts';
import { executorOf } from './offload-pool.ts';
import { executorWork, isTaken, nothingCancels, type Wait, type Work, waitsFor } from './offload-work.ts';
import { violated } from './violated.ts';

/** The default executor is the one without an id. */
type Executor = OpId | undefined;

/** The last shutdown of each executor that waited for its work and did not cancel any. */
function drainingShutdowns(history: IndexedHistory): ReadonlyMap<Executor, Operation> {
  const last = new Map<Executor, Operation>();
  for (const shutdown of operationsNamed(history, 'shutdownDefaultExecutor', 'shutdownExecutor')) {
    if (!isAccepted(shutdown) || shutdown.args['wait'] === false) continue;
    last.set(shutdown.op === 'shutdownExecutor' ? refsOf(shutdown.args)[0] : undefined, shutdown);
  }
  return last;
}

/**
 * Tells of work that never ran whether it must have run: its executor was shut down by waiting for all of it, or a
 * hung task still awaits it although no worker is inside any other work. Nothing is owed once anything cancels.
 */
function owedWork(history: IndexedHistory, works: readonly Work[]): (work: Work) => Operation | undefined {
  const cancelsQueue = operationsNamed(history, 'shutdownExecutor').some(({ args }) => args['cancelFutures'] === true);
  if (cancelsQueue || !nothingCancels(history)) return () => undefined;
  const shutdowns = history.eot?.reason === 'done' ? drainingShutdowns(history) : new Map<Executor, Operation>();
  // A body that cannot be entered at all (a wrong kind) never runs; one name is one body.
  const enterable = new Set(works.flatMap(({ name, run }) => (run === undefined ? [] : [name])));
  const isClosed = operationsNamed(history, 'close').some(isAccepted);
  const isPoolFree = !isClosed && works.every(({ run, end }) => run === undefined || end !== undefined);
  let lastEnd: EndEvent | undefined;
  for (const { end } of works) if (end !== undefined && end.seq > (lastEnd?.seq ?? -1)) lastEnd = end;
  return (work) => {
    const { ret } = work.operation;
    const shutdown = shutdowns.get(executorOf(work));
    if (shutdown !== undefined && enterable.has(work.name) && ret !== undefined && precedes(ret, shutdown.inv)) {
      return shutdown;
    }
    const hung = (wait: Wait): boolean => {
      const since = laterOf<EndEvent | Wait['susp']>(lastEnd ?? wait.susp, wait.susp);
      return wait.resm === undefined && hungSince(history, since);
    };
    return isPoolFree ? waitsFor(history, work).find(hung) : undefined;
  };
}

/** No executor work is entered twice; work that is owed is entered. */
function judgeOnce(history: IndexedHistory): Judgement {
  const works = executorWork(history);
  const owed = owedWork(history, works);
  let evidence = 0;
  for (const work of works) {
    const { name, operation, run } = work;
    const runs = history.instances.get(operation.id)?.runs ?? [];
    if (run !== undefined) evidence++;
    if (runs.length > 1) {
      return violated(
        evidence,
        `${name} was given to the executor once and ran ${runs.length} times.`,
        operation.inv,
        ...runs.slice(0, 2),
      );
    }
    if (run !== undefined || !isTaken(work)) continue;
    const proof = owed(work);
    if (proof !== undefined) {
      const why = proof.op.startsWith('shutdown')
        ? 'its executor was shut down by waiting for it'
        : 'no worker was busy';
      const explanation = `${name} was accepted and nothing cancelled it, yet it never ran although ${why}.`;
      return violated(evidence + 1, explanation, operation.inv, operation.ret, proof.inv, proof.ret ?? proof.susp);
    }
  }
  return { evidence };
}

const EXECUTOR = 'M inv e makeExecutor count=1 ; M ret e v={"ref":"e"}';

export const workRunsOnce: Requirement = {
  id: 'B-EXE-04',
  slug: 'executor-work-runs-once',
  scenario: 'B',
  area: 'exactly-once',
  level: 'MUST',
  basis: 'ours',
  statement: 'Accepted work runs at most once, and exactly once unless cancelled or shut down with cancellation.',
  source: 'doc concurrent.futures#submit',
  evidence: 'executor work that ran',
  hint: 'how a worker takes work from the queue, and what a starting or ending worker does to it',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeOnce,
  examples: {
    upholds: [
      running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; M eot done'),
      `${EXECUTOR} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L end R ; M loop stop ; M ret R ; M inv s shutdownExecutor of=e ; W1 run x k ; W1 end x ; M ret s ; M eot done')}`,
    ],
    violates: [
      running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; W2 run x k ; W2 end x ; M eot done'),
      running('L inv x toThread body=k ; L susp R id=x on=x ; W1 run x k ; W2 run x k ; W1 end x ; W2 end x'),
      `${EXECUTOR} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv y runInExecutor body=k executor={"ref":"e"} ; L ret y ; L end R ; M loop stop ; M ret R ; M inv s shutdownExecutor of=e ; W1 run x k ; W1 end x ; M ret s ; M eot done')}`,
      running('L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; M eot deadlock'),
      running('L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; @4s M eot deadline'),
    ],
    unexercised: [running('L inv x runInExecutor body=k ; L ret x err=SHUTDOWN ; L end R err=SHUTDOWN ; M eot done')],
    noFalseAlarm: [
      // Nobody waits; a busy pool; cancelled; shut down without waiting, or with cancellation; the same body twice.
      running('L inv x runInExecutor body=k ; L ret x ; L end R ; M loop stop ; M ret R ; M eot done'),
      running(
        'L inv b runInExecutor body=k ; L ret b ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run b k ; M eot deadlock',
      ),
      running(
        'L inv T createTask body=t ; L ret T ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; L run T t ; L inv c cancelTask of=R ; L ret c v=true ; L end T ; M eot deadlock',
      ),
      `${EXECUTOR} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L end R ; M loop stop ; M ret R ; M inv s shutdownExecutor of=e wait=false ; M ret s ; M eot done')}`,
      `${EXECUTOR} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv y runInExecutor body=k executor={"ref":"e"} ; L ret y ; L end R ; M loop stop ; M ret R ; M inv s shutdownExecutor of=e cancelFutures=true ; W1 run x k ; W1 end x ; M ret s ; M eot done')}`,
      running(
        'L inv x runInExecutor body=k ; L ret x ; L inv y runInExecutor body=k ; L ret y ; W1 run x k ; W1 end x ; W1 run y k ; W1 end y',
      ),
    ],
  },
  program: fixedProgram('B-EXE-04', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    bodies: {
      root: task(
        { op: 'runInExecutor', body: 'work', to: 'one' },
        { op: 'runInExecutor', body: 'work', to: 'two' },
        { op: 'runInExecutor', body: 'work', to: 'three' },
        { op: 'await', of: 'one' },
        { op: 'await', of: 'two' },
        { op: 'await', of: 'three' },
      ),
      work: worker(),
    },
  }),
};
