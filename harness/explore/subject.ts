import type { ThreadFunctions, Visible } from '../../impl/platform.ts';
import type { ClockMode } from '../../spec/result.ts';
import type { SimulatedPlatform } from './simulated-platform.ts';
import type { Tid } from './strategy.ts';

/** What a virtual thread does: a generator of visible operations, made anew for each execution. */
export type ThreadCode = { run(platform: SimulatedPlatform): Visible<void> };

/** What is performed. Its first threads are all there before the first decision; the others are spawned. */
export type Subject = {
  readonly threads: readonly ThreadCode[];
  readonly functions: ThreadFunctions;
  /** What cells 0, 1, … hold at first; the others hold 0. */
  readonly words: readonly number[];
  /** Hears of each step; absent for programs without records. */
  readonly witness: Witness | undefined;
};

/** One thread that starts the others itself. */
export function subjectOf(
  main: (platform: SimulatedPlatform) => Visible<void>,
  functions: ThreadFunctions,
  witness: Witness | undefined,
): Subject {
  return { threads: [{ run: main }], functions, words: [], witness };
}

/** A recorder of histories, as the machine sees it. */
export type Witness = {
  /** Called just before a thread's next operation is performed: its early records are stamped now. */
  flush(thread: Tid): void;
  /** 1: early records, 2: late ones, 3: both, were stamped since it was last set to 0. */
  marks: number;
};

/** What is chosen besides the order of threads. */
export type Liberties = {
  readonly clock: ClockMode;
  /** A wait may return although nobody notified it: at most once a thread and execution. */
  readonly spurious: boolean;
};
