import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, idle, running, task, thread } from './builder.ts';
import { firstAbove, hasOneLoop, hungSince } from './inbound-facts.ts';
import { type LoopRun, loopRuns, runAround } from './running-loop.ts';
import { violated } from './violated.ts';

/** Errors that say nothing of the loop's state. */
const UNRELATED: ReadonlySet<string> = new Set(['TYPE', 'UNSET']);

function describe(operation: Operation): string {
  return `${operation.op} by ${operation.inv.th}`;
}

/** Running a loop that is running fails, and so does closing it after such an attempt. */
function judgeSecondRun(history: IndexedHistory): Judgement {
  const runs = loopRuns(history);
  const refused = new Map<LoopRun, Operation>();
  let evidence = 0;
  for (const attempt of operationsNamed(history, 'runForever', 'runUntil', 'close')) {
    const around = runAround(runs, attempt);
    if (around === undefined) continue;
    const { inv, ret } = attempt;
    const running = around.operation.inv;
    if (attempt.op === 'close') {
      const before = refused.get(around);
      if (before === undefined || !isAccepted(attempt) || !precedes(before.ret!, inv)) continue;
      const explanation = `After ${describe(before)} had been refused, ${describe(attempt)} closed the loop, which was still running.`;
      return violated(evidence, explanation, running, before.inv, before.ret, inv, ret);
    }
    if (ret === undefined && !hungSince(history, inv)) continue;
    if (ret?.err !== undefined && UNRELATED.has(ret.err)) continue;
    evidence++;
    if (ret?.err === undefined) {
      const outcome = ret === undefined ? 'did not fail but never returned' : 'succeeded';
      return violated(evidence, `${describe(attempt)} ${outcome} although that loop was running.`, running, inv, ret);
    }
    if (!refused.has(around)) refused.set(around, attempt);
  }
  return { evidence };
}

export const secondRunFails: Requirement = {
  id: 'L-RUN-01',
  slug: 'running-a-running-loop-fails',
  scenario: 'shutdown',
  area: 'error',
  level: 'MUST',
  basis: 'pep',
  statement: 'Running a running loop (same or other thread) fails and leaves the running one undisturbed.',
  source: 'PEP 3156 run_forever; gh-130145',
  evidence: 'a run operation performed while that loop was provably running',
  hint: 'whether the test for "already running" comes before anything that has to be undone',
  needs: ['loop-control'],
  voidedBy: [],
  deviations: [
    { where: { name: 'CPython', from: '3.13.0', to: '3.13.0' }, signature: 'the running loop is corrupted' },
  ],
  judge: judgeSecondRun,
  examples: {
    upholds: [
      running('L inv r runForever ; L ret r err=ALREADY_RUNNING ; L end R ; M loop stop ; M ret R ; M eot done'),
      idle('F1 inv r runUntil body=z ; F1 ret r err=ALREADY_RUNNING ; L resm R id=w ; L ret w ; L end R ; M eot done'),
    ],
    violates: [
      running('L inv r runForever ; L ret r ; L end R ; M loop stop ; M ret R ; M eot done'),
      idle('F1 inv r runForever ; F1 ret r ; L resm R id=w ; L ret w ; L end R ; M eot done'),
      idle('F1 inv r runForever ; @4s M eot deadline'),
      idle('F1 inv r runForever ; M eot deadlock'),
      running('L inv r runForever ; L ret r err=ALREADY_RUNNING ; L inv c close ; L ret c ; L end R ; M eot done'),
    ],
    unexercised: [
      running(
        'L end R ; M loop stop ; M ret R ; M inv r runForever ; M loop start ; M loop stop ; M ret r ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // The loop may have stopped meanwhile, or not have begun; another loop runs; a refusal for another reason.
      idle('F1 inv r runForever ; L resm R id=w ; L ret w ; L end R ; M loop stop ; M ret R ; F1 ret r'),
      'M inv N newLoop ; M ret N ; F1 inv r runForever ; M inv R runUntil body=root ; M loop start ; L run R root ; F1 ret r ; L end R',
      'M inv N newLoop ; M ret N ; M inv N2 newLoop ; M ret N2 ; M inv R runUntil body=root loop=N ; M loop start ; L run R root ; L inv r runForever loop=N2 ; L ret r ; L end R',
      running('L inv r runUntil of=null ; L ret r err=UNSET ; L end R'),
      idle('L resm R id=w ; L ret w ; L end R ; F1 inv r runForever ; M eot deadlock'),
    ],
  },
  program: fixedProgram('L-RUN-01', {
    needs: ['LIFECYCLE', 'OFFLOAD', 'ON-LOOP', 'loop-control'],
    gates: ['running'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'finished' },
        { op: 'try', steps: [{ op: 'runForever' }], on: 'ANY', then: [] },
        { op: 'try', steps: [{ op: 'close' }], on: 'ANY', then: [] },
        { op: 'signal', gate: 'running' },
        { op: 'await', of: 'finished' },
      ),
      foreign: thread(
        { op: 'waitGate', gate: 'running' },
        {
          op: 'try',
          steps: [
            { op: 'try', steps: [{ op: 'runForever' }], on: 'ANY', then: [] },
            { op: 'try', steps: [{ op: 'close' }], on: 'ANY', then: [] },
          ],
          finally: [{ op: 'complete', of: 'finished', value: null }],
        },
      ),
    },
    spawn: ['foreign'],
  }),
};

/** A body that stops the loop goes on to its end or next suspension before the loop has stopped; and the loop stops. */
function judgeStop(history: IndexedHistory): Judgement {
  const stops = history.loops.filter(({ state }) => state === 'stop');
  const judged = new Set<unknown>();
  let evidence = 0;
  for (const stop of operationsNamed(history, 'stop')) {
    const { inv, ret } = stop;
    const body = history.instances.get(inv.inst);
    if (!isAccepted(stop) || ret === undefined || inv.th !== 'L' || body?.runs.length !== 1 || judged.has(inv.inst))
      continue;
    judged.add(inv.inst);
    const stopped = stops[firstAbove(stops.length, (position) => stops[position]!.seq, inv.seq)];
    if (hasOneLoop(history) && isLate(history, ret, stopped)) {
      const explanation = `stop() returned in ${body.runs[0]!.body}, yet the loop ${stopped ? 'stopped late' : 'never stopped'} although it was idle.`;
      return violated(evidence + 1, explanation, inv, ret, stopped);
    }
    if (stopped === undefined) continue;
    const first = firstAbove(body.operations.length, (position) => body.operations[position]!.inv.seq, inv.seq);
    const left = body.operations.slice(first).find(({ susp }) => susp !== undefined)?.susp ?? body.ends[0];
    if (left === undefined) continue;
    evidence++;
    if (left.seq > stopped.seq) {
      const explanation = `The loop had stopped before ${body.runs[0]!.body}, which called stop(), had finished.`;
      return violated(evidence, explanation, inv, ret, stopped, left);
    }
  }
  return { evidence };
}

const STOPPING =
  'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv R runForever ; M loop start ; L run a x ; L inv s stop ; L ret s';

export const currentCallbackFinishesAfterStop: Requirement = {
  id: 'L-STP-01',
  slug: 'current-callback-finishes-after-stop',
  scenario: 'shutdown',
  area: 'ordering',
  level: 'MUST',
  basis: 'pep',
  statement: 'After stop() the current callback finishes; how much of the ready queue runs is open.',
  source: 'PEP 3156 stop; doc eventloop#run_forever',
  evidence: 'a body that stopped its loop and went on to its end or next suspension',
  hint: 'whether stop sets a flag for the end of the turn, or leaves the turn',
  needs: ['loop-control'],
  voidedBy: [],
  deviations: [],
  judge: judgeStop,
  examples: {
    upholds: [
      `${STOPPING} ; L end a ; M loop stop ; M ret R ; M eot done`,
      running(
        'L inv s stop ; L ret s ; L inv y yield ; L susp R id=y on=y ; M loop stop ; M ret R err=OTHER(RuntimeError) ; M eot done',
      ),
    ],
    violates: [
      `${STOPPING} ; M loop stop ; M ret R ; L end a ; M eot done`,
      `${STOPPING} ; L end a ; @4s M eot deadline`,
      `${STOPPING} ; L end a ; M eot deadlock`,
      `${STOPPING} ; L end a ; @4s M loop stop ; M ret R ; M eot done`,
    ],
    unexercised: [running('L end R ; M loop stop ; M ret R ; M inv s stop ; M ret s ; M eot done')],
    noFalseAlarm: [
      // The batch may go on; a long callback is no idle loop; a second stop; a cut history.
      `${STOPPING} ; L end a ; L run b y ; L end b ; M loop stop ; M ret R`,
      `${STOPPING} ; L inv p spin delayUs=5000000 ; @9s L ret p ; L end a ; M loop stop ; M ret R`,
      `${STOPPING} ; L inv s2 stop ; L ret s2 ; L end a ; M loop stop ; M ret R`,
      `${STOPPING} ; L end a`,
    ],
  },
  program: fixedProgram('L-STP-01', {
    needs: ['LIFECYCLE', 'ON-LOOP', 'loop-control'],
    bodies: { stopper: callback({ op: 'stop' }, { op: 'mark', tag: 'still here' }) },
    main: [{ op: 'newLoop' }, { op: 'callSoon', body: 'stopper' }, { op: 'runForever' }, { op: 'close' }],
  }),
};
