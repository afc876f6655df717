import type { Fault } from './fault.ts';
import type { Bounds, Event, History, OpId } from './history.ts';
import type { Json, Program } from './program.ts';
import type { Basis, Level, Requirement } from './requirement.ts';
import type { Verdict } from './verdict.ts';

/**
 * What a campaign found, and all that reports see. It holds no wall time, date, rate or machine (those live in
 * `Measured`), so for simulated implementations it is a function of the seed alone.
 */
export type CatalogueRow = Pick<
  Requirement,
  'id' | 'slug' | 'scenario' | 'area' | 'level' | 'basis' | 'statement' | 'source' | 'evidence' | 'hint'
>;

export type ImplementationInfo = {
  readonly kind: 'simulated' | 'process';
  /** As the user selects it: `reference`, `mutant:P001`, `asyncio`. */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly language: string;
  /** Name and version of what it runs on (`CPython 3.11.7`); deviations are matched against it and against `name`. */
  readonly runtime: { readonly name: string; readonly version: string };
  readonly capabilities: readonly string[];
  readonly parameters: { readonly [name: string]: Json };
  /** Command-line options that select it again, for replay commands. */
  readonly options: readonly string[];
};

export type ProgramOrigin = 'requirement' | 'case' | 'exploration' | 'generated';

export type ProgramResult = {
  readonly kind: 'program';
  readonly implementation: string;
  readonly origin: ProgramOrigin;
  /** Position in the plan: fixed programs come in block -1, generated ones in blocks of 50. */
  readonly block: number;
  readonly index: number;
  readonly hash: string;
  readonly program: Program;
  readonly executions: number;
  readonly histories: number;
  /** Of searches of all its interleavings, one for each clock. */
  readonly certificates: readonly string[];
  readonly events: { readonly least: number; readonly median: number; readonly most: number };
  readonly actors: number;
  /** Histories in which two submissions of different threads overlapped. */
  readonly overlapped: number;
  readonly verdicts: { readonly [requirement: string]: Verdict };
  readonly faults: readonly Fault[];
};

/** One forced or chosen move: after `after` performed its `operation`-th visible operation, `to` goes on. */
export type Deviation = { readonly after: number; readonly operation: number; readonly to: number };

export type ClockMode = 'late' | 'explored' | 'any';

/** What it takes to perform an execution again: a schedule, or the perturbation of a real process. */
export type Reproduction =
  | {
      readonly kind: 'schedule';
      readonly token: string;
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
      /** How often the violation showed in how many repeats in fresh processes. */
      readonly shown: number;
      readonly repeats: number;
    };

/** Why control passed to another thread before an event, by the event's stamp. */
export type Switch = { readonly seq: number; readonly reason: string };

export type StackDump = readonly {
  readonly th: string | null;
  readonly name: string;
  readonly stack: readonly string[];
}[];

/** A step that left no record of its own, by its neighbours. */
export type StepPlace = {
  /** Its thread as a table of the history names it (M and L are one); `clock` for the passing of time. */
  readonly th: string;
  /** The operation of the platform that it performed: `exchange`, `wait`, `post` … */
  readonly operation: string;
  /** Stamps of its thread's last record before it and next record after it, where there are such. */
  readonly after?: number;
  readonly before?: number;
};

/**
 * The one exchange that turns the verdict. In the failing execution `first` came before `second`; when the second's
 * thread is let run up to and including it just before the first, and all else keeps its order, the requirement is
 * upheld: a strict replay of `passing` shows it.
 */
export type CriticalSwap = {
  readonly first: StepPlace;
  readonly second: StepPlace;
  /** What both act on; `records`: the order of the records that they carry is what counts. */
  readonly on: 'word' | 'queue' | 'clock' | 'records';
  /** The nearest schedule that upholds the requirement, in the clock mode of the failing one. */
  readonly passing: { readonly token: string; readonly deviations: readonly Deviation[] };
  /** Labels of the threads that deviations number. */
  readonly threads: readonly string[];
  /** The first record of a thread that is another one in the passing execution; absent there or here: it has no more. */
  readonly difference?: { readonly th: string; readonly here?: Event; readonly there?: Event };
};

/** A violated requirement as a person can read and replay it; also the content of a case file. */
export type Counterexample = {
  readonly kind: 'counterexample';
  readonly format: 1;
  readonly implementation: string;
  readonly requirement: string;
  readonly signature: string;
  readonly program: Program;
  readonly hash: string;
  readonly reproduction: Reproduction;
  readonly history: History;
  readonly witness: readonly Event['seq'][];
  readonly explanation: string;
  readonly switches: readonly Switch[];
  readonly stacks: StackDump;
  /** Executions of the program until it showed first, and steps of program and schedule before and after shrinking. */
  readonly executions: number;
  readonly shrunk: { readonly steps: readonly [number, number]; readonly deviations: readonly [number, number] };
  /** On virtual threads, unless every order of the program's steps violates the requirement. */
  readonly criticalSwap?: CriticalSwap;
};

/** A history that hung without an unmet obligation, kept for a person to look at. */
export type Inconclusive = {
  readonly kind: 'inconclusive';
  readonly implementation: string;
  readonly program: string;
  readonly hash: string;
  readonly reason: string;
  readonly pending: readonly OpId[];
  readonly stacks: StackDump;
};

export type RequirementResult = {
  readonly kind: 'requirement';
  readonly implementation: string;
  readonly requirement: string;
  readonly verdict: Verdict;
  /** The deviation that makes a violation `known`. */
  readonly known?: string;
  /** Programs and executions in which a violation showed. */
  readonly violations: { readonly programs: number; readonly executions: number };
};

export type ImplementationResult = {
  readonly info: ImplementationInfo;
  readonly bounds: Bounds;
  readonly programs: readonly ProgramResult[];
  readonly requirements: readonly RequirementResult[];
  readonly counterexamples: readonly Counterexample[];
  readonly inconclusive: readonly Inconclusive[];
  /** Ended the campaign of this implementation: it did not start, or kept dying. */
  readonly fault?: Fault;
};

export type Selection = {
  readonly levels: readonly Level[];
  readonly bases: readonly Basis[];
  readonly requirement: string;
};

export type RunResult = {
  readonly format: 1;
  readonly suite: string;
  readonly seed: string;
  readonly profile: string;
  readonly programs: number;
  readonly selection: Selection;
  readonly catalogue: readonly CatalogueRow[];
  readonly implementations: readonly ImplementationResult[];
  /** `complete`, or why the campaign ended early. */
  readonly ended: 'complete' | 'time' | 'interrupted' | 'hangs';
};

/** What a clock or a machine has a say in; lives in `measured.json`, never in `run.jsonl`. */
export type Measured = {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly implementations: {
    readonly [key: string]: {
      readonly wallMs: number;
      readonly executions: number;
      readonly executionsPerSecond: number;
      readonly events: number;
      readonly bounds: Bounds;
      readonly notes: readonly string[];
    };
  };
};
