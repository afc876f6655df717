import type { Event, OpId } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { cancelOf } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import {
  hasOneLoop,
  isMisused,
  isOnLoop,
  loopOf,
  MUST_ON_LOOP,
  nameOf,
  UNJUDGED,
  violated,
  whenInvoked,
} from './on-loop-facts.ts';
import { type Timer, timersOf, us } from './timers.ts';

/** Timers whose order is certain: uncancelled, no shorter than the granularity, run on the loop's thread. */
function orderedTimers(history: IndexedHistory): ReadonlyMap<OpId, readonly Timer[]> {
  const byLoop = new Map<OpId, Timer[]>();
  for (const timer of timersOf(history)) {
    const { operation, run, delayNs } = timer;
    const loop = loopOf(history, operation);
    if (run === undefined || !isOnLoop(run) || loop === undefined || delayNs <= history.bounds.G) continue;
    if (cancelOf(history, operation) !== undefined) continue;
    const timers = byLoop.get(loop);
    if (timers === undefined) byLoop.set(loop, [timer]);
    else timers.push(timer);
  }
  return byLoop;
}

/**
 * Of the timers that were due more than the granularity before another one for certain (and, having a delay, were set
 * before that one was due) none may run behind it. Sorted by deadline, the last of them to run decides.
 */
function judgeDeadlineOrder(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const timers of orderedTimers(history).values()) {
    const sooner = [...timers].sort((a, b) => a.latestNs - b.latestNs);
    let next = 0;
    let last: Timer | undefined;
    for (const timer of [...timers].sort((a, b) => a.earliestNs - b.earliestNs)) {
      for (; next < sooner.length && sooner[next]!.latestNs < timer.earliestNs - history.bounds.G; next++) {
        if (last === undefined || sooner[next]!.run!.seq > last.run!.seq) last = sooner[next]!;
      }
      if (last === undefined) continue;
      if (timer.run!.seq < last.run!.seq && last.operation.ret!.seq < timer.run!.seq) {
        return violated(
          evidence,
          `the timer ${nameOf(last.operation)} was due ${us(timer.earliestNs - last.latestNs)} before ${nameOf(timer.operation)}, yet it ran after it`,
          last.operation.inv,
          last.operation.ret,
          timer.operation.inv,
          timer.run,
          last.run,
        );
      }
      evidence++;
    }
  }
  return { evidence };
}

/** What `time` read, if the mark is one of `time` and not a mark of that name. */
function readingOf(event: Event): number | undefined {
  if (event.ev !== 'mark' || event.label !== 'time' || !isOnLoop(event)) return undefined;
  const data = event.data as { readonly tag?: unknown; readonly v?: unknown } | null | undefined;
  return typeof data === 'object' && data?.tag === null && typeof data.v === 'number' ? data.v : undefined;
}

function judgeMonotonicTime(history: IndexedHistory): Judgement {
  if (isMisused(history) || !hasOneLoop(history)) return UNJUDGED;
  let evidence = -1;
  let before: { readonly event: Event; readonly reading: number } | undefined;
  for (const event of history.marks) {
    const reading = readingOf(event);
    if (reading === undefined) continue;
    evidence++;
    if (before !== undefined && reading < before.reading) {
      const told = `loop.time() read ${before.reading} and later ${reading}: it went backwards`;
      return violated(evidence - 1, told, before.event, event);
    }
    before = { event, reading };
  }
  return { evidence: Math.max(0, evidence) };
}

/** a is due 3 ms before b, though set after it. */
const REVERSED =
  '@10us L inv b callLater body=y delayUs=4000 ; L ret b ; L inv a callLater body=x delayUs=1000 ; L ret a ; L end R';
const A_RUNS = 'L run a x ; L end a';
const B_RUNS = 'L run b y ; L end b';

export const timersRunInDeadlineOrder: Requirement = {
  ...MUST_ON_LOOP,
  id: 'T-TMR-03',
  slug: 'timers-run-in-deadline-order',
  area: 'ordering',
  basis: 'impl',
  statement: 'Timers whose deadlines differ by more than the granularity run in deadline order, however late.',
  source: 'heapq in _run_once',
  evidence: 'an uncancelled timer that ran, behind another that was due more than the granularity before it',
  hint: 'the timer heap: what it compares, and whether everything due is taken from it in order',
  judge: whenInvoked(['callLater', 'callAt'], judgeDeadlineOrder),
  examples: {
    upholds: [running(`${REVERSED} ; @9ms ${A_RUNS} ; ${B_RUNS} ; M eot done`)],
    violates: [running(`${REVERSED} ; @9ms ${B_RUNS} ; ${A_RUNS} ; M eot done`)],
    unexercised: [
      running(`@10us L inv a callLater body=x delayUs=1000 ; L ret a ; L end R ; @2ms ${A_RUNS} ; M eot done`),
    ],
    noFalseAlarm: [
      // Within the granularity; equal deadlines; set when the other one was due; cancelled.
      `M meta B=1000000000 G=3500000 ; ${running(`${REVERSED} ; @9ms ${B_RUNS} ; ${A_RUNS} ; M eot done`)}`,
      running(
        `@10us L inv a callAt body=x delayUs=1000 ; @20us L ret a ; L inv b callAt body=y delayUs=995 ; L ret b ; L end R ; @2ms ${B_RUNS} ; ${A_RUNS} ; M eot done`,
      ),
      running(
        `@10us L inv b callLater body=y delayUs=1000 ; L ret b ; @5ms L inv a callLater body=x delayUs=1 ; L ret a ; L end R ; @9ms ${B_RUNS} ; ${A_RUNS} ; M eot done`,
      ),
      running(`${REVERSED} ; L inv h cancelHandle of=a ; L ret h ; @9ms ${B_RUNS} ; ${A_RUNS} ; M eot done`),
      // A timer without a delay may be no timer at all.
      running(
        `@10us L inv a callLater body=x delayUs=0 ; L ret a ; L inv b callLater body=y delayUs=5000 ; L ret b ; @9ms L end R ; ${B_RUNS} ; ${A_RUNS} ; M eot done`,
      ),
      // Timers of two loops.
      'M inv N newLoop ; M ret N ; M inv P newLoop ; M ret P ; M inv a callLater body=x delayUs=1000 loop=N ; M ret a ; M inv b callLater body=y delayUs=9000 loop=P ; M ret b ; @20ms L run b y ; L end b ; L run a x ; L end a ; M eot done',
    ],
  },
  program: fixedProgram('T-TMR-03', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'done' },
        { op: 'callLater', delayUs: 16_000, body: 'setter' },
        { op: 'callLater', delayUs: 12_000, body: 'plain' },
        { op: 'callLater', delayUs: 8_000, body: 'plain' },
        { op: 'callLater', delayUs: 4_000, body: 'plain' },
        // All of them are overdue when the loop comes to look.
        { op: 'spin', delayUs: 17_000 },
        { op: 'await', of: 'done' },
      ),
      plain: callback(),
      setter: callback({ op: 'setResult', of: 'done', value: null }),
    },
  }),
};

export const timeNeverDecreases: Requirement = {
  ...MUST_ON_LOOP,
  id: 'T-TMR-08',
  slug: 'loop-time-never-decreases',
  area: 'ordering',
  basis: 'doc',
  statement: 'loop.time() never decreases.',
  source: 'doc eventloop#loop.time',
  evidence: 'a reading of the clock of the loop after another one',
  hint: 'the clock of the loop: a monotonic one, and no mixture of a cached and a fresh time',
  judge: judgeMonotonicTime,
  examples: {
    upholds: [
      running('L mark time data={"tag":null,"v":7} ; L mark time data={"tag":null,"v":7} ; L end R ; M eot done'),
    ],
    violates: [
      running('L mark time data={"tag":null,"v":7} ; L mark time data={"tag":null,"v":6} ; L end R ; M eot done'),
    ],
    unexercised: [running('L mark time data={"tag":null,"v":7} ; L end R ; M eot done')],
    noFalseAlarm: [
      // Marks of that name, unreadable readings, and the CPU time.
      running('L mark time data=7 ; L mark time data=6 ; L mark time ; L end R ; M eot done'),
      running('L mark time data={"tag":null,"v":7} ; L mark time data={"tag":null,"v":null} ; L end R ; M eot done'),
      running('L mark time data={"tag":null,"v":7} ; L mark cpuTime data={"tag":null,"v":1} ; L end R ; M eot done'),
    ],
  },
  program: fixedProgram('T-TMR-08', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'repeat', count: 4, steps: [{ op: 'time' }] },
        { op: 'sleep', delayUs: 1000 },
        { op: 'time' },
        { op: 'spin', delayUs: 500 },
        { op: 'callSoon', body: 'reader' },
        { op: 'yield' },
        { op: 'time' },
      ),
      reader: callback({ op: 'time' }),
    },
  }),
};
