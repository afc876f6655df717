import { canonicalJson } from '../canonical-json.ts';
import { type EndEvent, osThread, type ResmEvent } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, idle, running, task, worker } from './builder.ts';
import { hasOneLoop, laterOf } from './inbound-facts.ts';
import { executorWork, isSettledByProgram, nothingCancels, type Wait, type Work, waitsFor } from './offload-work.ts';
import { violated } from './violated.ts';

type Ended = Work & { readonly run: NonNullable<Work['run']>; readonly end: EndEvent };

/** Every suspended plain await of work that ended once, and whose future only the executor completes. */
function* awaitedEnds(history: IndexedHistory): Generator<readonly [Ended, Wait]> {
  for (const work of executorWork(history)) {
    if (work.end === undefined || work.run === undefined || work.doubled) continue;
    if (isSettledByProgram(history, work)) continue;
    for (const wait of waitsFor(history, work)) yield [work as Ended, wait];
  }
}

function isAwaiterLate(history: IndexedHistory, { end }: Ended, wait: Wait): boolean {
  const since = laterOf<EndEvent | Wait['susp']>(end, wait.susp);
  return hasOneLoop(history) && isLate(history, since, wait.resm);
}

function lateAwaiter(evidence: number, { name, run, end }: Ended, wait: Wait): Judgement {
  const when = wait.resm === undefined ? 'was never resumed' : 'was resumed late';
  const explanation = `${name} ended on ${end.th}, yet the task that awaited it ${when} although the loop was idle.`;
  return violated(evidence, explanation, wait.susp, run, end, wait.resm);
}

/** Errors that the language itself treats in a way of its own; B-EXE-10 is about them. */
function isOrdinary(end: EndEvent): boolean {
  return end.err === undefined || !(end.err.startsWith('FATAL') || end.err === 'OTHER(StopIteration)');
}

/** The awaiter got what the work gave. Classes other than USER may be translated on the way, never dropped. */
function delivers(end: EndEvent, resm: ResmEvent): boolean {
  if (end.err === undefined) return resm.err === undefined && canonicalJson(resm.v) === canonicalJson(end.v);
  return end.err.startsWith('USER(') ? resm.err === end.err : resm.err !== undefined;
}

function said({ v, err }: EndEvent | ResmEvent): string {
  return err ?? JSON.stringify(v);
}

/** Each awaiter of ended work goes on in time, on the loop's thread, with the work's value or exception. */
function judgeDelivery(history: IndexedHistory): Judgement {
  const mayBeCancelled = !nothingCancels(history, 'shutdownExecutor', 'shutdownDefaultExecutor');
  let evidence = 0;
  for (const [work, wait] of awaitedEnds(history)) {
    const { name, end } = work;
    const { resm } = wait;
    if (!isOrdinary(end)) continue;
    if (isAwaiterLate(history, work, wait)) return lateAwaiter(evidence + 1, work, wait);
    if (resm === undefined || resm.seq < end.seq || (resm.err === 'CANCELLED' && mayBeCancelled)) continue;
    evidence++;
    if (osThread(resm.th) !== 'L') {
      return violated(
        evidence,
        `The task that awaited ${name} went on on ${resm.th}, not on the loop's thread.`,
        end,
        resm,
      );
    }
    if (!delivers(end, resm)) {
      return violated(
        evidence,
        `${name} ended with ${said(end)}, yet its awaiter got ${said(resm)}.`,
        wait.susp,
        end,
        resm,
      );
    }
  }
  return { evidence };
}

const AWAITED = 'L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k';

export const resultReachesAwaiter: Requirement = {
  id: 'B-EXE-03',
  slug: 'executor-result-reaches-awaiter',
  scenario: 'B',
  area: 'value',
  level: 'MUST',
  basis: 'doc',
  statement: 'Return value or exception reaches the awaiter, on the loop thread.',
  source: 'PEP 3156 run_in_executor',
  evidence: 'an awaiter that went on after its work had ended',
  hint: 'how a worker hands its result over (does it wake the loop?), and who completes the future on which thread',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeDelivery,
  examples: {
    upholds: [
      running(`${AWAITED} ; W1 end x v={"b":1,"a":[2]} ; L resm R id=w v={"a":[2],"b":1} ; L ret w ; M eot done`),
      running(
        `${AWAITED} ; W1 end x err=USER(boom) ; L resm R id=w err=USER(boom) ; L ret w err=USER(boom) ; M eot done`,
      ),
      running(
        'L inv x toThread body=k ; L susp R id=x on=x ; W1 run x k ; W1 end x v=1 ; L resm R id=x v=1 ; L ret x v=1 ; M eot done',
      ),
    ],
    violates: [
      running(`${AWAITED} ; W1 end x v=1 ; L resm R id=w v=2 ; L ret w v=2 ; M eot done`),
      running(`${AWAITED} ; W1 end x err=USER(boom) ; L resm R id=w ; L ret w ; M eot done`),
      running(
        `${AWAITED} ; W1 end x err=USER(boom) ; L resm R id=w err=USER(bang) ; L ret w err=USER(bang) ; M eot done`,
      ),
      running(`${AWAITED} ; W1 end x v=1 ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; M eot done`),
      running(`${AWAITED} ; W1 end x v=1 ; W1 resm R id=w v=1 ; W1 ret w v=1 ; M eot done`),
      running(`${AWAITED} ; W1 end x v=1 ; @3s M eot deadline`),
      running(`${AWAITED} ; W1 end x v=1 ; M eot deadlock`),
      running(`${AWAITED} ; W1 end x v=1 ; @3s L resm R id=w v=1 ; L ret w v=1 ; M eot done`),
    ],
    unexercised: [running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x v=1 ; L end R ; M eot done')],
    noFalseAlarm: [
      // Cancelled by its task; settled by the program; still running; the loop is blocked.
      running(
        `L inv T createTask body=t ; L ret T ; L inv x runInExecutor body=k ; L ret x ; L inv y yield ; L susp R id=y on=y ; L run T t ; L inv w await of=x ; L susp T id=w on=x ; L resm R id=y ; L ret y ; W1 run x k ; W1 end x v=1 ; L inv c cancelTask of=T ; L ret c v=true ; L end R ; L resm T id=w err=CANCELLED ; L ret w err=CANCELLED ; L end T err=CANCELLED`,
      ),
      running(
        `${AWAITED} ; F1 inv s complete of=x value=7 ; F1 ret s ; L resm R id=w v=7 ; L ret w v=7 ; W1 end x v=1 ; M eot done`,
      ),
      running(`${AWAITED} ; @9s M eot deadline`),
      running(
        `L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x v=1 ; L inv s spin delayUs=5000000 ; @9s L ret s ; L inv w await of=x ; L susp R id=w on=x ; L resm R id=w v=1 ; L ret w v=1 ; M eot done`,
      ),
      running(`${AWAITED} ; W1 end x err=OTHER(StopIteration) ; @9s M eot deadline`),
      running(
        `${AWAITED} ; W1 end x err=OTHER(ValueError) ; L resm R id=w err=OTHER(Error) ; L ret w err=OTHER(Error) ; M eot done`,
      ),
      `M meta B=3600000000000 G=0 ; ${running(`${AWAITED} ; W1 end x v=1 ; @9s L resm R id=w v=1 ; L ret w v=1 ; M eot done`)}`,
    ],
  },
  program: fixedProgram('B-EXE-03', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    bodies: {
      root: task(
        { op: 'runInExecutor', body: 'good', to: 'good' },
        { op: 'runInExecutor', body: 'bad', to: 'bad' },
        { op: 'await', of: 'good' },
        { op: 'try', steps: [{ op: 'await', of: 'bad' }], on: 'USER', then: [] },
      ),
      good: worker({ op: 'sleep', delayUs: 1000 }, { op: 'return', value: { answer: [1, 'two', null] } }),
      bad: worker({ op: 'raise', error: 'USER(boom)' }),
    },
  }),
};

/** Each awaiter of work that failed, however it failed, goes on in time with an error. */
function judgeErrors(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const [work, wait] of awaitedEnds(history)) {
    const { name, end } = work;
    const { resm } = wait;
    if (end.err === undefined) continue;
    if (isAwaiterLate(history, work, wait)) return lateAwaiter(evidence + 1, work, wait);
    if (resm === undefined || resm.seq < end.seq) continue;
    evidence++;
    if (resm.err === undefined) {
      return violated(
        evidence,
        `${name} failed with ${end.err}, yet its awaiter got the value ${said(resm)}.`,
        end,
        resm,
      );
    }
  }
  return { evidence };
}

export const anyErrorResolvesAwaiter: Requirement = {
  id: 'B-EXE-10',
  slug: 'any-executor-error-resolves-awaiter',
  scenario: 'B',
  area: 'error',
  level: 'SHOULD',
  basis: 'ours',
  statement: 'Any exception of executor work, FATAL included, resolves the awaiter.',
  source: '_WorkItem.run',
  evidence: 'an awaiter that went on after its work had failed',
  hint: 'what the worker catches, and errors that a future refuses to hold',
  needs: [],
  voidedBy: [],
  deviations: [
    {
      where: { name: 'CPython', to: '3.12.1' },
      signature: 'StopIteration from executor work leaves the awaiter pending for ever',
    },
  ],
  judge: judgeErrors,
  examples: {
    upholds: [
      running(
        `${AWAITED} ; W1 end x err=FATAL(SystemExit) ; L resm R id=w err=FATAL(SystemExit) ; L ret w err=FATAL(SystemExit) ; M eot done`,
      ),
      running(
        `${AWAITED} ; W1 end x err=OTHER(StopIteration) ; L resm R id=w err=OTHER(RuntimeError) ; L ret w err=OTHER(RuntimeError) ; M eot done`,
      ),
    ],
    violates: [
      running(`${AWAITED} ; W1 end x err=OTHER(StopIteration) ; @4s M eot deadline`),
      running(`${AWAITED} ; W1 end x err=FATAL(SystemExit) ; M eot deadlock`),
      running(`${AWAITED} ; W1 end x err=USER(boom) ; L resm R id=w ; L ret w ; M eot done`),
    ],
    unexercised: [running(`${AWAITED} ; W1 end x v=1 ; L resm R id=w v=1 ; L ret w v=1 ; M eot done`)],
    noFalseAlarm: [
      running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x err=USER(boom) ; L end R ; M eot done'),
      running(`${AWAITED} ; @9s W1 end x err=USER(boom) ; L resm R id=w err=USER(boom) ; L ret w err=USER(boom)`),
      idle('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x err=USER(boom) ; @9s M eot deadline'),
    ],
  },
  program: fixedProgram('B-EXE-10', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    bodies: {
      root: task(
        { op: 'runInExecutor', body: 'user', to: 'user' },
        { op: 'try', steps: [{ op: 'await', of: 'user' }], on: 'ANY', then: [] },
        { op: 'runInExecutor', body: 'stopIteration', to: 'stopIteration' },
        { op: 'try', steps: [{ op: 'await', of: 'stopIteration' }], on: 'ANY', then: [] },
      ),
      user: worker({ op: 'raise', error: 'USER(boom)' }),
      stopIteration: worker({ op: 'raise', error: 'OTHER(StopIteration)' }),
    },
  }),
};
