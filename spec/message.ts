import type { Event } from './history.ts';
import type { Json, Program } from './program.ts';

/**
 * The messages between crossloop and an adapter, version 1: one JSON object a line. `id` is crossloop's and unique in
 * a process; `re` is the id that a message answers, null where there is nothing to answer.
 *
 *   crossloop   hello ────── calibrate ───────── run ─────────────────────── ping ────── abort ──────────── stop
 *   adapter          ready ─         calibrated       started … events done      pong        dump events done
 *
 * `message-schema.ts` checks them.
 */
export const PROTOCOL_VERSIONS: { readonly min: number; readonly max: number } = { min: 1, max: 1 };

export type RunOptions = {
  readonly debug: boolean;
  /** How often the runtime switches threads, where it can be told. */
  readonly switchIntervalUs: number;
  /** Probability of a pause or spin of 0-200 us before an operation, drawn from the run's seed and the thread's label. */
  readonly noise: number;
};

export type ToAdapter =
  | {
      readonly type: 'hello';
      readonly id: number;
      readonly protocol: { readonly min: number; readonly max: number };
      readonly suite: string;
    }
  | { readonly type: 'calibrate'; readonly id: number; readonly count: number }
  | {
      readonly type: 'run';
      readonly id: number;
      readonly program: Program;
      readonly seed: number;
      readonly options: RunOptions;
    }
  | { readonly type: 'abort'; readonly id: number; readonly run: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'stop'; readonly id: number };

/** What an adapter records: the driver makes `meta` and `eot`. */
export type RecordedEvent = Exclude<Event, { readonly ev: 'meta' | 'eot' }>;
type Sent<E> = E extends RecordedEvent ? Omit<E, 'seq'> & { readonly seq: Stamp } : never;
/** A record as sent. */
export type SentEvent = Sent<RecordedEvent>;
/** A number up to 2^53, beyond that a decimal string. */
export type Stamp = number | string;

export type Ready = {
  readonly type: 'ready';
  readonly re: number;
  readonly protocol: number;
  readonly adapter: { readonly name: string; readonly version: string; readonly language: string };
  readonly implementation: {
    readonly name: string;
    readonly version: string;
    readonly language: string;
    /** Name and version of what it runs on (`CPython 3.11.7`), or the version alone. */
    readonly runtimeVersion: string;
    readonly os?: string | null | undefined;
    readonly homepage?: string | null | undefined;
    readonly issues?: string | null | undefined;
  };
  readonly capabilities: readonly string[];
  readonly parameters: { readonly [name: string]: Json };
  /** Events and threads that a program may have at most; null = no limit of the adapter's own. */
  readonly limits: { readonly events: number | null; readonly threads: number | null };
  /** Whether stamps come from an atomic counter or one behind a lock. */
  readonly clock: { readonly stamp: 'atomic' | 'locked'; readonly resolutionNs: number };
};

/** Nanoseconds each; empty = could not be measured. */
export type Samples = {
  readonly wakeUpNs: readonly number[];
  readonly timerLatenessNs: readonly number[];
  readonly stampCostNs: readonly number[];
  readonly clockStepNs: readonly number[];
};

export type DumpedThread = {
  /** Its label in the history; null for a thread that never recorded. */
  readonly th: string | null;
  readonly name: string;
  readonly stack: readonly string[];
};

/** An exception that left the program where no record could hold it. */
export type Stray = { readonly th: string; readonly err: string };

export type Done = {
  readonly type: 'done';
  readonly re: number;
  /** Nanoseconds since M began `main`. */
  readonly t: number;
  readonly outcome: 'done' | 'deadline';
  /** All events of the run, so that a loss shows. */
  readonly events: number;
  /** What the run left behind; null = cannot be known. */
  readonly leaked: { readonly threads: number | null; readonly tasks: number | null; readonly handles: number | null };
  readonly stray: readonly Stray[];
};

export type FromAdapter =
  | Ready
  | { readonly type: 'calibrated'; readonly re: number; readonly samples: Samples }
  /** The program was checked, M has not begun: the deadline counts from here. */
  | { readonly type: 'started'; readonly re: number }
  | { readonly type: 'rejected'; readonly re: number; readonly operation: string; readonly reason: string }
  /** `first`: events already sent in this run. */
  | { readonly type: 'events'; readonly re: number; readonly first: number; readonly events: readonly SentEvent[] }
  | Done
  | {
      readonly type: 'dump';
      readonly re: number;
      readonly threads: readonly DumpedThread[];
      readonly queues: { readonly [name: string]: Json };
      readonly progress: number;
    }
  /** `progress`: records made in the current run. */
  | { readonly type: 'pong'; readonly re: number; readonly progress: number }
  | {
      readonly type: 'error';
      readonly re: number | null;
      readonly code: string;
      /** It did not happen and will not; when in doubt false. */
      readonly definite: boolean;
      readonly message: string;
      readonly traceback: string | null;
    };
