import { cycleStepsMax, unfairStepsMax } from '../limits.ts';
import { type Access, placeOf, threadOf, WRITES } from './access.ts';
import { CLOCK, type Situation, type Tid } from './strategy.ts';

/** Steps that a thread repeats, over and over, and how often it did in a row at the end. */
export type Cycle = { readonly tid: Tid; readonly steps: readonly Access[]; readonly times: number };

/** Fewer repetitions than this are a long loop, not a cycle. */
const TIMES_MIN = 50;

/**
 * The cycles that the threads of an execution turned in at its end, if it reached the step cap under a fair suffix and
 * every thread of its fair part turned in one: a livelock. Empty: nothing of the kind is shown.
 */
export function livelockOf({ log, steps }: Pick<Situation, 'log' | 'steps'>): readonly Cycle[] {
  const byThread = new Map<Tid, Access[]>();
  for (let step = unfairStepsMax; step < steps; step++) {
    const tid = threadOf(log[step]!);
    if (tid === CLOCK) continue;
    const own = byThread.get(tid);
    if (own === undefined) byThread.set(tid, [log[step]!]);
    else own.push(log[step]!);
  }
  const cycles: Cycle[] = [];
  for (const [tid, own] of byThread) {
    const cycle = cycleAtEnd(tid, own);
    // A thread that did something else for a while and then blocked or ended has its part behind it.
    if (cycle !== undefined) cycles.push(cycle);
    else if (own.at(-1) === log[steps - 1]) return [];
  }
  return cycles;
}

function cycleAtEnd(tid: Tid, own: readonly Access[]): Cycle | undefined {
  for (let period = 1; period <= Math.min(cycleStepsMax, own.length); period++) {
    let same = 0;
    while (same + period < own.length && own[own.length - 1 - same] === own[own.length - 1 - same - period]) same++;
    const times = Math.floor(same / period) + 1;
    if (times >= TIMES_MIN) return { tid, steps: own.slice(-period), times };
  }
  return undefined;
}

/** Such as `thread 0 repeats [reads word 0], 17,998 times at the end`. */
export function describeLivelock(cycles: readonly Cycle[]): string {
  return cycles
    .map(({ tid, steps, times }) => {
      const words = steps.map((access) => `${(access & WRITES) !== 0 ? 'writes' : 'reads'} ${placeOf(access)}`);
      return `thread ${tid} repeats [${words.join(', ')}], ${times} times at the end`;
    })
    .join('; ');
}
