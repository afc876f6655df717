import type { RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, running, task } from './builder.ts';
import { drainedAfter } from './inbound-facts.ts';
import { hasOneLoop, isMisused, isOnLoop, MUST_ON_LOOP, nameOf, UNJUDGED, violated } from './on-loop-facts.ts';

/** A body that ran although nothing in the history scheduled it. Handler bodies have no `run`. */
function strayRun(history: IndexedHistory): RunEvent | undefined {
  for (const { id, operation, runs } of history.instances.values()) {
    if (operation === undefined && id !== 'main' && runs[0] !== undefined) return runs[0];
  }
  return undefined;
}

/** Callbacks that must have run by the end: passed as what they are, uncancelled, accepted before the loop was drained. */
function owedOf(history: IndexedHistory): (operation: Operation) => boolean {
  const isDrainedAfter = drainedAfter(history);
  const isOneLoop = hasOneLoop(history);
  return (operation) =>
    operation.op === 'callSoon' &&
    isOneLoop &&
    operation.args['as'] === undefined &&
    cancelOf(history, operation) === undefined &&
    isDrainedAfter(operation.ret!, operation.loop);
}

function judgeExactlyOnce(history: IndexedHistory): Judgement {
  if (isMisused(history)) return UNJUDGED;
  const isOwed = owedOf(history);
  let evidence = 0;
  for (const operation of operationsNamed(history, 'callSoon', 'callLater', 'callAt', 'addDoneCallback')) {
    const runs = scheduledBody(history, operation)?.runs ?? [];
    const [first, second] = runs;
    if (second !== undefined) {
      const what = `${nameOf(operation)} was scheduled once, yet it ran ${runs.length} times`;
      return violated(evidence, what, operation.inv, operation.ret, first, second);
    }
    if (!isAccepted(operation) || !isOnLoop(operation.inv)) continue;
    if (first !== undefined) evidence++;
    else if (isOwed(operation)) {
      return violated(
        evidence,
        `${nameOf(operation)} was accepted and never cancelled, and the loop was drained afterwards, yet it never ran`,
        operation.inv,
        operation.ret,
        operationsNamed(history, 'quiesce').at(-1)?.ret,
      );
    }
  }
  const stray = strayRun(history);
  if (stray === undefined) return { evidence };
  return violated(evidence, `${stray.body} ran as ${stray.inst}, which nothing ever scheduled`, stray);
}

const A = 'L inv a callSoon body=x ; L ret a';
const A_RUNS = 'L run a x ; L end a';

export const callbacksRunExactlyOnce: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ONE-01',
  slug: 'callbacks-run-exactly-once',
  area: 'exactly-once',
  basis: 'doc',
  statement: 'Each accepted, uncancelled callback runs exactly once if the loop keeps running.',
  source: 'doc eventloop#call_soon; seed L54',
  evidence: 'an accepted callSoon, callLater, callAt or addDoneCallback whose callback ran, or that was owed a run',
  hint: 'what takes a handle out of the ready queue and out of the timers, and what happens to the rest of a batch',
  judge: judgeExactlyOnce,
  examples: {
    upholds: [drained(`${A} ; L inv p yield ; L susp R id=p on=p ; ${A_RUNS} ; L resm R id=p ; L ret p`)],
    violates: [
      drained(A),
      running(`${A} ; L end R ; ${A_RUNS} ; ${A_RUNS} ; M eot done`),
      running('L inv a callLater body=x delayUs=10 ; L ret a ; L end R ; L run a x ; L end a ; L run a x ; M eot done'),
      running(
        'L inv f createFuture ; L ret f ; L inv a addDoneCallback of=f body=x ; L ret a ; L end R ; L run a x ; L end a ; L run a x ; M eot deadline',
      ),
      running('L end R ; L run ghost x ; L end ghost ; M eot done'),
    ],
    unexercised: [
      running('L inv a callSoon body=x ; L ret a err=CLOSED ; L end R ; M eot done'),
      running('L inv f createFuture ; L ret f ; L inv a addDoneCallback of=f body=x ; L ret a ; L end R ; M eot done'),
    ],
    noFalseAlarm: [
      // Cancelled; never drained; given up; hung; passed as a function that is never entered.
      drained(`${A} ; L inv h cancelHandle of=a ; L ret h`),
      running(`${A} ; L end R ; M loop stop ; M ret R ; M inv c close ; M ret c ; M loop closed ; M eot done`),
      running(`${A} ; L end R ; M loop stop ; M ret R ; M inv q quiesce ; M ret q v=100 ; M eot done`),
      running(`${A} ; L end R ; M loop stop ; M ret R ; M inv q quiesce ; M ret q err=CLOSED ; M eot done`),
      running(`${A} ; L end R ; M loop stop ; M ret R ; M inv q quiesce ; M ret q v=3 ; M eot deadline`),
      drained('L inv a callSoon body=x as=function ; L ret a'),
      drained('L inv a callLater body=x delayUs=900000000 ; L ret a'),
      // Left behind in the loop of a runner, which is not the one that was drained.
      'M inv N newLoop ; M ret N ; M inv r runner body=root ; L run r root ; L inv a callSoon body=x ; L ret a ; L end r ; M ret r ; M inv q quiesce ; M ret q v=3 ; M eot done',
      // A handler body has no run of its own, and what it schedules is scheduled by nobody who ran.
      running(
        'M inv H setExceptionHandler body=h ; M ret H ; L end R ; L inv a callSoon body=x inst=H ; L ret a ; L run a x ; L end a ; M eot done',
      ),
    ],
  },
  program: fixedProgram('A-ONE-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'done' },
        { op: 'addDoneCallback', of: 'done', body: 'plain' },
        { op: 'repeat', count: 3, steps: [{ op: 'callSoon', body: 'nesting' }] },
        { op: 'callLater', delayUs: 300, body: 'plain' },
        { op: 'callLater', delayUs: 800, body: 'setter' },
        { op: 'await', of: 'done' },
        { op: 'callSoon', body: 'nesting' },
      ),
      nesting: callback({ op: 'callSoon', body: 'plain' }),
      plain: callback(),
      setter: callback({ op: 'setResult', of: 'done', value: 1 }),
    },
  }),
};
