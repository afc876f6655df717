import type { Event, OpId } from '../history.ts';
import {
  type IndexedHistory,
  type Instance,
  type Operation,
  operationsNamed,
  scheduledBody,
} from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, idle, running, task } from './builder.ts';
import { CANCELLING, observationsOf, outcomeOf } from './futures-facts.ts';
import { drainedAfter } from './inbound-facts.ts';
import { expecting } from './inbound-program.ts';
import {
  hasOneLoop,
  isMisused,
  isOnLoop,
  MUST_ON_LOOP,
  nameOf,
  UNJUDGED,
  violated,
  whenInvoked,
} from './on-loop-facts.ts';

/** A cancellation may have reached the task: named, or, if the program holds it at all, along an await. */
function mayBeCancelled(history: IndexedHistory, made: Operation): boolean {
  if (cancelOf(history, made) !== undefined) return true;
  return history.byRef.has(made.id) && CANCELLING.some((name) => history.byOp.has(name));
}

/** Accepted tasks must take their first step: before the idle loop is late, and before it has been drained. */
function judgeFirstStep(history: IndexedHistory): Judgement {
  if (!hasOneLoop(history)) return UNJUDGED;
  const isDrainedAfter = drainedAfter(history);
  let evidence = 0;
  for (const made of operationsNamed(history, 'createTask')) {
    if (!isAccepted(made) || !isOnLoop(made.inv) || made.args['as'] !== undefined) continue;
    if (mayBeCancelled(history, made)) continue;
    const run = scheduledBody(history, made)?.runs[0];
    const isMissing = run === undefined && isDrainedAfter(made.ret!, made.loop);
    if (isMissing || isLate(history, made.ret!, run)) {
      const how = run !== undefined ? 'late, though the loop was idle' : 'never';
      const told = `the task ${nameOf(made)} was accepted, yet it took its first step ${how}`;
      return violated(evidence, told, made.inv, made.ret, run);
    }
    if (run !== undefined) evidence++;
  }
  return { evidence };
}

/** A sight of a task's outcome that contradicts how its body ended. */
function contradiction(history: IndexedHistory, id: OpId, end: Event & { readonly ev: 'end' }): Judgement {
  const expected = end.err === 'CANCELLED' ? 'CANCELLED' : outcomeOf(end);
  if (expected === undefined) return UNJUDGED;
  let evidence = 0;
  for (const { outcome, event, by } of observationsOf(history, id)) {
    if (outcome !== expected) {
      const told = `the task ${id} ended with ${expected}, yet ${by} had ${outcome}`;
      return violated(evidence, told, end, event);
    }
    if (isOnLoop(event) && isOnLoop(end) && event.seq < end.seq) {
      return violated(evidence, `${by} had the outcome of the task ${id} before it ended`, event, end);
    }
    evidence++;
  }
  return { evidence };
}

function isTask({ operation, runs, ends }: Instance): boolean {
  if (operation?.op !== 'createTask' && operation?.op !== 'ensureFuture') return false;
  return runs.length === 1 && ends.length === 1;
}

/** What runUntil of a body returned, as one more sight of its task. */
function rootContradiction({ operation, ends }: Instance): Judgement {
  const [end] = ends;
  const { op, ret } = operation ?? {};
  if (op !== 'runUntil' || end === undefined || ends.length > 1 || ret === undefined) return UNJUDGED;
  const expected = outcomeOf(end);
  const outcome = outcomeOf(ret);
  if (expected === undefined || outcome === undefined) return UNJUDGED;
  if (expected === outcome) return { evidence: 1 };
  return violated(
    0,
    `the task of ${nameOf(operation!)} ended with ${expected}, yet runUntil gave ${outcome}`,
    end,
    ret,
  );
}

function judgeOutcome(history: IndexedHistory): Judgement {
  if (isMisused(history)) return UNJUDGED;
  let evidence = 0;
  for (const instance of history.instances.values()) {
    const judgement = isTask(instance)
      ? contradiction(history, instance.id, instance.ends[0]!)
      : rootContradiction(instance);
    evidence += judgement.evidence;
    if (judgement.violation !== undefined) return { evidence, violation: judgement.violation };
  }
  return { evidence };
}

const T = 'L inv t createTask body=c ; L ret t';
const T_RUNS = 'L run t c ; L end t v=1';
const SEES = (outcome: string) =>
  `L inv w await of=t ; L susp R id=w on=t ; ${T_RUNS} ; L resm R id=w ${outcome} ; L ret w ${outcome}`;

export const taskTakesFirstStep: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-TSK-01',
  slug: 'task-takes-its-first-step',
  area: 'liveness',
  basis: 'doc',
  statement: 'On a running loop a created task eventually takes its first step.',
  source: 'doc task#create_task',
  evidence: 'an accepted createTask, reached by no cancellation, whose body ran',
  hint: 'how a new task queues its first step, and whether the loop then still waits in its poll',
  judge: whenInvoked(['createTask'], judgeFirstStep),
  examples: {
    upholds: [running(`${T} ; L end R ; ${T_RUNS} ; M eot done`)],
    violates: [
      drained(T),
      idle(`L run b x ; ${T} ; L end b ; M eot deadlock`),
      idle(`L run b x ; ${T} ; L end b ; @4s ${T_RUNS} ; M eot done`),
      idle(`L run b x ; ${T} ; L end b ; @4s M eot deadline`),
    ],
    unexercised: [running(`${T} ; L end R ; M loop stop ; M ret R ; M eot done`)],
    noFalseAlarm: [
      // Cancelled, by name or along an await; blocked; not drained; left in the loop of a runner.
      drained(`${T} ; L inv k cancelTask of=t ; L ret k v=true`),
      drained(
        `${T} ; L inv u createTask body=d ; L ret u ; L inv p yield ; L susp R id=p on=p ; L run u d ; L inv w await of=t ; L susp u id=w on=t ; L resm R id=p ; L ret p ; L inv k cancelTask of=u ; L ret k v=true`,
      ),
      running(`${T} ; @9s L end R ; ${T_RUNS} ; M eot done`),
      running(`${T} ; L end R ; M loop stop ; M ret R ; M inv c close ; M ret c ; M loop closed ; M eot done`),
      'M inv N newLoop ; M ret N ; M inv r runner body=root ; L run r root ; L inv t createTask body=c ; L ret t ; L end r ; M ret r ; M inv q quiesce ; M ret q v=3 ; M eot done',
      running('L inv t createTask body=c ; L ret t err=TYPE ; L end R ; M eot done'),
    ],
  },
  program: fixedProgram('A-TSK-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'done' },
        { op: 'createTask', body: 'child' },
        { op: 'callSoon', body: 'spawner' },
        { op: 'await', of: 'done' },
      ),
      spawner: callback({ op: 'createTask', body: 'finisher' }),
      child: task({ op: 'yield' }),
      finisher: task({ op: 'createTask', body: 'child' }, { op: 'setResult', of: 'done', value: 1 }),
    },
  }),
};

export const taskKeepsItsOutcome: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-TSK-04',
  slug: 'task-keeps-the-outcome-of-its-body',
  area: 'value',
  basis: 'doc',
  statement:
    'A task result/exception equals what its coroutine returned/raised (same object), unless cancellation was requested (A-CAN-11).',
  source: 'doc task#Task.result',
  evidence: 'a plain await, result or runUntil that saw the outcome of a task whose body ended',
  hint: 'the step of a task: what it does with StopIteration, with an error, and with a cancellation',
  judge: judgeOutcome,
  examples: {
    upholds: [running(`${T} ; ${SEES('v=1')} ; L end R ; M eot done`)],
    violates: [
      running(`${T} ; ${SEES('v=null')} ; L end R ; M eot done`),
      running(`${T} ; ${SEES('err=USER(e)')} ; L end R ; M eot done`),
      running(
        `${T} ; L inv w await of=t ; L susp R id=w on=t ; L run t c ; L inv o yield ; L susp t id=o on=o ; L resm R id=w v=1 ; L ret w v=1 ; L end R ; L resm t id=o ; L ret o ; L end t v=1 ; M eot done`,
      ),
      running('L end R v=1 ; M loop stop ; M ret R v=2 ; M eot done'),
    ],
    unexercised: [running(`${T} ; L end R ; ${T_RUNS} ; M eot done`)],
    noFalseAlarm: [
      // The awaiter was cancelled; the task was asked to stop as it ended; it is not over yet; it awaited itself.
      running(`${T} ; ${SEES('err=CANCELLED')} ; L end R ; M eot done`),
      running(
        `L inv t createTask body=c ; L ret t ; L inv p yield ; L susp R id=p on=p ; L run t c ; L inv k cancelTask ; L ret k v=true ; L end t v=1 ; L resm R id=p ; L ret p ; L inv u result of=t ; L ret u err=CANCELLED ; L end R ; M eot done`,
      ),
      running(`${T} ; L inv u result of=t ; L ret u err=INVALID_STATE ; L end R ; ${T_RUNS} ; M eot done`),
      running(
        `${T} ; L end R ; L run t c ; L inv w await of=t ; L susp t id=w on=t ; L resm t id=w err=OTHER(RuntimeError) ; L ret w err=OTHER(RuntimeError) ; L end t v=1 ; M eot done`,
      ),
      // The loop was stopped before the root had ended.
      running('L end R v=1 ; M loop stop err=OTHER(RuntimeError) ; M ret R err=OTHER(RuntimeError) ; M eot done'),
    ],
  },
  program: fixedProgram('A-TSK-04', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createTask', body: 'returning', to: 'value' },
        { op: 'createTask', body: 'raising', to: 'error' },
        { op: 'createTask', body: 'silent', to: 'nothing' },
        { op: 'await', of: 'value' },
        expecting('USER', { op: 'await', of: 'error' }),
        { op: 'await', of: 'nothing' },
        expecting('USER', { op: 'await', of: 'error' }),
        { op: 'return', value: 'root' },
      ),
      returning: task({ op: 'yield' }, { op: 'return', value: { deep: [1, 'two'] } }),
      raising: task({ op: 'yield' }, { op: 'raise', error: 'USER(own)' }),
      silent: task(),
    },
  }),
};
