import * as limits from '../limits.ts';
import { type Access, dependent, threadOf } from './access.ts';
import type { Machine } from './machine.ts';
import { defaultPick, type Tid } from './strategy.ts';
import type { Liberties, Subject } from './subject.ts';

const THREADS = 32;

/** A subtree of a search: the steps that lead to it, and what sleeps there. Data, so that it can be handed out. */
export type Subtree = { readonly prefix: readonly Access[]; readonly sleepers: readonly Access[] };
export const WHOLE: Subtree = { prefix: [], sleepers: [] };

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
  private readonly root: number;
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

  constructor(
    machine: Machine,
    subject: Subject,
    liberties: Liberties,
    reduction: 'none' | 'sleep-sets',
    { prefix, sleepers }: Subtree = WHOLE,
  ) {
    this.machine = machine;
    this.subject = subject;
    this.liberties = liberties;
    this.reduces = reduction === 'sleep-sets';
    this.root = prefix.length;
    this.depth = prefix.length;
    this.chosen.set(prefix);
    for (const observed of sleepers) {
      this.sleep[this.root]! |= 1 << threadOf(observed);
      this.sleepers[this.root * THREADS + threadOf(observed)] = observed;
    }
  }

  get searched(): Searched {
    const { complete, asleep, capped, diverged, isEmptied } = this;
    return { complete, asleep, capped, diverged, isEmptied };
  }

  /**
   * Performs up to `executions` more, and calls `onComplete` after each complete one, the machine as it ended. Returns
   * how many it performed.
   */
  advance(executions: number, onComplete: () => void): number {
    let count = 0;
    for (; count < executions && !this.isEmptied; count++) {
      if (this.perform(limits.stepsPerExecutionMax)) onComplete();
      this.backtrack();
    }
    return count;
  }

  /**
   * Searches no deeper than `steps`, and returns the subtrees that begin there, in their order: searching each of them,
   * anywhere, completes the search. Executions that end before are completed here.
   */
  split(steps: number, onComplete: () => void): readonly Subtree[] {
    const subtrees: Subtree[] = [];
    while (!this.isEmptied) {
      if (this.perform(steps)) {
        if (this.machine.choices() === 0) onComplete();
        else subtrees.push(this.subtree(steps));
      }
      this.backtrack();
    }
    return subtrees;
  }

  private subtree(at: number): Subtree {
    const sleepers: Access[] = [];
    for (let rest = this.sleep[at]!; rest !== 0; rest &= rest - 1) {
      sleepers.push(this.sleepers[at * THREADS + 31 - Math.clz32(rest & -rest)]!);
    }
    return { prefix: [...this.chosen.subarray(0, at)], sleepers };
  }

  /** Returns whether the execution was completed, or stands at the horizon. */
  private perform(horizon: number): boolean {
    const { machine, chosen } = this;
    machine.begin(this.subject, this.liberties);
    // The last of the prefix is the choice that this execution is for, unless it is the subtree's own.
    const shared = this.depth > this.root ? this.depth - 1 : this.root;
    for (let at = 0; at < shared; at++) {
      if (machine.perform(threadOf(chosen[at]!)) !== chosen[at]) this.diverged++;
    }
    if (shared < this.depth) this.step(shared, threadOf(chosen[shared]!));
    for (let at = this.depth; ; at++) {
      this.depth = at;
      const choices = machine.choices();
      if (choices === 0) {
        this.complete++;
        return true;
      }
      if (at === horizon) {
        if (horizon < limits.stepsPerExecutionMax) return true;
        this.capped++;
        return false;
      }
      const awake = choices & ~this.sleep[at]!;
      if (awake === 0) {
        this.asleep++;
        return false;
      }
      const tid = defaultPick(awake, machine);
      this.left[at] = awake & ~(1 << tid);
      this.step(at, tid);
    }
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
    while (at >= this.root && left[at] === 0) at--;
    if (at < this.root) {
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
