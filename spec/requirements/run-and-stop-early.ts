import type { Event, InvEvent, LoopEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import { firstAbove, firstRun, hasOneLoop, isPassedPlainly } from './inbound-facts.ts';
import { isWhole, nothingCancels } from './offload-work.ts';
import { violated } from './violated.ts';

const RUNS: ReadonlySet<string> = new Set(['runForever', 'runUntil', 'quiesce', 'runner', 'newLoop', 'close']);

/** Each `runForever` of M that a `stop` of M preceded, with no other run operation between the two. */
function* stoppedBeforehand(history: IndexedHistory): Generator<readonly [stop: Operation, run: Operation]> {
  let stop: Operation | undefined;
  for (const operation of operationsNamed(history, 'stop', ...RUNS)) {
    if (operation.inv.th !== 'M') continue;
    if (operation.op === 'stop') {
      if (isAccepted(operation)) stop ??= operation;
      continue;
    }
    if (stop !== undefined && operation.op === 'runForever' && operation.loop === stop.loop) yield [stop, operation];
    stop = undefined;
  }
}

/** Handles and tasks that were ready for certain when this run began, and had not run by its end. */
function* leftOver(history: IndexedHistory, run: Operation, stopped: LoopEvent): Generator<Operation> {
  const names = nothingCancels(history) ? ['callSoon', 'createTask'] : ['callSoon'];
  for (const work of operationsNamed(history, ...names)) {
    if (work.inv.seq > run.inv.seq) return;
    if (!isAccepted(work) || !isPassedPlainly(work) || work.loop !== run.loop || work.ret!.seq > run.inv.seq) continue;
    const entered = firstRun(history, work);
    if ((entered === undefined || entered.seq > stopped.seq) && cancelOf(history, work) === undefined) yield work;
  }
}

/** A run of a loop that had been stopped beforehand runs what is ready and returns without waiting. */
function judgeOnePass(history: IndexedHistory): Judgement {
  const stops = history.loops.filter(({ state }) => state === 'stop');
  let evidence = 0;
  for (const [stop, run] of stoppedBeforehand(history)) {
    const { inv, ret } = run;
    const stopped = stops[firstAbove(stops.length, (position) => stops[position]!.seq, inv.seq)];
    if (hasOneLoop(history) && isLate(history, inv, stopped)) {
      const explanation = `stop() came before runForever, yet the loop waited while it was idle instead of making one pass.`;
      return violated(evidence + 1, explanation, stop.inv, inv, stopped);
    }
    if (stopped === undefined || ret === undefined || ret.err !== undefined) continue;
    evidence++;
    // The first such run answers for all that was queued before it; later ones would look at the same work again.
    if (evidence > 1 || !isWhole(history)) continue;
    for (const work of leftOver(history, run, stopped)) {
      const explanation = `${work.args['body']} was ready when the stopped loop was run, yet the one pass did not run it.`;
      return violated(evidence, explanation, stop.inv, work.inv, inv, stopped);
    }
  }
  return { evidence };
}

const STOPPED =
  'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv s stop ; M ret s ; M inv r runForever ; M loop start';

export const stopBeforeRunGivesOnePass: Requirement = {
  id: 'L-STP-03',
  slug: 'stop-before-run-gives-one-pass',
  scenario: 'shutdown',
  area: 'liveness',
  level: 'MUST',
  basis: 'doc',
  statement: 'stop() before run_forever gives one non-blocking pass over what is ready.',
  source: 'doc eventloop#run_forever',
  evidence: 'a runForever of a loop that had been stopped beforehand',
  hint: 'where a run clears the stop flag: after it, not before it',
  needs: ['loop-control'],
  voidedBy: [],
  deviations: [],
  judge: judgeOnePass,
  examples: {
    upholds: [`${STOPPED} ; L run a x ; L end a ; M loop stop ; M ret r ; M eot done`],
    violates: [
      `${STOPPED} ; L run a x ; L end a ; @4s M eot deadline`,
      `${STOPPED} ; L run a x ; L end a ; M eot deadlock`,
      `${STOPPED} ; M loop stop ; M ret r ; M eot done`,
      `${STOPPED} ; L run a x ; L end a ; @4s M loop stop ; M ret r ; M eot done`,
    ],
    unexercised: [
      'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv r runForever ; M loop start ; L run a x ; L inv s stop ; L ret s ; L end a ; M loop stop ; M ret r ; M eot done',
    ],
    noFalseAlarm: [
      // A quiesce took the stop; the work was cancelled, or belongs to a timer; the run failed; the loop was closed.
      'M inv N newLoop ; M ret N ; M inv s stop ; M ret s ; M inv q quiesce ; M loop start ; M loop stop ; M ret q v=1 ; M inv r runForever ; M loop start ; @9s M eot deadline',
      'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv h cancelHandle of=a ; M ret h ; M inv s stop ; M ret s ; M inv r runForever ; M loop start ; M loop stop ; M ret r ; M eot done',
      'M inv N newLoop ; M ret N ; M inv a callLater body=x delayUs=0 ; M ret a ; M inv s stop ; M ret s ; M inv r runForever ; M loop start ; M loop stop ; M ret r ; M eot done',
      `${STOPPED} ; M loop stop err=FATAL(SystemExit) ; M ret r err=FATAL(SystemExit) ; M eot done`,
      'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv s stop ; M ret s ; M inv c close ; M ret c ; M inv r runForever ; M ret r err=CLOSED ; M eot done',
      `${STOPPED} ; L run a x ; @9s L end a ; M loop stop ; M ret r ; M eot done`,
    ],
  },
  program: fixedProgram('L-STP-03', {
    needs: ['LIFECYCLE', 'ON-LOOP', 'loop-control'],
    bodies: { ready: callback() },
    main: [{ op: 'newLoop' }, { op: 'callSoon', body: 'ready' }, { op: 'stop' }, { op: 'runForever' }, { op: 'close' }],
  }),
};

/** The first accepted stop that concerns this run: inside it, or by M before it and not yet used up. */
function stopFor(history: IndexedHistory, run: Operation, until: Event): InvEvent | undefined {
  const stops = operationsNamed(history, 'stop');
  const first = firstAbove(stops.length, (position) => stops[position]!.inv.seq, run.inv.seq);
  const stop = stops[first];
  return stop !== undefined && isAccepted(stop) && stop.inv.th === 'L' && stop.inv.seq < until.seq
    ? stop.inv
    : undefined;
}

/** A runUntil whose root was still open when a stop ended the run fails. */
function judgeStoppedEarly(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const run of operationsNamed(history, 'runUntil')) {
    const { inv, ret } = run;
    const root = history.instances.get(run.id);
    if (inv.th !== 'M' || ret === undefined || root?.runs.length !== 1) continue;
    const stop = stopFor(history, run, ret);
    const end = root.ends[0];
    if (stop === undefined || (end !== undefined && end.seq < ret.seq)) continue;
    evidence++;
    if (ret.err === undefined) {
      const explanation = `The loop was stopped while ${root.runs[0]!.body} was not finished, yet runUntil returned ${JSON.stringify(ret.v)} instead of failing.`;
      return violated(evidence, explanation, root.runs[0], stop, ret);
    }
  }
  return { evidence };
}

const PENDING =
  'L inv f createFuture ; L ret f ; L inv s stop ; L ret s ; L inv w await of=f ; L susp R id=w on=f ; M loop stop';

export const runUntilStoppedEarlyFails: Requirement = {
  id: 'L-STP-05',
  slug: 'run-until-stopped-early-fails',
  scenario: 'shutdown',
  area: 'error',
  level: 'MUST',
  basis: 'impl',
  statement: 'run_until_complete of a loop stopped early fails; it returns no value.',
  source: 'test_run_until_complete_stopped',
  evidence: 'a runUntil that a stop ended while its root was not finished',
  hint: 'whether runUntil asks, when the loop has stopped, if its future is done',
  needs: ['loop-control'],
  voidedBy: [],
  deviations: [],
  judge: judgeStoppedEarly,
  examples: {
    upholds: [running(`${PENDING} ; M ret R err=OTHER(RuntimeError) ; M eot done`)],
    violates: [running(`${PENDING} ; M ret R ; M eot done`), running(`${PENDING} ; M ret R v=7`)],
    unexercised: [running('L inv s stop ; L ret s ; L end R v=1 ; M loop stop ; M ret R v=1 ; M eot done')],
    noFalseAlarm: [
      // No stop; a root that finished in the rest of the batch; a stop that was refused.
      running('L end R v=1 ; M loop stop ; M ret R v=1 ; M inv s stop ; M ret s ; M eot done'),
      running(
        'L inv s stop ; L ret s ; L inv y yield ; L susp R id=y on=y ; L resm R id=y ; L ret y ; L end R v=1 ; M loop stop ; M ret R v=1',
      ),
      running('L inv s stop ; L ret s err=CLOSED ; L end R err=CLOSED ; M loop stop ; M ret R err=CLOSED'),
    ],
  },
  program: fixedProgram('L-STP-05', {
    needs: ['LIFECYCLE', 'ON-LOOP', 'loop-control'],
    bodies: { root: task({ op: 'createFuture', to: 'never' }, { op: 'stop' }, { op: 'await', of: 'never' }) },
    main: [{ op: 'newLoop' }, { op: 'runUntil', body: 'root' }, { op: 'close' }],
  }),
};
