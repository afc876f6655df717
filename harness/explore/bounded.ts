import { invariant } from '../../spec/assert-never.ts';
import * as limits from '../limits.ts';
import { threadOf } from './access.ts';
import { EnteredPrefixes, HappensBefore, preemptionsMax } from './happens-before.ts';
import type { Machine } from './machine.ts';
import { CLOCK, defaultPick, NOBODY, type Tid } from './strategy.ts';
import type { Liberties, Subject } from './subject.ts';

/** What a bounded search has done. `executions` = complete ones + cut prefixes + those that hit the step cap. */
export type BoundedSearched = {
  /** Without the cache every execution within the bound, with it one for each Mazurkiewicz trace among them. */
  readonly complete: number;
  /** Executions given up since their happens-before prefix had been entered before. */
  readonly cutPrefixes: number;
  readonly capped: number;
  /** Replays of a prefix that did not come out the same: the subject is not deterministic. */
  readonly diverged: number;
  /** Whether all executions within the bound were searched. */
  readonly isEmptied: boolean;
  /** Whether the bound ever cut a branch. An emptied search that it did not cut was exhaustive. */
  readonly cut: boolean;
  /** Whether the cache had room for all prefixes; without it the search repeats more, and misses nothing. */
  readonly isCacheFull: boolean;
};

/**
 * Depth-first search of all executions with at most `bound` preemptions. A preemption is a step of another thread, or
 * of the clock, or a return by choice, while the thread of the last step could go on. The clock is nobody to preempt.
 *
 * With the cache a state is given up if the same happens-before prefix, with the same thread running, was entered
 * before with no more preemptions: what can follow it, did. So the traces are those without the cache. A running
 * thread that cannot go on is none, and at its end an execution's preemptions no longer matter. Sleep sets have no
 * place here: the execution that they let stand for another may need more preemptions.
 *
 * Memory: O(steps of an execution), and the cache.
 */
export class BoundedSearch {
  private readonly machine: Machine;
  private readonly subject: Subject;
  private readonly liberties: Liberties;
  private readonly bound: number;
  private readonly order: HappensBefore | undefined;
  private readonly entered: EnteredPrefixes = new EnteredPrefixes();
  private readonly chosen: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  private readonly left: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  /** Preemptions before each step. */
  private readonly used: Int32Array = new Int32Array(limits.stepsPerExecutionMax + 1);
  /** 1 where the first step is of the running thread, so that all others are preemptions. */
  private readonly prices: Uint8Array = new Uint8Array(limits.stepsPerExecutionMax);
  private complete = 0;
  private cutPrefixes = 0;
  private capped = 0;
  private diverged = 0;
  private depth = 0;
  private isEmptied = false;
  private cut = false;

  constructor(machine: Machine, subject: Subject, liberties: Liberties, bound: number, cache: 'cache' | 'no-cache') {
    invariant(bound <= preemptionsMax, `a bound of ${bound} preemptions`);
    this.machine = machine;
    this.subject = subject;
    this.liberties = liberties;
    this.bound = bound;
    this.order = cache === 'cache' ? new HappensBefore() : undefined;
  }

  get searched(): BoundedSearched {
    const { complete, cutPrefixes, capped, diverged, isEmptied, cut } = this;
    return { complete, cutPrefixes, capped, diverged, isEmptied, cut, isCacheFull: this.entered.isFull };
  }

  /**
   * Performs up to `executions` more, and calls `onComplete` after each complete one, the machine as it ended. Returns
   * how many it performed.
   */
  advance(executions: number, onComplete: () => void): number {
    let count = 0;
    for (; count < executions && !this.isEmptied; count++) {
      this.perform(onComplete);
      this.backtrack();
    }
    return count;
  }

  private perform(onComplete: () => void): void {
    const { machine, chosen, depth } = this;
    machine.begin(this.subject, this.liberties);
    // The last of the prefix is the choice that this execution is for.
    for (let at = 0; at < depth - 1; at++) {
      if (machine.perform(threadOf(chosen[at]!)) !== chosen[at]) this.diverged++;
    }
    let at = depth - 1;
    this.order?.retreat(Math.max(at, 0));
    if (at >= 0) this.step(at, threadOf(chosen[at]!));
    for (at++; ; at++) {
      const choices = machine.choices();
      const running = this.running(choices);
      if (this.wasEntered(choices, running, this.used[at]!)) {
        this.cutPrefixes++;
        break;
      }
      if (choices === 0) {
        this.complete++;
        onComplete();
        break;
      }
      if (at === limits.stepsPerExecutionMax) {
        this.capped++;
        break;
      }
      this.branch(at, choices, running);
    }
    this.depth = at;
  }

  /** The thread of the last step, if it is one that could go on. */
  private running(choices: number): Tid {
    const { last, reluctant } = this.machine;
    return last !== NOBODY && last !== CLOCK && (choices & ~reluctant & (1 << last)) !== 0 ? last : NOBODY;
  }

  private wasEntered(choices: number, running: Tid, used: number): boolean {
    if (this.order === undefined) return false;
    const { low, high } = this.order;
    return this.entered.enter((low.key + running) | 0, high.key, choices === 0 ? 0 : used);
  }

  /** Performs the first of a new state's steps, and leaves the others that the bound allows for later. */
  private branch(at: number, choices: number, running: Tid): void {
    const tid = defaultPick(choices, this.machine);
    const others = choices & ~(1 << tid);
    const isAllowed = running === NOBODY || this.used[at]! < this.bound;
    if (!isAllowed && others !== 0) this.cut = true;
    this.left[at] = isAllowed ? others : 0;
    this.prices[at] = running === NOBODY ? 0 : 1;
    this.used[at + 1] = this.used[at]!;
    this.step(at, tid);
  }

  private step(at: number, tid: Tid): void {
    const access = this.machine.perform(tid);
    this.chosen[at] = access;
    this.order?.append(access);
  }

  private backtrack(): void {
    const { left, chosen } = this;
    let at = this.depth - 1;
    while (at >= 0 && left[at] === 0) at--;
    if (at < 0) {
      this.isEmptied = true;
      return;
    }
    const next = 31 - Math.clz32(left[at]! & -left[at]!);
    left[at]! &= ~(1 << next);
    chosen[at] = next;
    this.used[at + 1] = this.used[at]! + this.prices[at]!;
    this.depth = at + 1;
  }
}
