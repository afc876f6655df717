import { osThread } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, running, task, worker } from './builder.ts';
import { firstAbove, hungSince, laterOf } from './inbound-facts.ts';
import { lateDuring, type Span } from './offload-pauses.ts';
import { executorWork, isWhole, type Work } from './offload-work.ts';
import { violated } from './violated.ts';

function spanOf(history: IndexedHistory, { run, end }: Work): Span[] {
  if (run === undefined || (end === undefined && !isWhole(history))) return [];
  return [{ fromT: run.t, toT: end?.t ?? Number.POSITIVE_INFINITY }];
}

/** The call that submits does not wait for the work, the work is not the loop's, and nothing else of the loop is late. */
function judgeLoopRunsOn(history: IndexedHistory): Judgement {
  const works = executorWork(history);
  const ticks = history.loopThread.filter(({ ev, th }) => th === 'L' && (ev === 'run' || ev === 'resm'));
  let evidence = 0;
  for (const { name, operation, run, end } of works) {
    if (run === undefined) continue;
    const { inv, ret } = operation;
    if (osThread(run.th) === 'L') {
      return violated(evidence + 1, `${name} was given to an executor, yet it ran on the loop's own thread.`, inv, run);
    }
    if (
      operation.op === 'runInExecutor' &&
      !ret &&
      !end &&
      hungSince(history, laterOf<typeof inv | typeof run>(inv, run))
    ) {
      const explanation = `The call that gave ${name} to an executor did not return while ${name} was open: the loop waited.`;
      return violated(evidence + 1, explanation, inv, run, history.eot);
    }
    const tick = ticks[firstAbove(ticks.length, (position) => ticks[position]!.seq, run.seq)];
    if (end !== undefined && tick !== undefined && tick.seq < end.seq) evidence++;
  }
  const late = lateDuring(
    history,
    works.flatMap((work) => spanOf(history, work)),
  );
  if (late === undefined) return { evidence };
  const run = history.instances.get(late.id)?.runs[0];
  const explanation = `${late.op} of ${late.args['body']} was ${run ? 'late' : 'never run'} although the loop was idle, while executor work was open.`;
  return violated(evidence + 1, explanation, late.inv, late.ret, run);
}

export const loopRunsOnWhileWorkBlocks: Requirement = {
  id: 'B-EXE-01',
  slug: 'loop-runs-while-executor-work-blocks',
  scenario: 'B',
  area: 'liveness',
  level: 'MUST',
  basis: 'doc',
  statement: 'While executor work blocks, the loop keeps running other work.',
  source: 'doc eventloop#run_in_executor; seed L129,L214',
  evidence: 'executor work during which the loop entered or resumed another body',
  hint: 'whether submitting waits for a worker, and whether the loop waits for results anywhere but in its poll',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeLoopRunsOn,
  examples: {
    upholds: [
      drained(
        'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L inv s sleep delayUs=10 ; L susp R id=s on=s ; L resm R id=s ; L ret s ; W1 end x v=1',
      ),
    ],
    violates: [
      running('L inv x runInExecutor body=k ; W1 run x k ; @9s M eot deadline'),
      running('L inv x runInExecutor body=k ; W1 run x k ; M eot deadlock'),
      drained('L inv x runInExecutor body=k ; L run x k ; L end x v=1 ; L ret x'),
      drained(
        'L inv s callLater body=tick delayUs=100000 ; L ret s ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; @5s W1 end x v=1 ; L run s tick ; L end s ; L resm R id=w v=1 ; L ret w v=1',
      ),
      running(
        'L inv s callSoon body=tick ; L ret s ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; M eot deadlock',
      ),
    ],
    unexercised: [
      drained(
        'L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; W1 end x v=1 ; L resm R id=w v=1 ; L ret w v=1',
      ),
      running('L inv x runInExecutor body=k ; W1 run x k'),
    ],
    noFalseAlarm: [
      // The timer is not due yet, the loop is blocked by a callback, B is an hour, the handle is cancelled.
      running(
        'L inv s callLater body=tick delayUs=9000000 ; L ret s ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; @9s M eot deadline',
      ),
      running(
        'L inv b callSoon body=blocker ; L ret b ; L inv s callSoon body=tick ; L ret s ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; L run b blocker ; @9s L end b ; L run s tick ; L end s',
      ),
      `M meta B=3600000000000 G=0 ; ${running('L inv x runInExecutor body=k ; W1 run x k ; @9s M eot deadline')}`,
      running(
        'L inv s callSoon body=tick ; L ret s ; L inv h cancelHandle of=s ; L ret h ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; M eot deadlock',
      ),
      // The pause was over before the work began, and a second loop is not the first.
      drained(
        'L inv s callSoon body=tick ; L ret s ; L inv y yield ; L susp R id=y on=y ; @5s L run s tick ; L end s ; L resm R id=y ; L ret y ; L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x',
      ),
      'M inv N newLoop ; M ret N ; M inv a callSoon body=y ; M ret a ; M inv N2 newLoop ; M ret N2 ; M inv R runUntil body=root ; M loop start ; L run R root ; L inv x runInExecutor body=k ; L ret x ; L inv w await of=x ; L susp R id=w on=x ; W1 run x k ; @9s M eot deadline',
    ],
  },
  program: fixedProgram('B-EXE-01', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    gates: ['running', 'ticked'],
    bodies: {
      root: task(
        { op: 'runInExecutor', body: 'work', to: 'work' },
        { op: 'waitGate', gate: 'running' },
        { op: 'callSoon', body: 'tick' },
        { op: 'await', of: 'work' },
      ),
      work: worker({ op: 'signal', gate: 'running' }, { op: 'waitGate', gate: 'ticked' }),
      tick: callback({ op: 'signal', gate: 'ticked' }),
    },
  }),
};

/** No body that was given to an executor runs on the thread of M and L. */
function judgeOtherThread(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const { name, operation, run } of executorWork(history)) {
    if (run === undefined) continue;
    evidence++;
    if (osThread(run.th) === 'L') {
      return violated(
        evidence,
        `${name} was given to an executor, yet it ran on the loop's own thread.`,
        operation.inv,
        run,
      );
    }
  }
  return { evidence };
}

export const workRunsOnOtherThread: Requirement = {
  id: 'B-EXE-02',
  slug: 'executor-work-leaves-the-loop-thread',
  scenario: 'B',
  area: 'thread-safety',
  level: 'MUST',
  basis: 'impl',
  statement: 'A function given to run_in_executor runs on a thread other than the loop thread.',
  source: 'test_run_in_executor',
  evidence: 'executor work that ran',
  hint: 'whether a full or missing pool makes the submitter run the work itself',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeOtherThread,
  examples: {
    upholds: [
      running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; M eot done'),
      running(
        'L inv x toThread body=k ; L susp R id=x on=x ; W1 run x k ; W1 end x ; L resm R id=x ; L ret x ; M eot done',
      ),
    ],
    violates: [
      running('L inv x runInExecutor body=k ; L run x k ; L end x ; L ret x ; M eot done'),
      running(
        'L inv x toThread body=k ; L susp R id=x on=x ; L run x k ; L end x ; L resm R id=x ; L ret x ; M eot done',
      ),
      'M inv N newLoop ; M ret N ; M inv x runInExecutor body=k ; M run x k ; M end x ; M ret x ; M eot done',
    ],
    unexercised: [running('L inv x runInExecutor body=k ; L ret x err=SHUTDOWN ; L end R err=SHUTDOWN ; M eot done')],
    noFalseAlarm: [
      running(
        'L inv x callSoon body=k ; L ret x ; L inv z runInExecutor body=k ; L ret z ; W1 run z k ; W1 end z ; L end R ; L run x k ; L end x',
      ),
      running('L inv x runInExecutor body=co as=function ; L ret x ; L run x co ; L end x ; M eot done'),
    ],
  },
  program: fixedProgram('B-EXE-02', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    bodies: {
      root: task({ op: 'runInExecutor', body: 'work', to: 'work' }, { op: 'await', of: 'work' }),
      work: worker(),
    },
  }),
};
