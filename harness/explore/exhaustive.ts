import * as limits from '../limits.ts';
import { type Access, dependent, threadOf } from './access.ts';
import type { Liberties, Machine, Subject } from './machine.ts';
import { defaultPick, type Tid } from './strategy.ts';

const THREADS = 32;

/** What a search has done. `executions` = complete ones + those given up as asleep + those that hit the step cap. */
export type Searched = {
  /** Complete executions: with sleep sets one for each Mazurkiewicz trace, without them every interleaving. */
  readonly complete: number;
  readonly asleep: number;
  readonly capped: number;
  /** Replays of a prefix that did not come out the same: the subject is not deterministic. */
  readonly diverged: number;
  /** Whether the tree was emptied. */
  readonly isEmptied: boolean;
};

/**
 * Depth-first search of all interleavings. With sleep sets (Godefroid) one execution of each Mazurkiewicz trace is
 * completed, and all others are given up where it shows that they repeat one: a sibling that was explored sleeps until
 * a dependent step is performed. What a step touches is observed when it is performed, records included, so nothing
 * has to be declared before; a sleeper's observation stays true since only independent steps came between.
 *
 * An execution is performed anew from its start; nothing is decided while the prefix that it shares with the one
 * before is performed. Memory: O(steps of an execution).
 */
export class Search {
  private readonly machine: Machine;
  private readonly subject: Subject;
  private readonly liberties: Liberties;
  private readonly reduces: boolean;
  private readonly chosen: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  private readonly left: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  private readonly sleep: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  private readonly sleepers: Int32Array = new Int32Array(limits.stepsPerExecutionMax * THREADS);
  private complete = 0;
  private asleep = 0;
  private capped = 0;
  private diverged = 0;
  private depth = 0;
  private isEmptied = false;

  constructor(machine: Machine, subject: Subject, liberties: Liberties, reduction: 'none' | 'sleep-sets') {
    this.machine = machine;
    this.subject = subject;
    this.liberties = liberties;
    this.reduces = reduction === 'sleep-sets';
  }

  get searched(): Searched {
    const { complete, asleep, capped, diverged, isEmptied } = this;
    return { complete, asleep, capped, diverged, isEmptied };
  }

  /** Performs up to `executions` more, and calls `onComplete` after each complete one, the machine as it ended. */
  advance(executions: number, onComplete: () => void): void {
    for (let count = 0; count < executions && !this.isEmptied; count++) {
      this.perform(onComplete);
      this.backtrack();
    }
  }

  private perform(onComplete: () => void): void {
    const { machine, chosen, depth } = this;
    machine.begin(this.subject, this.liberties);
    // The last of the prefix is the choice that this execution is for.
    for (let at = 0; at < depth - 1; at++) {
      if (machine.perform(threadOf(chosen[at]!)) !== chosen[at]) this.diverged++;
    }
    let at = depth - 1;
    if (at >= 0) this.step(at, threadOf(chosen[at]!));
    for (at++; ; at++) {
      const choices = machine.choices();
      if (choices === 0) {
        this.complete++;
        onComplete();
        break;
      }
      if (at === limits.stepsPerExecutionMax) {
        this.capped++;
        break;
      }
      const awake = choices & ~this.sleep[at]!;
      if (awake === 0) {
        this.asleep++;
        break;
      }
      const tid = defaultPick(awake, machine);
      this.left[at] = awake & ~(1 << tid);
      this.step(at, tid);
    }
    this.depth = at;
  }

  /** Performs a new step, and works out who sleeps after it. */
  private step(at: number, tid: Tid): void {
    const access = this.machine.perform(tid);
    this.chosen[at] = access;
    if (!this.reduces || at + 1 === limits.stepsPerExecutionMax) return;
    const { sleepers } = this;
    const from = at * THREADS;
    let sleeping = 0;
    for (let rest = this.sleep[at]!; rest !== 0; rest &= rest - 1) {
      const sleeper = 31 - Math.clz32(rest & -rest);
      const observed: Access = sleepers[from + sleeper]!;
      if (dependent(observed, access)) continue;
      sleeping |= 1 << sleeper;
      sleepers[from + THREADS + sleeper] = observed;
    }
    this.sleep[at + 1] = sleeping;
  }

  private backtrack(): void {
    const { left, chosen } = this;
    let at = this.depth - 1;
    while (at >= 0 && left[at] === 0) at--;
    if (at < 0) {
      this.isEmptied = true;
      return;
    }
    if (this.reduces) {
      const explored = threadOf(chosen[at]!);
      this.sleep[at]! |= 1 << explored;
      this.sleepers[at * THREADS + explored] = chosen[at]!;
    }
    const next = 31 - Math.clz32(left[at]! & -left[at]!);
    left[at]! &= ~(1 << next);
    chosen[at] = next;
    this.depth = at + 1;
  }
}
