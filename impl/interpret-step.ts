import type { Args, OpId } from '../spec/history.ts';
import type { BodyKind, ErrorText, Json, OpName } from '../spec/program.ts';
import type { Actor } from './interpret-actor.ts';
import type { Visible } from './platform.ts';
import type { Coroutine } from './reference/types.ts';
import type { Slot } from './slots.ts';
import type { Held } from './slots-held.ts';

/** Rounds of the repeats around a step, outermost first. */
export type Rounds = readonly number[];

/** Which records a step makes, and how it is performed. */
export type Shape =
  | 'return'
  | 'raise'
  | 'try'
  | 'repeat'
  /** inv, the call, ret. */
  | 'call'
  /** A call that touches nothing shared, slots included: the same records, at less cost. */
  | 'plain'
  /** inv susp resm ret, in tasks only. */
  | 'wait'
  /** inv, its steps inside a scope of the implementation, ret; in tasks only. */
  | 'scope'
  /** A call with loop start and stop around it when M performs it. */
  | 'drive'
  /** A call with loop closed after it when M succeeded. */
  | 'close'
  /** One mark. */
  | 'moment';

/**
 * How an operation is performed. `perform` returns the value, or, if the operation is visible, a generator of it;
 * an operation that makes an object returns a `Held`, which fills the slot and becomes the `{ref}` of the ret.
 */
export type Operation =
  | { readonly kind: 'plain'; readonly perform: (actor: Actor, call: Call) => unknown }
  | { readonly kind: 'visible'; readonly perform: (actor: Actor, call: Call) => Visible<unknown> }
  | { readonly kind: 'waiting'; readonly perform: (actor: Actor, call: Call) => Coroutine };

/** A step made ready to be performed many times: everything that is the same in every execution is done. */
export type CompiledStep = {
  readonly op: OpName;
  readonly shape: Shape;
  readonly operation: Operation;
  /** The path, cut where the number of a round goes: one piece outside repeats. */
  readonly path: readonly string[];
  /** `args` of the inv, complete but for the slots. */
  readonly shown: Args;
  readonly of: Slot | null;
  readonly executor: Slot | null;
  readonly to: Slot | null;
  /** It makes an object: its ret shows a ref, and `to` may name the slot that receives it. */
  readonly makes: boolean;
  /** One of the slots it reads may have been filled by another thread: reading it is visible. */
  readonly readsShared: boolean;
  readonly body: CompiledBody | null;
  readonly asFunction: boolean;
  /** Null where the program says so, and where there is none. */
  readonly delayNs: number | null;
  readonly timeoutNs: number | null;
  readonly value: Json;
  readonly error: ErrorText | null;
  readonly on: string | undefined;
  readonly tag: string;
  readonly count: number;
  readonly wait: boolean;
  readonly cancelFutures: boolean;
  readonly context: { readonly [tag: string]: Json } | null;
  readonly args: readonly Json[] | null;
  /** Position of its gate, or of its tag among the cells. */
  readonly place: number;
  /** cellWrite: the number that stands for its value in the cell. */
  readonly code: number;
  readonly steps: readonly CompiledStep[];
  readonly thenSteps: readonly CompiledStep[];
  readonly finallySteps: readonly CompiledStep[];
};

export type CompiledBody = { readonly name: string; readonly kind: BodyKind; steps: readonly CompiledStep[] };

/** A tag of cellWrite and cellRead. `values[code - 1]` is what a code in the cell stands for; 0 is nothing yet. */
export type CellTag = { readonly place: number; readonly isShared: boolean; readonly values: Json[] };

export type CompiledProgram = {
  readonly bodies: ReadonlyMap<string, CompiledBody>;
  readonly main: readonly CompiledStep[];
  /** Shared cells of the harness, from the first: a flag for every shared slot, then the gates, then the tags. */
  readonly cellCount: number;
  readonly gatesFrom: number;
  readonly tagsFrom: number;
  readonly portCount: number;
  readonly tags: readonly CellTag[];
};

/** One operation being performed. `of` and `executor` are what the slots hold. */
export class Call {
  readonly step: CompiledStep;
  readonly inst: OpId;
  /** The operation's id, and the instance of the body it schedules. */
  id: string = '';
  of: Held | undefined;
  executor: Held | undefined;
  /** What came of a plain operation, until its ret is recorded. */
  outcome: { readonly value: Json } | { readonly error: unknown } | undefined;
  /** What a failing ret says besides: whether the object was done. */
  done: boolean | undefined;
  /** The steps of a scope, each time it is called anew. */
  block: (() => Coroutine<Json | undefined>) | undefined;

  constructor(step: CompiledStep, inst: OpId) {
    this.step = step;
    this.inst = inst;
  }

  /** No slot that it names is empty. */
  get isSet(): boolean {
    return (
      (this.step.of === null || this.of !== undefined) && (this.step.executor === null || this.executor !== undefined)
    );
  }
}
