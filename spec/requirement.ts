import type { IndexedHistory } from './indexed-history.ts';
import type { Program } from './program.ts';
import type { Judgement } from './verdict.ts';

export type Scenario = 'A' | 'B' | 'C' | 'shutdown';
export type Level = 'MUST' | 'SHOULD' | 'MAY';
/** Who says so: Python's documentation, a PEP, CPython's source or tests, or this project. */
export type Basis = 'doc' | 'pep' | 'impl' | 'ours';
type Area =
  | 'ordering'
  | 'liveness'
  | 'exactly-once'
  | 'cancellation'
  | 'timeout'
  | 'value'
  | 'error'
  | 'thread-safety'
  | 'context'
  | 'shutdown';

/** A known deviation of a runtime or implementation, whatever loop runs on it. Bounds are inclusive; absent = open. */
export type Deviation = {
  readonly where: { readonly name: string; readonly from?: string; readonly to?: string };
  readonly signature: string;
};

/** Histories in the one-line notation; they are the judge's unit tests. */
export type Examples = {
  readonly upholds: readonly [string, ...string[]];
  readonly violates: readonly [string, ...string[]];
  readonly unexercised: readonly [string, ...string[]];
  /** Correct histories on which a naive judge raises a false alarm. */
  readonly noFalseAlarm?: readonly string[];
};

export type Requirement = {
  readonly id: string;
  readonly slug: string;
  readonly scenario: Scenario;
  readonly area: Area;
  readonly level: Level;
  readonly basis: Basis;
  readonly statement: string;
  readonly source: string;
  /** What counts as one piece of evidence, in words. */
  readonly evidence: string;
  /** If this fails, look at… */
  readonly hint: string;
  /** Capabilities without which the requirement is unsupported; profiles of the scenario are implied. */
  readonly needs: readonly string[];
  /** Capabilities or parameter values that void it: `eager-tasks`, `executorCancel=wait`. */
  readonly voidedBy: readonly string[];
  readonly deviations: readonly Deviation[];
  readonly judge: (history: IndexedHistory) => Judgement;
  readonly examples: Examples;
  /** Reaches the antecedent in every schedule of a conforming implementation; run first, at any budget. */
  readonly program: Program;
};
