import type { LoopEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task, thread } from './builder.ts';
import { drainedAfter, firstAbove, hasOneLoop, isPassedPlainly } from './inbound-facts.ts';
import { nothingCancels } from './offload-work.ts';
import { violated } from './violated.ts';

type Stop = { readonly called: Operation; readonly stopped: LoopEvent };

/** Each stop called inside a run, with the record that shows the loop stopped after it, in order. */
function stopsInside(history: IndexedHistory): readonly Stop[] {
  const ended = history.loops.filter(({ state }) => state === 'stop');
  return operationsNamed(history, 'stop').flatMap((called) => {
    const stopped = ended[firstAbove(ended.length, (position) => ended[position]!.seq, called.inv.seq)];
    return isAccepted(called) && called.inv.th === 'L' && stopped !== undefined ? [{ called, stopped }] : [];
  });
}

/** Handles and tasks that were queued when the loop was stopped run once, be it before it had stopped or on the next run. */
function judgeNothingLost(history: IndexedHistory): Judgement {
  const stops = stopsInside(history);
  if (stops.length === 0 || !hasOneLoop(history)) return { evidence: 0 };
  const isDrained = drainedAfter(history);
  const names = nothingCancels(history) ? ['createTask'] : [];
  let evidence = 0;
  for (const work of operationsNamed(history, 'callSoon', 'callSoonThreadsafe', ...names)) {
    if (!isAccepted(work) || !isPassedPlainly(work) || cancelOf(history, work) !== undefined) continue;
    const runs = scheduledBody(history, work)?.runs ?? [];
    const first = firstAbove(stops.length, (position) => stops[position]!.stopped.seq, work.ret!.seq);
    const stop = stops[first];
    if (stop === undefined || (runs[0] !== undefined && runs[0].seq < stop.called.inv.seq)) continue;
    const name = String(work.args['body']);
    if (runs.length > 1) {
      const explanation = `${name} was queued once when the loop was stopped, yet it ran ${runs.length} times.`;
      return violated(evidence + 1, explanation, work.inv, stop.called.inv, stop.stopped, ...runs.slice(0, 2));
    }
    if (runs.length === 0 && isDrained(work.ret!, work.loop)) {
      const explanation = `${name} was queued when the loop was stopped, and the next run drained the loop, yet ${name} never ran.`;
      return violated(evidence + 1, explanation, work.inv, work.ret, stop.called.inv, stop.stopped);
    }
    if (runs.length === 1) evidence++;
  }
  return { evidence };
}

const STOPPING =
  'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv R runForever ; M loop start ; L run a x ; L inv b callSoon body=y ; L ret b ; L inv s stop ; L ret s ; L end a ; M loop stop ; M ret R';
const NEXT = (events: string) =>
  `M inv q quiesce ; M loop start ; ${events}M loop stop ; M ret q v=2 ; M inv c close ; M ret c ; M loop closed ; M eot done`;

export const stopLosesNothing: Requirement = {
  id: 'L-STP-02',
  slug: 'stop-loses-nothing',
  scenario: 'shutdown',
  area: 'exactly-once',
  level: 'MUST',
  basis: 'pep',
  statement: 'stop() loses nothing: what did not run runs once on the next run.',
  source: 'PEP 3156 stop',
  evidence: 'work that was queued when the loop was stopped, and that ran',
  hint: 'what becomes of the rest of the batch when a turn ends early',
  needs: ['loop-restart'],
  voidedBy: [],
  deviations: [],
  judge: judgeNothingLost,
  examples: {
    upholds: [
      `${STOPPING} ; ${NEXT('L run b y ; L end b ; ')}`,
      `${STOPPING.replace('M loop stop', 'L run b y ; L end b ; M loop stop')} ; ${NEXT('')}`,
    ],
    violates: [
      `${STOPPING} ; ${NEXT('')}`,
      `${STOPPING.replace('M loop stop', 'L run b y ; L end b ; M loop stop')} ; ${NEXT('L run b y ; L end b ; ')}`,
    ],
    unexercised: [
      running(
        `L inv b callSoon body=y ; L ret b ; L run b y ; L end b ; L inv s stop ; L ret s ; L end R ; M loop stop ; M ret R ; ${NEXT('')}`,
      ),
    ],
    noFalseAlarm: [
      // Closed without another run; cancelled; the drain gave up; the program did not end; a timer owes nothing.
      `${STOPPING} ; M inv c close ; M ret c ; M eot done`,
      `${STOPPING} ; M inv h cancelHandle of=b ; M ret h ; ${NEXT('')}`,
      `${STOPPING} ; M inv q quiesce ; M ret q v=100 ; M eot done`,
      `${STOPPING} ; M inv q quiesce ; M ret q v=1 ; M eot deadline`,
      `${STOPPING.replace('L inv b callSoon', 'L inv b callLater delayUs=0')} ; ${NEXT('')}`,
    ],
  },
  program: fixedProgram('L-STP-02', {
    needs: ['LIFECYCLE', 'ON-LOOP', 'loop-control', 'loop-restart'],
    bodies: {
      stopper: callback({ op: 'callSoon', body: 'first' }, { op: 'stop' }, { op: 'callSoon', body: 'last' }),
      first: callback({ op: 'callSoon', body: 'second' }),
      second: callback({ op: 'callSoon', body: 'third' }),
      third: callback(),
      last: callback(),
    },
    main: [
      { op: 'newLoop' },
      { op: 'callSoon', body: 'stopper' },
      { op: 'callSoon', body: 'last' },
      { op: 'runForever' },
      { op: 'quiesce' },
      { op: 'close' },
    ],
  }),
};

/** The stop before, and the start after, between which this operation happened as a whole. */
function pauseAround(
  loops: readonly LoopEvent[],
  operation: Operation,
): { stop: LoopEvent; start: LoopEvent } | undefined {
  const { inv, ret } = operation;
  const after = firstAbove(loops.length, (position) => loops[position]!.seq, inv.seq);
  const stop = loops[after - 1];
  const start = loops[after];
  if (stop?.state !== 'stop' || start?.state !== 'start' || ret === undefined) return undefined;
  return precedes(stop, inv) && precedes(ret, start) ? { stop, start } : undefined;
}

/** What a stopped loop is given from outside is accepted, and runs when it is run again. */
function judgeRestart(history: IndexedHistory): Judgement {
  if (!hasOneLoop(history)) return { evidence: 0 };
  const isDrained = drainedAfter(history);
  const closed = operationsNamed(history, 'close')[0]?.inv.seq ?? Number.POSITIVE_INFINITY;
  let evidence = 0;
  for (const submission of operationsNamed(history, 'callSoonThreadsafe', 'runCoroutineThreadsafe')) {
    const { inv, ret } = submission;
    const pause = pauseAround(history.loops, submission);
    if (pause === undefined || ret === undefined || ret.seq > closed || !isPassedPlainly(submission)) continue;
    const name = String(submission.args['body']);
    if (ret.err !== undefined) {
      if (ret.err === 'TYPE' || ret.err === 'UNSET') continue;
      const explanation = `The loop had stopped and was not closed, yet the submission of ${name} failed with ${ret.err}.`;
      return violated(evidence + 1, explanation, pause.stop, inv, ret);
    }
    // A coroutine may be cancelled before it begins; a callback by its handle.
    const isHandle = submission.op === 'callSoonThreadsafe';
    if (isHandle ? cancelOf(history, submission) !== undefined : !nothingCancels(history)) continue;
    const run = scheduledBody(history, submission)?.runs[0];
    const isLost = run === undefined && isHandle && isDrained(ret, submission.loop);
    if (isLost || isLate(history, pause.start, run)) {
      const explanation = `${name} was handed to the stopped loop, yet it ${run ? 'ran late' : 'never ran'} when the loop was run again.`;
      return violated(evidence + 1, explanation, inv, ret, pause.start, run);
    }
    if (run !== undefined) evidence++;
  }
  return { evidence };
}

const STOPPED = running('L end R ; M loop stop ; M ret R ; F1 inv a callSoonThreadsafe body=x');
const AGAIN = 'M inv r runForever ; M loop start';

export const stoppedLoopAcceptsAndRuns: Requirement = {
  id: 'L-RST-01',
  slug: 'stopped-loop-accepts-and-runs-later',
  scenario: 'shutdown',
  area: 'liveness',
  level: 'MUST',
  basis: 'impl',
  statement: 'A stopped, unclosed loop accepts threadsafe submissions and runs them when run again.',
  source: 'call_soon_threadsafe',
  evidence: 'a submission made between two runs, whose body ran',
  hint: 'what stopping does to the inbox and the wake flag, and whether a run looks at them before it waits',
  needs: ['loop-restart'],
  voidedBy: [],
  deviations: [],
  judge: judgeRestart,
  examples: {
    upholds: [`${STOPPED} ; F1 ret a ; ${AGAIN} ; L run a x ; L end a ; M loop stop ; M ret r ; M eot done`],
    violates: [
      `${STOPPED} ; F1 ret a err=CLOSED ; ${AGAIN} ; M loop stop ; M ret r ; M eot done`,
      `${STOPPED} ; F1 ret a ; ${AGAIN} ; M eot deadlock`,
      `${STOPPED} ; F1 ret a ; ${AGAIN} ; @4s M eot deadline`,
      `${STOPPED} ; F1 ret a ; ${AGAIN} ; @4s L run a x ; L end a ; M loop stop ; M ret r ; M eot done`,
      `${STOPPED} ; F1 ret a ; M inv q quiesce ; M loop start ; M loop stop ; M ret q v=1 ; M eot done`,
    ],
    unexercised: [
      `${STOPPED} ; F1 ret a ; M eot done`,
      running(
        'F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L end R ; L run a x ; L end a ; M loop stop ; M ret R ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // The submission overlaps the restart, or the close; it was cancelled; the loop was stopped again at once.
      `${STOPPED} ; ${AGAIN} ; F1 ret a err=OTHER(x) ; M loop stop ; M ret r ; M eot done`,
      `${STOPPED} ; M inv c close ; F1 ret a err=CLOSED ; M ret c ; M inv q quiesce ; M loop start ; M loop stop ; M ret q err=CLOSED ; M eot done`,
      `${STOPPED} ; F1 ret a ; F1 inv h cancelHandle of=a ; F1 ret h ; M inv q quiesce ; M loop start ; M loop stop ; M ret q v=1 ; M eot done`,
      `${STOPPED} ; F1 ret a ; ${AGAIN} ; M loop stop ; M ret r ; M eot done`,
      `M inv N newLoop ; M ret N ; M inv N2 newLoop ; M ret N2 ; ${STOPPED.replace('M inv N newLoop ; M ret N ; ', '')} ; F1 ret a err=CLOSED ; ${AGAIN} ; M eot deadlock`,
    ],
  },
  program: fixedProgram('L-RST-01', {
    needs: ['INBOUND', 'LIFECYCLE', 'ON-LOOP', 'loop-control', 'loop-restart'],
    bodies: {
      root: task({ op: 'createFuture', to: 'future' }),
      again: task({ op: 'await', of: 'future' }),
      foreign: thread({ op: 'callSoonThreadsafe', body: 'wake' }),
      wake: callback({ op: 'setResult', of: 'future', value: null }),
    },
    main: [
      { op: 'newLoop' },
      { op: 'runUntil', body: 'root' },
      { op: 'spawn', body: 'foreign' },
      { op: 'join' },
      { op: 'runUntil', body: 'again' },
      { op: 'quiesce' },
      { op: 'close' },
    ],
  }),
};
