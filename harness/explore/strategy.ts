import type { ClockMode } from '../../spec/result.ts';
import type { Access } from './access.ts';

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
  /** What each step so far touched. */
  readonly log: ArrayLike<Access>;
  readonly steps: number;
  /** Offered threads that wait, and whose return would be a choice: of the clock, or for no reason at all. */
  readonly reluctant: number;
  /** What a thread's next step will touch, as far as it is known before it is performed. */
  access(tid: Tid): Access;
};

/**
 * Every source of scheduling choice, replay included. `enabled` is a bit mask with at least two bits: forced moves
 * are made without asking, and what a strategy draws does not depend on them. `pick` returns one of the enabled
 * threads, and that thread's step is the next. One object serves all executions of one program, in their order.
 */
export type Strategy = {
  begin(): void;
  pick(enabled: number, situation: Situation): Tid;
  /** The execution is over, whatever its reason; `situation` shows all of it. */
  end(situation: Situation): void;
};

/** The lowest thread of a mask that is not empty. */
export function lowest(enabled: number): Tid {
  return 31 - Math.clz32(enabled & -enabled);
}

export function countThreads(mask: number): number {
  const pairs = mask - ((mask >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Threads 0 to 7, which are all that most programs have: loops over random bits are mispredicted at every decision. */
const FEW = 8;
const NTH_OF_FEW: Uint8Array = nthOfFew();

function nthOfFew(): Uint8Array {
  const table = new Uint8Array(FEW << FEW);
  for (let mask = 0; mask < 1 << FEW; mask++) {
    let n = 0;
    for (let tid = 0; tid < FEW; tid++) if ((mask & (1 << tid)) !== 0) table[mask * FEW + n++] = tid;
  }
  return table;
}

/** The n-th thread of a mask, counted from 0 upwards. */
export function nthThread(mask: number, n: number): Tid {
  if (mask >>> FEW === 0) return NTH_OF_FEW[mask * FEW + n]!;
  let rest = mask;
  for (let skip = n; skip > 0; skip--) rest &= rest - 1;
  return lowest(rest);
}

/**
 * The policy that schedules deviate from: the running thread until it blocks, then the lowest; the clock and returns
 * by choice come last.
 */
export function defaultPick(enabled: number, { last, reluctant }: Pick<Situation, 'last' | 'reluctant'>): Tid {
  const willing = enabled & ~reluctant;
  if (willing === 0) return lowest(enabled);
  if (last >= 0 && last !== CLOCK && (willing & (1 << last)) !== 0) return last;
  return lowest(willing);
}

/** Even executions move time only when nobody can run, odd ones at any moment: both kinds of race are sampled. */
export function clockOf(index: number): ClockMode {
  return index % 2 === 0 ? 'late' : 'explored';
}
