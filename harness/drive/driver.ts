import type { Fault } from '../../spec/fault.ts';
import type { Bounds, History } from '../../spec/history.ts';
import type { Program } from '../../spec/program.ts';
import type { ClockMode, Deviation, ImplementationInfo, StackDump } from '../../spec/result.ts';
import type { Access } from '../explore/access.ts';
import type { Tid } from '../explore/strategy.ts';

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
  /** Ends it and everything it started. Idempotent. */
  close(): Promise<void>;
};

/** Which of the many executions of a program: every choice of it is a function of these. */
export type Trial =
  | {
      readonly kind: 'explore';
      /** Position among the executions of this program, from 0. */
      readonly index: number;
      readonly seed: string;
      /** Virtual threads: the clock mode that the program was written for; absent, both are sampled. */
      readonly clock?: ClockMode;
    }
  | { readonly kind: 'replay'; readonly how: How; readonly lenient: boolean }
  /** Virtual threads: an order of steps, given by their threads, as far as it can be followed. */
  | { readonly kind: 'follow'; readonly clock: ClockMode; readonly order: readonly Tid[] };

/** How an execution came about: enough to ask for the same again. */
export type How =
  | { readonly kind: 'schedule'; readonly clock: ClockMode; readonly deviations: readonly Deviation[] }
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
      /** The thread and operation that came next at each stamp, for the reasons of switches. */
      readonly switches?: readonly { readonly seq: number; readonly reason: string }[];
      /** What each step of a replay on virtual threads touched. */
      readonly steps?: readonly Access[];
      readonly stacks?: StackDump;
      readonly leakedThreads?: number;
      /** Exceptions that left the program where no record could hold them. */
      readonly stray?: readonly { readonly th: string; readonly err: string }[];
    }
  /** A strict replay that no longer fits: the program or the implementation has changed. */
  | { readonly kind: 'diverged'; readonly message: string }
  /** `isFinal`: the driver can perform nothing any more, and would say the same of every program. */
  | { readonly kind: 'fault'; readonly fault: Fault; readonly isFinal?: boolean };

/** Makes a driver, or says why it cannot be had. */
export type OpenDriver = () => Promise<Driver | Fault>;
