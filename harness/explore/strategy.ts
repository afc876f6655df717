import type { ClockMode, Deviation } from '../../spec/result.ts';
import type { Seed } from '../seed.ts';

/** A virtual thread's number; `CLOCK` is the actor whose only operation is "advance to the next deadline". */
export type Tid = number;
export const CLOCK: Tid = 31;
/** No thread has run yet. */
export const NOBODY: Tid = -1;

/** What a strategy may look at when it decides. */
export type Situation = {
  /** The thread that performed the last operation. */
  readonly last: Tid;
  /** Operations that each thread has performed; the clock's advances under `CLOCK`. */
  readonly performed: ArrayLike<number>;
};

/**
 * Every source of scheduling choice, replay included. `enabled` is a bit mask with at least two bits: forced moves
 * are made without asking. `pick` returns one of the enabled threads.
 */
export type Strategy = {
  begin(): void;
  pick(enabled: number, situation: Situation): Tid;
};

/** The lowest thread of a mask. */
export function lowest(enabled: number): Tid {
  return 31 - Math.clz32(enabled & -enabled);
}

/** The policy that schedules deviate from: the running thread until it blocks, then the lowest; the clock last. */
export function defaultPick(enabled: number, last: Tid): Tid {
  if (last >= 0 && last !== CLOCK && (enabled & (1 << last)) !== 0) return last;
  return lowest(enabled);
}

/** Uniform among the enabled at every decision. */
export class RandomWalk implements Strategy {
  private readonly seed: Seed;

  constructor(seed: Seed) {
    this.seed = seed;
  }

  begin(): void {}

  pick(enabled: number): Tid {
    let rest = enabled;
    let count = 0;
    for (let bits = enabled; bits !== 0; bits &= bits - 1) count++;
    for (let skip = this.seed.below(count); skip > 0; skip--) rest &= rest - 1;
    return lowest(rest);
  }
}

/** A recorded schedule: follows the default policy and makes the given deviations from it, in their order. */
export class Replay implements Strategy {
  private readonly deviations: readonly Deviation[];
  private position = 0;
  /** The first deviation that did not fit: its thread could not go on, or its moment never came. */
  misfit: Deviation | undefined;

  constructor(deviations: readonly Deviation[]) {
    this.deviations = deviations;
  }

  begin(): void {
    this.position = 0;
    this.misfit = undefined;
  }

  pick(enabled: number, { last, performed }: Situation): Tid {
    for (;;) {
      const next = this.deviations[this.position];
      if (next === undefined) return defaultPick(enabled, last);
      const moment = next.after === NOBODY ? 0 : (performed[next.after] ?? 0);
      if (next.after !== last || moment < next.operation) return defaultPick(enabled, last);
      this.position++;
      if (moment === next.operation && (enabled & (1 << next.to)) !== 0) return next.to;
      this.misfit ??= next;
    }
  }

  /** Call when the execution is over: a deviation that was never reached is a misfit too. */
  finish(): Deviation | undefined {
    return this.misfit ?? this.deviations[this.position];
  }
}

/** Even executions move time only when nobody can run, odd ones at any moment: both kinds of race are sampled. */
export function clockOf(index: number): ClockMode {
  return index % 2 === 0 ? 'late' : 'explored';
}
