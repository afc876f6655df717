import type { ErrorText, Json } from './program.ts';

/**
 * The History format: what a recorder saw of one execution of a Program. `seq` is the stamp of one process-wide atomic
 * counter (gaps are allowed, order is not); `t` are nanoseconds since `main` began, read after the stamp.
 *
 * `inv`, `end`, `susp` and `loop start` are *early*: recorded before what they stand for. `ret`, `run`, `resm`, `hnd`,
 * `loop stop` and `loop closed` are *late*: recorded after it. A `mark` is a moment of its own. What order two records
 * prove is decided in `relation.ts` and nowhere else.
 */
export type OpId = number | string;
export type Ref = { readonly ref: OpId | null };
export type Args = { readonly [name: string]: Json | Ref | readonly Ref[] };

type At = { readonly seq: number; readonly t: number; readonly th: string };

/** B bounds lateness, G how early a timer may be; null is infinite (clock modes in which time proves nothing). */
export type Bounds = { readonly B: number | null; readonly G: number };

export type MetaEvent = At & {
  readonly ev: 'meta';
  readonly format: 1;
  readonly implementation: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly parameters: { readonly [name: string]: Json };
  readonly bounds: Bounds;
};
export type InvEvent = At & {
  readonly ev: 'inv';
  readonly id: OpId;
  readonly inst: OpId;
  readonly step: string;
  readonly op: string;
  readonly args: Args;
  readonly loop?: Ref;
};
/** `v` is absent exactly when `err` is present. `done` comes with TIMEOUT of a concurrentResult. */
export type RetEvent = At & {
  readonly ev: 'ret';
  readonly id: OpId;
  readonly v?: Json;
  readonly err?: ErrorText;
  readonly done?: boolean;
};
export type RunEvent = At & { readonly ev: 'run'; readonly inst: OpId; readonly body: string; readonly args?: Json };
export type EndEvent = At & { readonly ev: 'end'; readonly inst: OpId; readonly v?: Json; readonly err?: ErrorText };
export type SuspEvent = At & { readonly ev: 'susp'; readonly inst: OpId; readonly id: OpId; readonly on: Ref };
export type ResmEvent = At & {
  readonly ev: 'resm';
  readonly inst: OpId;
  readonly id: OpId;
  readonly v?: Json;
  readonly err?: ErrorText;
};
export type HndEvent = At & { readonly ev: 'hnd'; readonly src: OpId | null; readonly err: ErrorText };
export type LoopEvent = At & {
  readonly ev: 'loop';
  readonly state: 'start' | 'stop' | 'closed';
  readonly err?: ErrorText;
};
export type MarkEvent = At & {
  readonly ev: 'mark';
  readonly inst: OpId;
  readonly step: string;
  readonly label: string;
  readonly data?: Json;
};
export type EndReason = 'done' | 'deadlock' | 'deadline' | 'step-cap' | 'crashed';
/** `pending`: ids invoked and not returned, instances scheduled and not run, run and not ended. */
export type EotEvent = At & {
  readonly ev: 'eot';
  readonly reason: EndReason;
  readonly signal?: string;
  readonly pending: readonly OpId[];
};

export type Event =
  | MetaEvent
  | InvEvent
  | RetEvent
  | RunEvent
  | EndEvent
  | SuspEvent
  | ResmEvent
  | HndEvent
  | LoopEvent
  | MarkEvent
  | EotEvent;

/** Events in the order of their stamps, `meta` first. Without an `eot` last, the history is a cut one (a faulty run). */
export type History = readonly Event[];

/** Bounds of examples and of histories without `meta`. */
export const DEFAULT_BOUNDS: Bounds = { B: 1_000_000_000, G: 0 };

/** M and L are one operating-system thread under two labels; every other label is a thread of its own. */
export function osThread(label: string): string {
  return label === 'M' ? 'L' : label;
}

type WithoutStamp<E> = E extends Event ? Omit<E, 'seq' | 't' | 'th'> : never;
/** An event before the recorder stamped it. */
export type EventBody = WithoutStamp<Event>;
