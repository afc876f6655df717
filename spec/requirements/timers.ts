import type { RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { wasIdleBetween } from '../lateness.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Step } from '../program.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, idle, running, task } from './builder.ts';
import {
  countBelow,
  hasOneLoop,
  isOnLoop,
  MUST_ON_LOOP,
  nameOf,
  perHistory,
  UNJUDGED,
  violated,
  whenInvoked,
} from './on-loop-facts.ts';

/** A timer that the loop's thread set. Its deadline lies between two times, since the call reads the clock inside. */
export type Timer = {
  readonly operation: Operation;
  readonly run: RunEvent | undefined;
  readonly delayNs: number;
  readonly earliestNs: number;
  readonly latestNs: number;
};

const NS_PER_US = 1000;

/** Timers accepted with a number for a delay, in order. */
export const timersOf: (history: IndexedHistory) => readonly Timer[] = perHistory((history) => {
  return operationsNamed(history, 'callLater', 'callAt').flatMap((operation): Timer[] => {
    const { inv, ret, args } = operation;
    const delayUs = args['delayUs'];
    if (typeof delayUs !== 'number' || !isAccepted(operation) || !isOnLoop(inv)) return [];
    const delayNs = Math.max(0, delayUs) * NS_PER_US;
    const run = scheduledBody(history, operation)?.runs[0];
    return [{ operation, run, delayNs, earliestNs: inv.t + delayNs, latestNs: ret!.t + delayNs }];
  });
});

/** A time for explanations. */
export function us(ns: number): string {
  return `${Math.round(ns / NS_PER_US)} us`;
}

function judgeNotEarly(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const { operation, run, delayNs, earliestNs } of timersOf(history)) {
    if (run === undefined || delayNs === 0) continue;
    if (run.t < earliestNs - history.bounds.G) {
      return violated(
        evidence,
        `the timer ${nameOf(operation)} was set for ${us(delayNs)}, yet it ran ${us(run.t - operation.inv.t)} after the call began`,
        operation.inv,
        run,
      );
    }
    evidence++;
  }
  return { evidence };
}

/**
 * Was the loop idle for more than B at a stretch after the deadline, before the timer ran? Of the pauses longer than B
 * the first that ends later than deadline + B decides: earlier ones are the time before the deadline. O(log n).
 */
function ranLate(history: IndexedHistory, { run, latestNs }: Timer, gapEnds: readonly number[]): boolean {
  const { B: bound } = history.bounds;
  const gap = bound === null ? undefined : history.longGaps[countBelow(gapEnds, latestNs + bound + 1)];
  if (gap !== undefined && (run === undefined || gap.toSeq <= run.seq)) return true;
  return run === undefined && history.eot?.reason === 'deadlock' && history.idleAtEnd;
}

function judgeNotLate(history: IndexedHistory): Judgement {
  if (!hasOneLoop(history)) return UNJUDGED;
  const gapEnds = history.longGaps.map(({ toT }) => toT);
  let evidence = 0;
  for (const timer of timersOf(history)) {
    const { operation, run, delayNs } = timer;
    if (cancelOf(history, operation) !== undefined || operation.args['as'] !== undefined) continue;
    if (ranLate(history, timer, gapEnds)) {
      return violated(
        evidence,
        `the timer ${nameOf(operation)} was due ${us(delayNs)} after it was set and the loop was idle, yet it ${run === undefined ? 'never ran' : 'ran late'}`,
        operation.inv,
        operation.ret,
        run,
      );
    }
    if (run !== undefined && wasIdleBetween(history, operation.ret!.seq, run.seq)) evidence++;
  }
  return { evidence };
}

/** Set in this order: the earliest deadline is neither the first nor the last of them. */
const TIMERS: readonly (readonly [future: string, delayUs: number])[] = [
  ['long', 2500],
  ['short', 500],
  ['middle', 1500],
];
const SET = '@10us L inv a callLater body=x delayUs=5000 ; L ret a';

export const timerIsNotEarly: Requirement = {
  ...MUST_ON_LOOP,
  id: 'T-TMR-01',
  slug: 'timer-is-not-early',
  area: 'timeout',
  basis: 'doc',
  statement: 'A timer callback does not run before its deadline less the declared granularity.',
  source: 'doc eventloop#call_later note (3.14: up to one clock resolution early)',
  evidence: 'an accepted callLater or callAt with a delay whose callback ran',
  hint: 'how a deadline is rounded to the unit of the poll, and how stale the time is that it is counted from',
  judge: whenInvoked(['callLater', 'callAt'], judgeNotEarly),
  examples: {
    upholds: [
      running(`${SET} ; L end R ; @5010us L run a x ; L end a ; M eot done`),
      `M meta B=1000000000 G=1500000 ; ${running(`${SET} ; L end R ; @4ms L run a x ; L end a ; M eot done`)}`,
    ],
    violates: [
      running(`${SET} ; L end R ; @5009us L run a x ; L end a ; M eot done`),
      `M meta B=1000000000 G=1500000 ; ${running(`${SET} ; L end R ; @3ms L run a x ; L end a ; M eot done`)}`,
      running('@10us L inv a callAt body=x delayUs=400 ; L ret a ; @409us L run a x ; L end a ; M eot done'),
    ],
    unexercised: [running('L inv a callLater body=x delayUs=0 ; L ret a ; L end R ; L run a x ; L end a ; M eot done')],
    noFalseAlarm: [
      running(`${SET} ; L end R ; @9s L run a x ; L end a ; M eot done`),
      running('L inv a callLater body=x delayUs=none ; L ret a ; L end R ; L run a x ; L end a ; M eot done'),
      running('L inv a callLater body=x delayUs=-5 ; L ret a ; L end R ; L run a x ; L end a ; M eot done'),
      // The delay counts from the call, and the record of its return may be late.
      running(
        '@10us L inv a callLater body=x delayUs=400 ; @900us L ret a ; L end R ; @910us L run a x ; L end a ; M eot done',
      ),
    ],
  },
  program: fixedProgram('T-TMR-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'done' },
        { op: 'callLater', delayUs: 2000, body: 'setter' },
        { op: 'callLater', delayUs: 400, body: 'plain' },
        { op: 'callLater', delayUs: 1001, body: 'plain' },
        { op: 'callLater', delayUs: 700, body: 'plain' },
        { op: 'spin', delayUs: 300 },
        { op: 'callLater', delayUs: 1500, body: 'plain' },
        { op: 'await', of: 'done' },
      ),
      plain: callback(),
      setter: callback({ op: 'setResult', of: 'done', value: null }),
    },
  }),
};

export const timerIsNotLate: Requirement = {
  ...MUST_ON_LOOP,
  id: 'T-TMR-02',
  slug: 'timer-runs-on-an-idle-loop',
  area: 'liveness',
  basis: 'pep',
  statement: 'An uncancelled timer eventually runs; lateness on an idle loop is bounded.',
  source: 'PEP 3156 call_later',
  evidence: 'an uncancelled timer that ran after the loop had been idle',
  hint: 'how long the loop polls: until the earliest deadline of all timers, the newest included',
  judge: whenInvoked(['callLater', 'callAt'], judgeNotLate),
  examples: {
    upholds: [idle(`${SET} ; @6ms L run a x ; L end a ; M eot done`)],
    violates: [
      idle(`${SET} ; @3s L run a x ; L end a ; M eot done`),
      idle(`${SET} ; @3s M eot deadline`),
      idle(`${SET} ; M eot deadlock`),
    ],
    unexercised: [running(`${SET} ; @9ms L mark m ; L end R ; M loop stop ; M ret R ; M eot done`)],
    noFalseAlarm: [
      // Busy, blocked, cancelled, not due, not running, or in a clock mode in which time proves nothing.
      running(`${SET} ; @9s L end R ; L run a x ; L end a ; M eot done`),
      idle(`${SET} ; L run b y ; @9s L end b ; L run a x ; L end a ; M eot done`),
      idle(`${SET} ; L inv h cancelHandle of=a ; L ret h ; @9s M eot deadline`),
      idle('@10us L inv a callLater body=x delayUs=60000000 ; L ret a ; @9s L run b y ; @20s L end b ; M eot deadline'),
      idle('@10us L inv a callLater body=x delayUs=9000000 ; L ret a ; @9200ms L run a x ; L end a ; M eot done'),
      running(`${SET} ; L end R ; M loop stop ; M ret R ; @9s M inv q quiesce ; M ret q v=3 ; M eot done`),
      `M meta bounds={"B":null,"G":0} ; ${idle(`${SET} ; @9s L run a x ; L end a ; M eot done`)}`,
    ],
  },
  program: fixedProgram('T-TMR-02', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        ...TIMERS.map(([to]): Step => ({ op: 'createFuture', to })),
        ...TIMERS.map(([of, delayUs]): Step => ({ op: 'callLater', delayUs, body: `${of}Setter` })),
        ...TIMERS.map(([of]): Step => ({ op: 'await', of })),
      ),
      ...Object.fromEntries(TIMERS.map(([of]) => [`${of}Setter`, callback({ op: 'setResult', of, value: null })])),
    },
  }),
};
