import * as limits from '../limits.ts';
import type { Seed } from '../seed.ts';
import { type Access, dependent, objectOf } from './access.ts';
import type { Machine } from './machine.ts';
import { countThreads, defaultPick, lowest, type Tid } from './strategy.ts';
import type { Liberties, Subject } from './subject.ts';

const THREADS = 32;

export type Mean = { readonly mean: number; readonly standardError: number };

/** What a whole search would do, `executions` as `Searched` counts them. */
export type Estimate = { readonly executions: Mean; readonly complete: Mean };

/**
 * Estimates the size of `Search`'s tree (Knuth 1975): each dive goes from the root to a leaf, to a child drawn evenly,
 * and stands for as many leaves as the product of the numbers of children on its way.
 *
 * An order of magnitude, no more, whatever the standard error says: on a skewed tree a few rare dives weigh most of it,
 * and without them the mean is too low. With sleep sets it is lower still, by what a step touches that does not show
 * before it is performed: dives take it from earlier dives. Cost: one execution a dive.
 */
export function estimateExecutions(
  machine: Machine,
  subject: Subject,
  liberties: Liberties,
  reduction: 'none' | 'sleep-sets',
  dives: number,
  seed: Seed,
): Estimate {
  const diver = new Diver(machine, subject, liberties, reduction === 'sleep-sets', seed);
  const executions: number[] = [];
  const complete: number[] = [];
  for (let dive = 0; dive < dives; dive++) {
    const { leaves, isComplete } = diver.dive();
    executions.push(leaves);
    complete.push(isComplete ? leaves : 0);
  }
  return { executions: meanOf(executions), complete: meanOf(complete) };
}

function meanOf(values: readonly number[]): Mean {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  // A product beyond all numbers: so is the tree.
  if (!Number.isFinite(mean)) return { mean, standardError: mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, count - 1) / count) };
}

class Diver {
  private readonly machine: Machine;
  private readonly subject: Subject;
  private readonly liberties: Liberties;
  private readonly reduces: boolean;
  private readonly seed: Seed;
  private readonly sleepers: Access[] = new Array<Access>(THREADS).fill(0);
  /** What each thread's n-th step touched when it was last performed. */
  private readonly observed: Map<number, Access> = new Map();

  constructor(machine: Machine, subject: Subject, liberties: Liberties, reduces: boolean, seed: Seed) {
    this.machine = machine;
    this.subject = subject;
    this.liberties = liberties;
    this.reduces = reduces;
    this.seed = seed;
  }

  dive(): { leaves: number; isComplete: boolean } {
    const { machine } = this;
    machine.begin(this.subject, this.liberties);
    let leaves = 1;
    let sleep = 0;
    for (;;) {
      const choices = machine.choices();
      if (choices === 0) return { leaves, isComplete: true };
      const awake = choices & ~sleep;
      if (awake === 0 || machine.steps === limits.stepsPerExecutionMax) return { leaves, isComplete: false };
      const children = countThreads(awake);
      leaves *= children;
      // The children in the order of the search: whom it explores before the drawn one sleeps from then on.
      let tid = defaultPick(awake, machine);
      let rest = awake & ~(1 << tid);
      for (let skip = children === 1 ? 0 : this.seed.below(children); skip > 0; skip--) {
        if (this.reduces) {
          sleep |= 1 << tid;
          this.sleepers[tid] = this.foreseen(tid);
        }
        tid = lowest(rest);
        rest &= rest - 1;
      }
      sleep = this.stillAsleep(sleep, this.perform(tid));
    }
  }

  private perform(tid: Tid): Access {
    const step = this.stepOf(tid);
    const access = this.machine.perform(tid);
    if (this.reduces) this.observed.set(step, access);
    return access;
  }

  private foreseen(tid: Tid): Access {
    const access = this.machine.access(tid);
    const before = this.observed.get(this.stepOf(tid)) ?? 0;
    return objectOf(before) === objectOf(access) ? access | before : access;
  }

  private stepOf(tid: Tid): number {
    return this.machine.performed[tid]! * THREADS + tid;
  }

  private stillAsleep(sleep: number, access: Access): number {
    let asleep = sleep;
    for (let rest = sleep; rest !== 0; rest &= rest - 1) {
      if (dependent(this.sleepers[lowest(rest)]!, access)) asleep &= ~(rest & -rest);
    }
    return asleep;
  }
}
