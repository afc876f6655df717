import type { OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import { doneProofs, subjectOf } from './futures-facts.ts';
import {
  countBelow,
  hasOneLoop,
  isLoopBody,
  isOnLoop,
  MUST_ON_LOOP,
  nameOf,
  type QueuedWork,
  queuedWork,
  UNJUDGED,
  violated,
  whenInvoked,
} from './on-loop-facts.ts';

/** Yields (and sleeps of no length) that suspended and went on undisturbed, in the order of their `susp`. */
function yieldsOf(history: IndexedHistory): readonly Operation[] {
  return operationsNamed(history, 'yield', 'sleep').filter(
    ({ op, args, susp, resm }) =>
      (op === 'yield' || args['delayUs'] === 0) &&
      susp !== undefined &&
      resm !== undefined &&
      resm.err === undefined &&
      isOnLoop(susp) &&
      isOnLoop(resm),
  );
}

/** For each stamp, the item that ran last of those queued before it. Items are in the order of their `ret`. */
function lastQueuedBefore(work: readonly QueuedWork[]): (seq: number) => QueuedWork | undefined {
  const stamps: number[] = [];
  const last: QueuedWork[] = [];
  for (const item of work) {
    const before = last.at(-1);
    stamps.push(item.operation.ret!.seq);
    last.push(before !== undefined && before.run.seq > item.run.seq ? before : item);
  }
  return (seq) => last[countBelow(stamps, seq) - 1];
}

/** What was ready at a yield must run before the task goes on; what was queued meanwhile, only after it. */
function judgeYield(history: IndexedHistory): Judgement {
  if (!hasOneLoop(history)) return UNJUDGED;
  const work = queuedWork(history);
  const queuedBefore = lastQueuedBefore(work);
  const invs = work.map((item) => item.operation.inv.seq);
  const yields = yieldsOf(history);
  let evidence = 0;
  for (const { susp, resm, inv } of yields) {
    const ready = queuedBefore(susp!.seq);
    const isExercised = ready !== undefined && ready.run.seq > susp!.seq;
    if (isExercised && ready.run.seq > resm!.seq) {
      return violated(
        evidence,
        `${nameOf(ready.operation)} was ready when ${inv.inst} yielded, yet ${inv.inst} went on before it ran`,
        ready.operation.inv,
        ready.operation.ret,
        susp,
        resm,
        ready.run,
      );
    }
    if (isExercised || countBelow(invs, susp!.seq) < countBelow(invs, resm!.seq)) evidence++;
  }
  const violation = findOvertakingChild(yields, work);
  return violation === undefined ? { evidence } : { evidence, violation };
}

/** Work queued while a task had yielded that ran before the task went on. Of all yields the longest one decides. */
function findOvertakingChild(yields: readonly Operation[], work: readonly QueuedWork[]): Violation | undefined {
  let next = 0;
  let longest: Operation | undefined;
  for (const { operation, run } of work) {
    for (; next < yields.length && yields[next]!.susp!.seq < operation.inv.seq; next++) {
      if (longest === undefined || yields[next]!.resm!.seq > longest.resm!.seq) longest = yields[next]!;
    }
    if (longest === undefined || longest.resm!.seq < run.seq) continue;
    return violated(
      0,
      `${nameOf(operation)} was queued after ${longest.inv.inst} had yielded, yet it ran before ${longest.inv.inst} went on`,
      longest.susp,
      operation.inv,
      run,
      longest.resm,
    ).violation;
  }
  return undefined;
}

/** A stretch of the loop's thread in which the awaiting task must stay alone. */
type Stretch = { readonly from: number; readonly to: number };

/** Stretches of an await without a scheduling point: of something done, or into and out of a coroutine. */
function stretchesOf(
  history: IndexedHistory,
  operation: Operation,
  proofOf: ReturnType<typeof doneProofs>,
): readonly Stretch[] {
  const { susp, resm, args, inv } = operation;
  if (susp === undefined || !isOnLoop(susp)) return [];
  if (args['body'] === undefined) {
    const subject = subjectOf(operation);
    const proof = subject === undefined ? undefined : proofOf(subject);
    if (proof === undefined || proof.seq > inv.seq || resm === undefined) return [];
    return [{ from: susp.seq, to: resm.seq }];
  }
  const body = scheduledBody(history, operation);
  const [run] = body?.runs ?? [];
  const [end] = body?.ends ?? [];
  if (run === undefined || !isOnLoop(run)) return [];
  const entry = { from: susp.seq, to: run.seq };
  return end === undefined || resm === undefined || resm.seq < end.seq
    ? [entry]
    : [entry, { from: end.seq, to: resm.seq }];
}

/** The records by which the loop gave its thread to a body, in order. */
function turnsOf(history: IndexedHistory): { readonly stamps: readonly number[]; readonly bodies: readonly OpId[] } {
  const stamps: number[] = [];
  const bodies: OpId[] = [];
  for (const event of history.loopThread) {
    if (event.ev !== 'run' && event.ev !== 'resm') continue;
    if (!isLoopBody(history.instances.get(event.inst)?.operation)) continue;
    stamps.push(event.seq);
    bodies.push(event.inst);
  }
  return { stamps, bodies };
}

function judgeNoSwitch(history: IndexedHistory): Judgement {
  if (!hasOneLoop(history)) return UNJUDGED;
  const proofOf = doneProofs(history);
  const { stamps, bodies } = turnsOf(history);
  let evidence = 0;
  for (const operation of operationsNamed(history, 'await')) {
    const stretches = stretchesOf(history, operation, proofOf);
    for (const { from, to } of stretches) {
      const at = countBelow(stamps, from);
      if (!(stamps[at]! < to)) continue;
      const what =
        operation.args['body'] === undefined ? 'something already done' : `the coroutine ${nameOf(operation)}`;
      return violated(
        evidence,
        `${operation.inv.inst} awaited ${what}, which is no scheduling point, yet ${bodies[at]} ran meanwhile`,
        operation.inv,
        ...history.loopThread.filter(({ seq }) => seq === from || seq === to || seq === stamps[at]),
      );
    }
    if (stretches.length > 0) evidence++;
  }
  return { evidence };
}

const YIELDS = 'L inv a callSoon body=x ; L ret a ; L inv p yield ; L susp R id=p on=p';
const GOES_ON = 'L resm R id=p ; L ret p ; L end R';
const DONE =
  'L inv f createFuture ; L ret f ; L inv s setResult of=f value=1 ; L ret s ; L inv a callSoon body=x ; L ret a';
const X_RUNS = 'L run a x ; L end a';

export const yieldLetsReadyWorkRun: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-06',
  slug: 'yield-lets-everything-ready-run',
  area: 'ordering',
  basis: 'doc',
  statement: 'await sleep(0)/yield lets every already ready item run exactly once before the task resumes.',
  source: 'doc sleep; test_sleep_zero',
  evidence: 'a yield that went on, with work ready before it or queued during it',
  hint: 'what a bare yield of a coroutine does: it queues the next step at the end of the ready queue',
  needs: ['fifo-tasks'],
  judge: whenInvoked(['yield', 'sleep'], judgeYield),
  examples: {
    upholds: [
      running(`${YIELDS} ; ${X_RUNS} ; ${GOES_ON} ; M eot done`),
      running(
        `${YIELDS} ; L run a x ; L inv c callSoon body=z ; L ret c ; L end a ; ${GOES_ON} ; L run c z ; L end c ; M eot done`,
      ),
    ],
    violates: [
      running(`${YIELDS} ; ${GOES_ON} ; ${X_RUNS} ; M eot done`),
      running(
        `${YIELDS} ; L run a x ; L inv c callSoon body=z ; L ret c ; L end a ; L run c z ; L end c ; ${GOES_ON} ; M eot done`,
      ),
    ],
    unexercised: [running(`L inv p yield ; L susp R id=p on=p ; ${GOES_ON} ; M eot done`)],
    noFalseAlarm: [
      // Timers and foreign work are not ready; a cancelled task goes on when it likes; nor does an eager child wait.
      running(
        `L inv a callLater body=x delayUs=0 ; L ret a ; L inv p yield ; L susp R id=p on=p ; ${GOES_ON} ; ${X_RUNS} ; M eot done`,
      ),
      running(`${YIELDS} ; L resm R id=p err=CANCELLED ; L ret p err=CANCELLED ; L end R ; ${X_RUNS} ; M eot done`),
      running(
        `${YIELDS} ; L run a x ; L inv c createTask body=z eager=true ; L run c z ; L end c ; L ret c ; L end a ; ${GOES_ON} ; M eot done`,
      ),
      // A sleep of some length is no yield.
      running(
        `L inv a callSoon body=x ; L ret a ; L inv p sleep delayUs=1 ; L susp R id=p on=p ; ${GOES_ON} ; ${X_RUNS} ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-ORD-06', {
    needs: ['ON-LOOP', 'fifo-tasks'],
    bodies: {
      root: task(
        { op: 'callSoon', body: 'parent' },
        { op: 'createTask', body: 'other', to: 'other' },
        { op: 'yield' },
        { op: 'callSoon', body: 'parent' },
        { op: 'sleep', delayUs: 0 },
        { op: 'await', of: 'other' },
      ),
      parent: callback({ op: 'callSoon', body: 'child' }),
      child: callback(),
      other: task({ op: 'callSoon', body: 'child' }, { op: 'yield' }),
    },
  }),
};

export const awaitOfDoneDoesNotSwitch: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-07',
  slug: 'await-of-done-is-no-scheduling-point',
  area: 'ordering',
  basis: 'impl',
  statement: 'Awaiting a done future or a plain coroutine is not a scheduling point.',
  source: 'Future.__await__',
  evidence: 'an await of something provably done, or of a coroutine that was entered',
  hint: 'what awaiting does before it suspends: it asks whether the future is done',
  needs: ['sync-await'],
  judge: whenInvoked(['await'], judgeNoSwitch),
  examples: {
    upholds: [
      running(
        `${DONE} ; L inv w await of=f ; L susp R id=w on=f ; L resm R id=w v=1 ; L ret w v=1 ; L end R ; ${X_RUNS}`,
      ),
      running(
        'L inv i await body=co ; L susp R id=i on=i ; L run i co ; L end i ; L resm R id=i ; L ret i ; L end R ; M eot done',
      ),
    ],
    violates: [
      running(
        `${DONE} ; L inv w await of=f ; L susp R id=w on=f ; ${X_RUNS} ; L resm R id=w v=1 ; L ret w v=1 ; L end R`,
      ),
      running(
        `L inv a callSoon body=x ; L ret a ; L inv i await body=co ; L susp R id=i on=i ; ${X_RUNS} ; L run i co ; L end i ; L resm R id=i ; L ret i ; L end R`,
      ),
      running(
        `L inv a callSoon body=x ; L ret a ; L inv i await body=co ; L susp R id=i on=i ; L run i co ; L end i ; ${X_RUNS} ; L resm R id=i ; L ret i ; L end R`,
      ),
    ],
    unexercised: [
      running(
        `L inv f createFuture ; L ret f ; L inv w await of=f ; L susp R id=w on=f ; L inv a callSoon body=x ; L ret a ; ${X_RUNS} ; M eot done`,
      ),
    ],
    noFalseAlarm: [
      // The future was completed while the task waited; the coroutine itself may suspend.
      running(
        'L inv f createFuture ; L ret f ; L inv a callSoon body=x ; L ret a ; L inv w await of=f ; L susp R id=w on=f ; L run a x ; L inv s setResult of=f value=1 ; L ret s ; L end a ; L resm R id=w v=1 ; L ret w v=1 ; L end R',
      ),
      running(
        `L inv a callSoon body=x ; L ret a ; L inv i await body=co ; L susp R id=i on=i ; L run i co ; L inv p yield ; L susp i id=p on=p ; ${X_RUNS} ; L resm i id=p ; L ret p ; L end i ; L resm R id=i ; L ret i ; L end R`,
      ),
      // An executor works on another thread.
      running(
        `${DONE} ; L inv w await of=f ; L susp R id=w on=f ; W1 run k work ; W1 end k ; L resm R id=w v=1 ; L ret w v=1 ; L end R`,
      ),
    ],
  },
  program: fixedProgram('A-ORD-07', {
    needs: ['ON-LOOP', 'sync-await'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'done' },
        { op: 'setResult', of: 'done', value: 1 },
        { op: 'callSoon', body: 'other' },
        { op: 'await', of: 'done' },
        { op: 'await', body: 'inline' },
        { op: 'yield' },
      ),
      inline: task({ op: 'await', of: 'done' }, { op: 'return', value: 2 }),
      other: callback(),
    },
  }),
};
