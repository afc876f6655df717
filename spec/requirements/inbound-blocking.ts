import type { Event, SuspEvent } from '../history.ts';
import type { IdleGap } from '../idle.ts';
import { type IndexedHistory, type Operation, operationsNamed, refsOf, scheduledBody } from '../indexed-history.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, idle, task } from './builder.ts';
import {
  firstAbove,
  firstRun,
  hasOneLoop,
  isForeign,
  isPassedPlainly,
  timeoutNs,
  unlessMisused,
  witness,
} from './inbound-facts.ts';
import { expecting, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** Something the loop has to do at a time by itself, whoever waits for what: a timer, or a sleep of a task. */
type Due = { readonly name: string; readonly set: Event; readonly t: number; readonly settled: Event | undefined };

function dueOf(operation: Operation, set: Event, settled: Event | undefined): Due[] {
  const delayUs = operation.args['delayUs'];
  if (typeof delayUs !== 'number') return [];
  const name = `${operation.op} of ${operation.args['body'] ?? delayUs}`;
  return [{ name, set, t: set.t + Math.max(0, delayUs) * 1000, settled }];
}

/** Timers that nobody cancelled, and sleeps that ended: a coroutine may be destroyed while it sleeps. */
function duesOf(history: IndexedHistory): readonly Due[] {
  const timers = operationsNamed(history, 'callLater', 'callAt').flatMap((timer) => {
    if (!isAccepted(timer) || !isPassedPlainly(timer) || cancelOf(history, timer) !== undefined) return [];
    return dueOf(timer, timer.ret!, firstRun(history, timer));
  });
  const sleeps = operationsNamed(history, 'sleep').flatMap((sleep) => {
    if (isForeign(sleep.inv) || sleep.susp === undefined || sleep.resm === undefined) return [];
    const set: SuspEvent = sleep.susp;
    return dueOf(sleep, set, sleep.resm);
  });
  return [...timers, ...sleeps];
}

/** Foreign concurrentResult calls by `inv`; `latest[i]` is the one of calls 0 … i that stays open longest. */
class OpenCalls {
  private readonly calls: readonly Operation[];
  private readonly latest: Operation[] = [];

  constructor(history: IndexedHistory) {
    this.calls = operationsNamed(history, 'concurrentResult').filter(({ inv }) => isForeign(inv));
    for (const call of this.calls) {
      const before = this.latest.at(-1);
      this.latest.push(before !== undefined && endOf(before) > endOf(call) ? before : call);
    }
  }

  /** A call that was begun by the time `t` and did not return before the stamp `seq`. */
  throughout(t: number, seq: number): Operation | undefined {
    const at = firstAbove(this.calls.length, (position) => this.calls[position]!.inv.t, t) - 1;
    const call = this.latest[at];
    return call !== undefined && endOf(call) > seq ? call : undefined;
  }

  /** A call without end, if there is one. */
  stuck(): Operation | undefined {
    const call = this.latest.at(-1);
    return call?.ret === undefined ? call : undefined;
  }

  all(): readonly Operation[] {
    return this.calls;
  }
}

function endOf(call: Operation): number {
  return call.ret?.seq ?? Number.POSITIVE_INFINITY;
}

/** The first pause of the idle loop in which `due` was late, if it was. */
function lateGap(history: IndexedHistory, due: Due): IdleGap | undefined {
  const { bounds, longGaps } = history;
  if (bounds.B === null) return undefined;
  const limit = due.t + bounds.G + bounds.B;
  const gap = longGaps[firstAbove(longGaps.length, (at) => longGaps[at]!.toT, limit)];
  if (gap === undefined || gap.toSeq < due.set.seq) return undefined;
  return due.settled === undefined || gap.toSeq <= due.settled.seq ? gap : undefined;
}

/** The call made its thread wait: it gave up after a time, or its coroutine ended after it began. */
function didBlock(history: IndexedHistory, call: Operation): boolean {
  if (call.ret?.err === 'TIMEOUT' && call.ret.done !== true) return timeoutNs(call) > 0;
  const made = history.operations.get(refsOf(call.args)[0] ?? '');
  const ends = made === undefined ? [] : (scheduledBody(history, made)?.ends ?? []);
  return ends.some((end) => end.seq > call.inv.seq && end.seq < endOf(call));
}

/** While a foreign thread waits in result(), an idle loop still does what is due. */
function judgeBlocking(history: IndexedHistory): Judgement {
  const calls = new OpenCalls(history);
  const dues = hasOneLoop(history) ? duesOf(history) : [];
  if (dues.length === 0 || calls.all().length === 0) return { evidence: 0 };
  const evidence = calls.all().filter((call) => didBlock(history, call)).length;
  const stuck = history.eot?.reason === 'deadlock' && history.idleAtEnd ? calls.stuck() : undefined;
  for (const due of dues) {
    const gap = lateGap(history, due);
    const call =
      gap !== undefined
        ? calls.throughout(Math.max(gap.fromT, due.t), gap.toSeq)
        : due.settled === undefined
          ? stuck
          : undefined;
    if (call === undefined) continue;
    const explanation = `${due.name} was due and the loop had nothing else to do, yet it did not happen while ${call.inv.th} waited in concurrentResult.`;
    return {
      evidence: Math.max(evidence, 1),
      violation: witness([due.set, call.inv, due.settled], explanation),
    };
  }
  return { evidence };
}

const TICK = 'L inv k callLater body=tick delayUs=1000 ; L ret k';
const GIVEN = `${TICK} ; L inv f createFuture ; L ret f ; L inv w await of=f ; L susp R id=w on=f ; ${SUBMITTED}`;
const WAITS = 'F1 inv g concurrentResult of=a timeoutUs=null';
const RUN = 'L run k tick ; L end k';

function began(events: string): string {
  return `M inv N newLoop ; M ret N ; M inv R runUntil body=root ; M loop start ; L run R root ; ${events}`;
}

export const resultDoesNotBlockLoop: Requirement = {
  id: 'C-RCT-02',
  slug: 'waiting-thread-does-not-block-loop',
  scenario: 'C',
  area: 'liveness',
  level: 'MUST',
  basis: 'ours',
  statement: 'A foreign thread blocked in result() does not block the loop.',
  source: 'seed L266',
  evidence: 'a concurrentResult that made a foreign thread wait, in a program with timers',
  hint: 'whether result() holds a lock, while it waits, that the loop takes in its turn or to complete the future',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeBlocking),
  examples: {
    upholds: [
      began(`${GIVEN} ; ${WAITS} ; @2ms ${RUN} ; L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`),
      began(
        `${GIVEN} ; F1 inv g concurrentResult of=a timeoutUs=2000 ; @2ms ${RUN} ; @4ms F1 ret g err=TIMEOUT done=false`,
      ),
    ],
    violates: [
      began(`${GIVEN} ; ${WAITS} ; @5s ${RUN} ; L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`),
      began(`${GIVEN} ; ${WAITS} ; M eot deadlock`),
      `M meta bounds={"B":null,"G":0} ; ${began(`${GIVEN} ; ${WAITS} ; M eot deadlock`)}`,
      began(`${GIVEN} ; ${WAITS} ; @9s M eot deadline`),
    ],
    unexercised: [
      idle(`${SUBMITTED} ; ${WAITS} ; L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`),
      began(`${GIVEN} ; L run a co ; L end a v=1 ; ${WAITS} ; F1 ret g v=1 ; ${RUN} ; M eot done`),
    ],
    noFalseAlarm: [
      began(`${GIVEN} ; ${WAITS} ; L run a co ; @5s L end a v=1 ; ${RUN} ; F1 ret g v=1 ; M eot done`),
      began(
        `L inv k callLater body=tick delayUs=9000000 ; L ret k ; ${GIVEN.slice(TICK.length + 3)} ; ${WAITS} ; @8s L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`,
      ),
      began(`${GIVEN} ; L inv x cancelHandle of=k ; L ret x ; ${WAITS} ; M eot deadlock`),
      began(`${GIVEN} ; @5s ${RUN} ; ${WAITS} ; L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`),
      `M meta bounds={"B":null,"G":0} ; ${began(`${GIVEN} ; ${WAITS} ; @5s ${RUN} ; L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`)}`,
    ],
  },
  program: inboundProgram('C-RCT-02', {
    bodies: {
      held: task({ op: 'await', of: 'go' }),
      ticking: task({ op: 'await', of: 'ticked' }),
      tick: callback({ op: 'setResult', of: 'ticked', value: null }),
      release: callback({ op: 'setResult', of: 'go', value: null }),
    },
    prepare: [
      { op: 'createFuture', to: 'go' },
      { op: 'createFuture', to: 'ticked' },
      { op: 'callLater', delayUs: 3000, body: 'tick' },
    ],
    threads: {
      // The first wait cannot but last its time; the second ends only once the loop's own timer has fired.
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'held', to: 'held' },
        { op: 'runCoroutineThreadsafe', body: 'ticking', to: 'ticking' },
        expecting('TIMEOUT', { op: 'concurrentResult', of: 'held', timeoutUs: 2000 }),
        { op: 'concurrentResult', of: 'ticking', timeoutUs: null },
        { op: 'callSoonThreadsafe', body: 'release' },
        { op: 'concurrentResult', of: 'held', timeoutUs: null },
      ],
    },
    awaits: ['ticked'],
  }),
};
