import type { Deviation } from '../../spec/result.ts';
import type { Access } from '../explore/access.ts';
import type { Step } from '../explore/engine.ts';
import { CLOCK, type Tid } from '../explore/strategy.ts';

/** An execution, as far as shrinking looks at it. */
export type Performed = {
  /** The schedule that was really taken: a strict replay of it is this execution. */
  readonly deviations: readonly Deviation[];
  /** What each step touched, and each step as a person reads it. */
  readonly steps: readonly Access[];
  readonly trace: readonly Step[];
  /** `fails`: like the failure that is shrunk. `passes`: to its end, with nothing wrong. `other`: anything else. */
  readonly outcome: 'fails' | 'passes' | 'other';
};

/**
 * Performs one program with schedules that shrinking thinks of: the only thing that differs between free programs and
 * Programs on a driver. Undefined: nothing came of it, or whoever waits for the result has lost patience.
 */
export type Performer<P extends Performed> = {
  /** Makes those of the deviations that fit. */
  replay(deviations: readonly Deviation[]): Promise<P | undefined>;
  /** Keeps to an order of steps, given by their threads, as far as it can be followed. */
  follow(order: readonly Tid[]): Promise<P | undefined>;
};

export type Switches = {
  /** Steps of another thread than the step before; the clock is a thread. */
  readonly contextSwitches: number;
  /** Of these the ones away from a thread that could have gone on. */
  readonly preemptions: number;
};

/** How restless an execution was. O(steps). */
export function countSwitches(trace: readonly Step[]): Switches {
  let contextSwitches = 0;
  let preemptions = 0;
  for (let at = 1; at < trace.length; at++) {
    const previous = trace[at - 1]!;
    if (previous.tid === trace[at]!.tid) continue;
    contextSwitches++;
    // Time cannot be held up.
    if (previous.tid !== CLOCK && !previous.blocked && !previous.ended) preemptions++;
  }
  return { contextSwitches, preemptions };
}

/** So many tries, and no more. */
export class Attempts {
  used = 0;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** Whether there is one more; it counts as used. */
  take(): boolean {
    if (this.used >= this.most) return false;
    this.used++;
    return true;
  }
}
