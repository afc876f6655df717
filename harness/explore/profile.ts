import { objectOf, threadOf } from './access.ts';
import { NOBODY, type Situation, type Tid } from './strategy.ts';

const THREADS = 32;

/** How often each thread did something, and how often all together. */
export type Counts = { readonly byThread: Int32Array; readonly total: number };

/**
 * What the threads of one execution did, to weigh those of later ones: the steps of each thread, in all and on each
 * object that several of them touched. `parents` says who started a thread, or `NOBODY`; `appearance` are the threads
 * in an order in which children come after their parents.
 */
export class Profile {
  readonly steps: Counts;
  readonly shared: readonly (Counts & { readonly object: number })[];
  readonly parents: Int8Array;
  private readonly appearance: readonly Tid[];

  constructor({ log, steps }: Situation, parents: Int8Array, appearance: readonly Tid[]) {
    const byThread = new Int32Array(THREADS);
    const byObject = new Map<number, Int32Array>();
    for (let step = 0; step < steps; step++) {
      const access = log[step]!;
      let counts = byObject.get(objectOf(access));
      if (counts === undefined) {
        counts = new Int32Array(THREADS);
        byObject.set(objectOf(access), counts);
      }
      counts[threadOf(access)]!++;
      byThread[threadOf(access)]!++;
    }
    this.steps = { byThread, total: steps };
    this.shared = [...byObject]
      .filter(([, counts]) => counts.filter((count) => count > 0).length > 1)
      .map(([object, counts]) => ({ object, byThread: counts, total: counts.reduce((sum, count) => sum + count) }));
    this.parents = parents;
    this.appearance = appearance;
  }

  /** Gives each thread its own count and those of all its descendants. */
  fold(counts: Counts, into: Int32Array): void {
    into.set(counts.byThread);
    for (let at = this.appearance.length - 1; at >= 0; at--) {
      const parent = this.parents[this.appearance[at]!]!;
      if (parent !== NOBODY) into[parent]! += into[this.appearance[at]!]!;
    }
  }
}
