import type { Fault } from '../../spec/fault.ts';
import type { Bounds, History } from '../../spec/history.ts';
import type { Program } from '../../spec/program.ts';
import type { ClockMode, Deviation, ImplementationInfo, StackDump } from '../../spec/result.ts';
import type { Access } from '../explore/access.ts';
import type { Tid } from '../explore/strategy.ts';
import type { StampedStep } from './switches.ts';

/** Complete executions one after the other, until there are no more. */
type Exhaustion = {
  next(): Performed | undefined;
  /** How many were performed so far. */
  readonly executions: number;
  /** Of searches that came to their end. */
  readonly certificates: readonly string[];
};

/**
 * What performs a Program and returns a History, whatever the language and whether its threads are real. The campaign
 * and everything behind it see only this.
 */
export type Driver = {
  readonly info: ImplementationInfo;
  readonly bounds: Bounds;
  /** What a person should know about how it was set up (a failed calibration, a probe that corrected a capability). */
  readonly notes: readonly string[];
  /** Performs the program once. Never throws for what the implementation or its adapter does. */
  perform(program: Program, trial: Trial): Observation | Promise<Observation>;
  /** Virtual threads: all interleavings of a program that is small enough for its budget, under these clocks. */
  exhaust?(program: Program, clocks: readonly ClockMode[], budget: number): Exhaustion | undefined;
  /** Ends it and everything it started. Idempotent. */
  close(): Promise<void>;
};

/** Which of the many executions of a program: every choice of it is a function of these. */
export type Trial =
  | {
      readonly kind: 'explore';
      /** Position among the executions of this program, from 0, which are asked for in their order. */
      readonly index: number;
      /** How many of them there will be at most, where that is known: some are for what comes first. */
      readonly executions?: number;
      readonly seed: string;
      /** Virtual threads: the clock mode that the program was written for; absent, both are sampled. */
      readonly clock?: ClockMode;
    }
  | { readonly kind: 'replay'; readonly how: How; readonly lenient: boolean }
  /** Virtual threads: an order of steps, given by their threads, as far as it can be followed. */
  | { readonly kind: 'follow'; readonly clock: ClockMode; readonly spurious?: boolean; readonly order: readonly Tid[] };

/** How an execution came about: enough to ask for the same again. */
export type How =
  | {
      readonly kind: 'schedule';
      readonly clock: ClockMode;
      /** Waits could return for no reason. */
      readonly spurious?: boolean;
      readonly deviations: readonly Deviation[];
    }
  | {
      readonly kind: 'perturbation';
      readonly seed: number;
      readonly noise: number;
      readonly switchIntervalUs: number;
      /** A process that ran no program before. */
      readonly fresh: boolean;
    };

export type Observation =
  | {
      readonly kind: 'history';
      readonly history: History;
      readonly how: How;
      /** Moves at which more than one thread could go on; 0 = every execution is this one. Unknown for real threads. */
      readonly decisions?: number;
      /** Why control passed to another thread, at the stamps where it did. */
      readonly switches?: readonly { readonly seq: number; readonly reason: string }[];
      /** A hang that no schedule is to blame for: what the threads repeat for good. */
      readonly livelock?: string;
      /** What each step of a replay on virtual threads touched. */
      readonly steps?: readonly Access[];
      /** The same steps as a person reads them, and where in the history they stand. */
      readonly trace?: readonly StampedStep[];
      readonly stacks?: StackDump;
      readonly leakedThreads?: number;
      /** Exceptions that left the program where no record could hold them. */
      readonly stray?: readonly { readonly th: string; readonly err: string }[];
    }
  /** A strict replay that no longer fits: the program or the implementation has changed. */
  | { readonly kind: 'diverged'; readonly message: string }
  /** `isFinal`: the driver can perform nothing any more, and would say the same of every program. */
  | { readonly kind: 'fault'; readonly fault: Fault; readonly isFinal?: boolean };

/** An execution that has a history. */
export type Performed = Extract<Observation, { kind: 'history' }>;

/** Makes a driver, or says why it cannot be had. */
export type OpenDriver = () => Promise<Driver | Fault>;
