import type { Seed } from '../seed.ts';
import { objectOf, threadOf } from './access.ts';
import { Priorities } from './priorities.ts';
import { Profile } from './profile.ts';
import { RandomWalk } from './random-walk.ts';
import { CLOCK, lowest, NOBODY, type Situation, type Strategy, type Tid } from './strategy.ts';

const THREADS = 32;
const ANY_OBJECT = -1;
const NO_OBJECT = -2;

/** URW counts every step; SURW those on one object, drawn anew for each execution. */
export type Counted = 'one-object' | 'every-step';

/**
 * Uniform and selectively uniform random walks (Zhao et al., ASPLOS 2025). The next thread to perform a counted step is
 * drawn in proportion to how many it still has to perform: that makes all orders of counted steps equally likely, where
 * the counts are right and nothing blocks. The order of the other steps follows random priorities. Every schedule stays
 * possible, whatever the counts.
 *
 * The counts are those of the first execution, which is a random walk, so they are estimates where the number of steps
 * depends on the schedule. What a thread does counts for the one that started it until it is there; that is known by
 * numbers of threads, so where two threads start others their numbers may be exchanged and the counts with them. A
 * thread that cannot go on at its start belongs to the one that lets it. One object serves one program.
 */
export class Surw implements Strategy {
  private readonly seed: Seed;
  private readonly counted: Counted;
  private readonly walk: RandomWalk;
  private readonly priorities: Priorities;
  private readonly parents: Int8Array = new Int8Array(THREADS).fill(NOBODY);
  private readonly appearance: Tid[] = [];
  private profile: Profile | undefined;
  /** Whose steps are counted in this execution. */
  private object = NO_OBJECT;
  /** Counted steps still to come, of the thread and of those that it has yet to start. */
  private readonly left: Int32Array = new Int32Array(THREADS);
  /** The thread that performs the next counted step, if it gets there. */
  private intent: Tid = NOBODY;
  /** Threads whose counted step is held back until the intended one was performed. */
  private parked = 0;
  private known = 0;
  private seen = 0;

  constructor(seed: Seed, counted: Counted = 'one-object') {
    this.seed = seed;
    this.counted = counted;
    this.walk = new RandomWalk(seed);
    this.priorities = new Priorities(seed);
  }

  begin(): void {
    this.priorities.holders = 0;
    this.intent = NOBODY;
    this.parked = 0;
    this.known = 0;
    this.seen = 0;
    if (this.profile !== undefined) this.select(this.profile);
    else {
      // The first execution may have been broken off.
      this.appearance.length = 0;
      this.parents.fill(NOBODY);
    }
  }

  pick(enabled: number, situation: Situation): Tid {
    this.catchUp(enabled, situation);
    if (this.profile === undefined) return this.walk.pick(enabled);
    if (this.object === ANY_OBJECT) return this.draw(enabled, situation);
    for (;;) {
      const free = enabled & ~this.parked;
      if (free === 0) {
        this.parked = 0;
        this.intent = NOBODY;
        continue;
      }
      const tid = this.priorities.highest(free);
      if (objectOf(situation.access(tid)) !== this.object) return tid;
      if (this.intent === NOBODY) this.intent = this.draw(free, situation);
      if (tid === this.intent) return tid;
      this.parked |= 1 << tid;
    }
  }

  end(situation: Situation): void {
    this.catchUp(0, situation);
    this.profile ??= new Profile(situation, this.parents, this.appearance);
  }

  private select(profile: Profile): void {
    if (this.counted === 'every-step') {
      this.object = ANY_OBJECT;
      profile.fold(profile.steps, this.left);
      return;
    }
    this.object = NO_OBJECT;
    let total = 0;
    for (const counts of profile.shared) total += counts.total;
    if (total === 0) return;
    let drawn = this.seed.below(total);
    for (const counts of profile.shared) {
      drawn -= counts.total;
      if (drawn >= 0) continue;
      this.object = counts.object;
      profile.fold(counts, this.left);
      return;
    }
  }

  /** One of the threads, in proportion to what it has left: at least 1 if its next step is a counted one. */
  private draw(threads: number, situation: Situation): Tid {
    let total = 0;
    for (let rest = threads; rest !== 0; rest &= rest - 1) total += this.weight(lowest(rest), situation);
    let drawn = this.seed.below(total);
    let rest = threads;
    for (; ; rest &= rest - 1) {
      drawn -= this.weight(lowest(rest), situation);
      if (drawn < 0) return lowest(rest);
    }
  }

  private weight(tid: Tid, situation: Situation): number {
    const left = this.left[tid]!;
    if (left > 0) return left;
    return this.object === ANY_OBJECT || objectOf(situation.access(tid)) === this.object ? 1 : 0;
  }

  /** Takes the steps since the last decision into account, forced ones too, and threads that are there since then. */
  private catchUp(enabled: number, { log, steps, last }: Situation): void {
    for (; this.seen < steps; this.seen++) {
      const access = log[this.seen]!;
      const tid = threadOf(access);
      if ((this.known & (1 << tid)) === 0) this.meet(tid, this.seen === 0 ? NOBODY : threadOf(log[this.seen - 1]!));
      this.priorities.holders &= ~(1 << tid);
      if (this.object !== ANY_OBJECT && objectOf(access) !== this.object) continue;
      this.left[tid]!--;
      this.intent = NOBODY;
      this.parked = 0;
    }
    for (let rest = enabled & ~this.known; rest !== 0; rest &= rest - 1) this.meet(lowest(rest), last);
  }

  /** A thread is there that was not: its share is its own from now on, and the intention may have meant it. */
  private meet(tid: Tid, after: Tid): void {
    this.known |= 1 << tid;
    if (this.profile === undefined) {
      this.appearance.push(tid);
      if (tid !== CLOCK) this.parents[tid] = after;
      return;
    }
    const parent = this.parents[tid]!;
    if (parent === NOBODY) return;
    const share = this.left[tid]!;
    const all = this.left[parent]!;
    if (this.intent === parent && share > 0 && this.seed.below(all) < share) this.intent = tid;
    this.left[parent] = all - share;
  }
}
