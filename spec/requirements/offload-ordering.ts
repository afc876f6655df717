import { osThread } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, worker } from './builder.ts';
import { executorOf, workerCounts } from './offload-pool.ts';
import { executorWork, isSettledByProgram, isTaken, isWhole, type Wait, type Work, waitsFor } from './offload-work.ts';
import { violated } from './violated.ts';

/** Works of one executor in the order of their submission by the loop's thread, each with one run. */
function entered(history: IndexedHistory): readonly Work[] {
  return executorWork(history).filter(
    (work) => work.run !== undefined && !work.doubled && isTaken(work) && osThread(work.operation.inv.th) === 'L',
  );
}

/** On one worker thread, work of a one-worker executor is entered in the order in which the loop submitted it. */
function judgeFifo(history: IndexedHistory): Judgement {
  const counts = workerCounts(history);
  const newest = new Map<string, Work>();
  let evidence = 0;
  for (const work of entered(history)) {
    const executor = executorOf(work);
    const run = work.run!;
    if (executor === undefined || counts.get(executor) !== 1) continue;
    // Two stamps of `run` on different threads prove no order.
    const worker = JSON.stringify([executor, run.th]);
    const before = newest.get(worker);
    if (before !== undefined) {
      evidence++;
      if (run.seq < before.run!.seq) {
        const explanation = `${before.name} was given to the one-worker executor before ${work.name}, yet ${work.name} ran first.`;
        return violated(evidence, explanation, before.operation.inv, work.operation.inv, run, before.run);
      }
    }
    newest.set(worker, work);
  }
  return { evidence };
}

export const oneWorkerIsFifo: Requirement = {
  id: 'B-EXE-05',
  slug: 'one-worker-executor-is-fifo',
  scenario: 'B',
  area: 'ordering',
  level: 'MUST',
  basis: 'impl',
  statement: 'A one-worker executor runs work FIFO.',
  source: 'ThreadPoolExecutor queue',
  evidence: 'work of a one-worker executor that ran on a worker which also ran work submitted before it',
  hint: "the executor's queue",
  needs: ['custom-executor'],
  voidedBy: [],
  deviations: [],
  judge: judgeFifo,
  examples: {
    upholds: [
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv y runInExecutor body=l executor={"ref":"e"} ; L ret y ; W1 run x k ; W1 end x ; W1 run y l ; W1 end y ; M eot done')}`,
    ],
    violates: [
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv y runInExecutor body=l executor={"ref":"e"} ; L ret y ; W1 run y l ; W1 end y ; W1 run x k ; W1 end x ; M eot done')}`,
    ],
    unexercised: [
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; W1 run x k ; W1 end x ; M eot done')}`,
    ],
    noFalseAlarm: [
      // Two workers; two executors; different threads, whose runs prove no order; refused or cancelled work.
      `M inv e makeExecutor count=2 ; M ret e v={"ref":"e"} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv y runInExecutor body=l executor={"ref":"e"} ; L ret y ; W1 run y l ; W1 end y ; W1 run x k ; W1 end x')}`,
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; M inv f makeExecutor count=1 ; M ret f v={"ref":"f"} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv y runInExecutor body=l executor={"ref":"f"} ; L ret y ; W1 run y l ; W1 end y ; W1 run x k ; W1 end x')}`,
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L inv y runInExecutor body=l executor={"ref":"e"} ; L ret y ; W2 run y l ; W2 end y ; W1 run x k ; W1 end x')}`,
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x err=SHUTDOWN ; L inv y runInExecutor body=l executor={"ref":"e"} ; L ret y ; W1 run y l ; W1 end y')}`,
      running('L inv x runInExecutor body=k executor={"ref":null} ; L ret x err=UNSET ; W1 run x k ; W1 end x'),
    ],
  },
  program: fixedProgram('B-EXE-05', {
    needs: ['OFFLOAD', 'ON-LOOP', 'custom-executor'],
    gates: ['queued'],
    bodies: {
      root: task(
        { op: 'runInExecutor', body: 'first', executor: 'one' },
        { op: 'runInExecutor', body: 'second', executor: 'one' },
        { op: 'runInExecutor', body: 'third', executor: 'one', to: 'last' },
        { op: 'signal', gate: 'queued' },
        { op: 'await', of: 'last' },
      ),
      first: worker({ op: 'waitGate', gate: 'queued' }),
      second: worker(),
      third: worker(),
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

const RELEASES: ReadonlySet<string> = new Set(['CANCELLED', 'SHUTDOWN']);

/** Why this resumption came too early, or undefined. */
function prematurely(history: IndexedHistory, { name, run, end, doubled }: Work, wait: Wait): string | undefined {
  const resm = wait.resm!;
  if (doubled) return undefined;
  if (end !== undefined) {
    return precedes(resm, end) ? `The task that awaited ${name} went on before ${name} had ended.` : undefined;
  }
  if (!isWhole(history)) return undefined;
  if (run !== undefined) return `The task that awaited ${name} went on although ${name} never ended.`;
  // Work that cannot be entered, such as a wrong kind of argument, ends with an error and no run.
  return resm.err === undefined
    ? `The task that awaited ${name} went on with a value although ${name} never ran.`
    : undefined;
}

/** Work is entered after its submission began; a plain await of it goes on after its end, unless it was released. */
function judgeCausality(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const work of executorWork(history)) {
    const { name, operation, run, end } = work;
    if (run !== undefined && precedes(run, operation.inv)) {
      return violated(evidence + 1, `${name} ran before it was given to the executor.`, run, operation.inv);
    }
    if (isSettledByProgram(history, work)) continue;
    for (const wait of waitsFor(history, work)) {
      const { resm } = wait;
      if (resm === undefined || (resm.err !== undefined && RELEASES.has(resm.err))) continue;
      evidence++;
      const explanation = prematurely(history, work, wait);
      if (explanation !== undefined) return violated(evidence, explanation, operation.inv, wait.susp, run, resm, end);
    }
  }
  return { evidence };
}

const AWAITED = 'L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x';

export const awaiterFollowsWork: Requirement = {
  id: 'B-EXE-06',
  slug: 'executor-work-between-submission-and-resumption',
  scenario: 'B',
  area: 'ordering',
  level: 'MUST',
  basis: 'ours',
  statement: 'Executor work starts after it was submitted, and its awaiter resumes only after it ended.',
  source: 'seed B1 output',
  evidence: 'a plain await of executor work that went on without having been cancelled',
  hint: 'when a future is marked done and when its result is there',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeCausality,
  examples: {
    upholds: [
      running(`${AWAITED} ; W1 run x k ; W1 end x v=1 ; L resm R id=w v=1 ; L ret w v=1 ; M eot done`),
      running(
        'L inv x toThread body=k ; L susp R id=x on=x ; W1 run x k ; W1 end x ; L resm R id=x ; L ret x ; M eot done',
      ),
    ],
    violates: [
      running(`${AWAITED} ; W1 run x k ; L resm R id=w v=1 ; L ret w v=1 ; W1 end x v=1 ; M eot done`),
      running(
        'L inv x toThread body=k ; L susp R id=x on=x ; W1 run x k ; L resm R id=x ; L ret x ; W1 end x ; M eot done',
      ),
      running('W1 run x k ; L inv x runInExecutor body=k ; L ret x ; W1 end x v=1 ; M eot done'),
      running(`${AWAITED} ; L resm R id=w v=1 ; L ret w v=1 ; M eot done`),
      running(`${AWAITED} ; W1 run x k ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; M eot done`),
    ],
    unexercised: [
      running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x v=1 ; L end R ; M eot done'),
      running(`${AWAITED} ; W1 run x k ; W1 end x v=1`),
    ],
    noFalseAlarm: [
      running(
        `${AWAITED} ; W1 run x k ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; W1 end x v=1 ; M eot done`,
      ),
      running(`${AWAITED} ; L resm R id=w err=SHUTDOWN ; L ret w err=SHUTDOWN ; M eot done`),
      running('L inv x runInExecutor body=k ; W1 run x k ; L ret x ; W1 end x v=1 ; M eot done'),
      running(
        `${AWAITED} ; W1 run x k ; F1 inv s complete of=x value=7 ; F1 ret s ; L resm R id=w v=7 ; L ret w v=7 ; W1 end x v=1`,
      ),
      running(
        'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L inv w waitFor of=x timeoutUs=1000 ; L susp R id=w on=x ; L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; W1 end x ; M eot done',
      ),
      // A wrong kind of argument; records that a crash swallowed; an empty slot.
      running(`${AWAITED} ; L resm R id=w err=TYPE ; L ret w err=TYPE ; M eot done`),
      running(
        'L inv x runInExecutor body=co as=function ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; L resm R id=w v={} ; L ret w v={} ; M eot done',
      ),
      running(`${AWAITED} ; W1 run x k ; L resm R id=w v=1 ; L ret w v=1`),
      running('L inv w await of=null ; L ret w err=UNSET ; M eot done'),
    ],
  },
  program: fixedProgram('B-EXE-06', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    bodies: {
      root: task({ op: 'runInExecutor', body: 'work', to: 'work' }, { op: 'await', of: 'work' }),
      work: worker({ op: 'sleep', delayUs: 1000 }, { op: 'return', value: 1 }),
    },
  }),
};
