import { type IndexedHistory, operationsNamed } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, idle, running, task, thread } from './builder.ts';
import { closes } from './closed-loops.ts';
import { isPassedPlainly } from './inbound-facts.ts';
import { loopRuns, runAround } from './running-loop.ts';
import { violated } from './violated.ts';

/** A close during the whole of which the loop was running fails. */
function judgeCloseWhileRunning(history: IndexedHistory): Judgement {
  const runs = loopRuns(history);
  // What an attempt to run the running loop does to a later close is for L-RUN-01 to say.
  const attempt = operationsNamed(history, 'runForever', 'runUntil').find(({ inv }) => inv.th !== 'M');
  const undisturbed = attempt?.inv.seq ?? Number.POSITIVE_INFINITY;
  let evidence = 0;
  for (const close of operationsNamed(history, 'close')) {
    const { inv, ret } = close;
    const around = ret === undefined ? undefined : runAround(runs, close);
    if (ret === undefined || around === undefined || ret.err === 'UNSET' || ret.seq > undisturbed) continue;
    evidence++;
    if (ret.err === undefined) {
      return violated(
        evidence,
        `close by ${inv.th} succeeded although the loop was running.`,
        around.operation.inv,
        inv,
        ret,
      );
    }
  }
  return { evidence };
}

export const closeOfRunningLoopFails: Requirement = {
  id: 'L-CLS-01',
  slug: 'close-of-running-loop-fails',
  scenario: 'shutdown',
  area: 'error',
  level: 'MUST',
  basis: 'doc',
  statement: 'close() of a running loop fails.',
  source: 'doc eventloop#close',
  evidence: 'a close performed while that loop was provably running',
  hint: 'the test for "running" in close, also when another thread calls it',
  needs: ['loop-control'],
  voidedBy: [],
  deviations: [],
  judge: judgeCloseWhileRunning,
  examples: {
    upholds: [
      running('L inv c close ; L ret c err=ALREADY_RUNNING ; L end R ; M loop stop ; M ret R ; M eot done'),
      idle(
        'F1 inv c close ; F1 ret c err=OTHER(RuntimeError) ; L resm R id=w ; L ret w ; L end R ; M loop stop ; M ret R ; M eot done',
      ),
    ],
    violates: [
      running('L inv c close ; L ret c ; L end R ; M loop stop ; M ret R ; M eot done'),
      idle('F1 inv c close ; F1 ret c ; L resm R id=w ; L ret w ; L end R ; M loop stop ; M ret R ; M eot done'),
      idle('F1 inv c close ; F1 ret c ; M eot deadlock'),
    ],
    unexercised: [drained('L inv y yield ; L susp R id=y on=y ; L resm R id=y ; L ret y')],
    noFalseAlarm: [
      // It may have come after the run, or before the first sign of it; another loop is closed; L-RUN-01 judges.
      idle('F1 inv c close ; L resm R id=w ; L ret w ; L end R ; M loop stop ; M ret R ; F1 ret c ; M eot done'),
      idle('L resm R id=w ; L ret w ; L end R ; F1 inv c close ; F1 ret c ; M loop stop ; M ret R ; M eot done'),
      'M inv N newLoop ; M ret N ; F1 inv c close ; F1 ret c ; M inv R runUntil body=root ; M ret R err=CLOSED ; M eot done',
      'M inv N newLoop ; M ret N ; M inv N2 newLoop ; M ret N2 ; M inv R runUntil body=root loop=N2 ; M loop start ; L run R root ; L inv c close loop=N ; L ret c ; L end R',
      running(
        'L inv r runForever ; L ret r err=ALREADY_RUNNING ; L inv c close ; L ret c ; L end R ; M loop stop ; M ret R ; M eot done',
      ),
      running(
        'L end R ; M loop stop ; M ret R ; M inv q quiesce ; M loop start ; L run a x ; F1 inv c close ; F1 ret c ; L end a ; M loop stop ; M ret q v=1',
      ),
    ],
  },
  program: fixedProgram('L-CLS-01', {
    needs: ['LIFECYCLE', 'OFFLOAD', 'ON-LOOP', 'loop-control'],
    gates: ['running'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'finished' },
        { op: 'try', steps: [{ op: 'close' }], on: 'ANY', then: [] },
        { op: 'signal', gate: 'running' },
        { op: 'await', of: 'finished' },
      ),
      foreign: thread(
        { op: 'waitGate', gate: 'running' },
        {
          op: 'try',
          steps: [{ op: 'try', steps: [{ op: 'close' }], on: 'ANY', then: [] }],
          finally: [{ op: 'complete', of: 'finished', value: null }],
        },
      ),
    },
    spawn: ['foreign'],
  }),
};

/** After a close, closing again succeeds and running fails. */
function judgeFinality(history: IndexedHistory): Judgement {
  const first = closes(history);
  let evidence = 0;
  for (const later of operationsNamed(history, 'close', 'runForever', 'runUntil', 'quiesce')) {
    const close = first.get(later.loop);
    const { inv, ret } = later;
    if (close === undefined || inv.th !== 'M' || ret === undefined || !precedes(close.ret!, inv)) continue;
    if (ret.err === 'UNSET' || ret.err === 'TYPE') continue;
    evidence++;
    if (later.op === 'close' && ret.err !== undefined) {
      return violated(
        evidence,
        `Closing the closed loop again failed with ${ret.err}.`,
        close.inv,
        close.ret,
        inv,
        ret,
      );
    }
    if (later.op !== 'close' && ret.err === undefined) {
      return violated(evidence, `${later.op} ran a loop that had been closed.`, close.inv, close.ret, inv, ret);
    }
  }
  return { evidence };
}

const CLOSED = 'M inv N newLoop ; M ret N ; M inv c close ; M ret c ; M loop closed';

export const closeIsFinal: Requirement = {
  id: 'L-CLS-02',
  slug: 'close-is-idempotent-and-final',
  scenario: 'shutdown',
  area: 'shutdown',
  level: 'MUST',
  basis: 'doc',
  statement: 'close() is idempotent and irreversible.',
  source: 'doc eventloop#close',
  evidence: 'a close or run operation after a successful close',
  hint: 'whether close and every run operation ask first if the loop is closed',
  needs: ['loop-control'],
  voidedBy: [],
  deviations: [],
  judge: judgeFinality,
  examples: {
    upholds: [
      `${CLOSED} ; M inv d close ; M ret d ; M loop closed ; M inv r runUntil body=x ; M ret r err=CLOSED ; M eot done`,
    ],
    violates: [
      `${CLOSED} ; M inv d close ; M ret d err=CLOSED ; M eot done`,
      `${CLOSED} ; M inv r runUntil body=x ; M loop start ; L run r x ; L end r ; M loop stop ; M ret r ; M eot done`,
      `${CLOSED} ; M inv r runForever ; M loop start ; M loop stop ; M ret r ; M eot done`,
    ],
    unexercised: [`${CLOSED} ; M eot done`],
    noFalseAlarm: [
      // A close that failed closes nothing; a new loop is not closed; an empty slot; another thread's close.
      'M inv N newLoop ; M ret N ; M inv c close ; M ret c err=OTHER(x) ; M inv r runUntil body=x ; M loop start ; L run r x ; L end r ; M loop stop ; M ret r ; M eot done',
      `${CLOSED} ; M inv N2 newLoop ; M ret N2 ; M inv r runUntil body=x ; M loop start ; L run r x ; L end r ; M loop stop ; M ret r ; M eot done`,
      `${CLOSED} ; M inv r runUntil of=null ; M ret r err=UNSET ; M eot done`,
      `${CLOSED} ; F1 inv d close ; F1 ret d err=WRONG_THREAD ; M eot done`,
    ],
  },
  program: fixedProgram('L-CLS-02', {
    needs: ['LIFECYCLE', 'ON-LOOP', 'loop-control'],
    bodies: { root: task({ op: 'yield' }) },
    main: [
      { op: 'newLoop' },
      { op: 'runUntil', body: 'root' },
      { op: 'close' },
      { op: 'close' },
      { op: 'runUntil', body: 'root' },
    ],
  }),
};

/** What schedules work on a loop and must refuse a closed one; errors of the arguments may come first. */
const SCHEDULING: readonly string[] = [
  'callSoon',
  'callSoonThreadsafe',
  'callLater',
  'callAt',
  'createTask',
  'runInExecutor',
  'runCoroutineThreadsafe',
];
const REFUSALS: ReadonlySet<string> = new Set(['CLOSED', 'TYPE', 'UNSET', 'WRONG_THREAD']);

/** Every scheduling call that begins after a close fails, with CLOSED, in its caller. */
function judgeRefusal(history: IndexedHistory): Judgement {
  const first = closes(history);
  if (first.size === 0) return { evidence: 0 };
  let evidence = 0;
  for (const call of operationsNamed(history, ...SCHEDULING)) {
    const close = first.get(call.loop);
    const { inv, ret, args } = call;
    if (close === undefined || ret === undefined || !precedes(close.ret!, inv)) continue;
    // Module-level calls ask for a running loop first; a shut down executor may answer before the loop does.
    if (args['implicit'] === true || !isPassedPlainly(call)) continue;
    if (call.op === 'runInExecutor' && ret.err === 'SHUTDOWN') continue;
    evidence++;
    if (ret.err !== undefined && REFUSALS.has(ret.err)) continue;
    const outcome = ret.err === undefined ? 'was accepted' : `failed with ${ret.err} instead of CLOSED`;
    return violated(
      evidence,
      `${call.op} of ${args['body']} began after the loop was closed, yet it ${outcome}.`,
      close.inv,
      close.ret,
      inv,
      ret,
    );
  }
  return { evidence };
}

export const closedLoopRefuses: Requirement = {
  id: 'L-CLS-03',
  slug: 'closed-loop-refuses-work',
  scenario: 'shutdown',
  area: 'error',
  level: 'MUST',
  basis: 'doc',
  statement: 'After close every scheduling call, threadsafe included, fails CLOSED in the caller.',
  source: 'doc eventloop#call_soon_threadsafe',
  evidence: 'a scheduling call that began after a successful close',
  hint: 'whether each way into the queue asks if the loop is closed, and what waking a closed loop raises',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeRefusal,
  examples: {
    upholds: [
      `${CLOSED} ; M inv a callSoon body=x ; M ret a err=CLOSED ; F1 inv b callSoonThreadsafe body=x ; F1 ret b err=CLOSED ; M eot done`,
    ],
    violates: [
      `${CLOSED} ; F1 inv b callSoonThreadsafe body=x ; F1 ret b ; M eot done`,
      `${CLOSED} ; F1 inv b callSoonThreadsafe body=x ; F1 ret b err=OTHER(AttributeError) ; M eot done`,
      `${CLOSED} ; M inv a callLater body=x delayUs=1 ; M ret a ; M eot done`,
      `${CLOSED} ; F1 inv b runCoroutineThreadsafe body=x ; F1 ret b ; M eot done`,
    ],
    unexercised: [
      'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv c close ; M ret c ; M eot done',
    ],
    noFalseAlarm: [
      // A race with the close; a close that failed; wrong arguments; another loop; what schedules nothing.
      'M inv N newLoop ; M ret N ; M inv c close ; F1 inv b callSoonThreadsafe body=x ; M ret c ; F1 ret b ; M eot done',
      'M inv N newLoop ; M ret N ; M inv c close ; M ret c err=OTHER(x) ; M inv a callSoon body=x ; M ret a ; M eot done',
      `${CLOSED} ; M inv a callSoon body=co as=function ; M ret a err=OTHER(AssertionError) ; M eot done`,
      `${CLOSED} ; M inv N2 newLoop ; M ret N2 ; M inv a callSoon body=x ; M ret a ; M eot done`,
      `${CLOSED} ; M inv f createFuture ; M ret f ; M eot done`,
    ],
  },
  program: fixedProgram('L-CLS-03', {
    needs: ['INBOUND', 'LIFECYCLE', 'ON-LOOP'],
    gates: ['closed'],
    bodies: {
      foreign: thread(
        { op: 'waitGate', gate: 'closed' },
        { op: 'try', steps: [{ op: 'callSoonThreadsafe', body: 'nothing' }], on: 'ANY', then: [] },
        { op: 'try', steps: [{ op: 'runCoroutineThreadsafe', body: 'coroutine' }], on: 'ANY', then: [] },
      ),
      nothing: callback(),
      coroutine: task(),
    },
    main: [
      { op: 'newLoop' },
      { op: 'spawn', body: 'foreign' },
      { op: 'close' },
      { op: 'signal', gate: 'closed' },
      { op: 'callSoon', body: 'nothing' },
      { op: 'callLater', body: 'nothing', delayUs: 0 },
      { op: 'createTask', body: 'coroutine' },
      { op: 'join' },
    ],
  }),
};
