import type {
  Args,
  Bounds,
  EndEvent,
  EotEvent,
  Event,
  History,
  HndEvent,
  InvEvent,
  LoopEvent,
  MarkEvent,
  OpId,
  Ref,
  ResmEvent,
  RetEvent,
  RunEvent,
  SuspEvent,
} from './history.ts';
import { DEFAULT_BOUNDS } from './history.ts';
import { type IdleGap, IdleTracker } from './idle.ts';

/** One invocation: its records, as far as they were made. A later duplicate of a record is kept in `extra`. */
export type Operation = {
  readonly id: OpId;
  readonly op: string;
  readonly args: Args;
  readonly inv: InvEvent;
  ret: RetEvent | undefined;
  susp: SuspEvent | undefined;
  resm: ResmEvent | undefined;
  /** `resm` records after the first: a second resumption of one suspension. */
  readonly extraResms: ResmEvent[];
  /**
   * The loop it uses: the `loop` field, else the newest at `inv`; null before any. A `runner` is a loop of its own, and
   * the newest from its `inv` to its `ret`.
   */
  readonly loop: OpId | null;
};

/** One body: the operation that scheduled it (absent: it came from nowhere, or is `main`), and its records. */
export type Instance = {
  readonly id: OpId;
  operation: Operation | undefined;
  readonly runs: RunEvent[];
  readonly ends: EndEvent[];
  /** Operations performed by this body, in order. */
  readonly operations: Operation[];
};

/**
 * A History with everything judges look up, built in one pass over its events: O(n log n) in all, O(n) memory.
 * Lists are in the order of stamps. Unknown ids give `undefined`, never an exception: adapters lie.
 */
export type IndexedHistory = {
  readonly events: History;
  readonly bounds: Bounds;
  readonly eot: EotEvent | undefined;
  readonly operations: ReadonlyMap<OpId, Operation>;
  readonly instances: ReadonlyMap<OpId, Instance>;
  readonly byOp: ReadonlyMap<string, readonly Operation[]>;
  /** Operations whose `of` (or a member of it), or `on`, is the object that this id made. */
  readonly byRef: ReadonlyMap<OpId, readonly Operation[]>;
  /** Records of M and L, in order; they are one thread. */
  readonly loopThread: readonly Event[];
  readonly handlers: readonly HndEvent[];
  readonly loops: readonly LoopEvent[];
  readonly marks: readonly MarkEvent[];
  /** Pauses of the idle loop longer than B, for `lateness.ts`. */
  readonly longGaps: readonly IdleGap[];
  /** Positions in `loopThread` after which the loop was idle (see `idle.ts`), ascending. */
  readonly idleAfter: readonly number[];
  /** The loop was idle after its last record. */
  readonly idleAtEnd: boolean;
};

/** The ids that an `of` (one ref or a list of them) points to; empty slots are left out. */
export function refsOf(args: Args, name = 'of'): OpId[] {
  const value = args[name];
  const refs = Array.isArray(value) ? (value as readonly Ref[]) : value == null ? [] : [value as Ref];
  return refs.flatMap((ref) => (typeof ref === 'object' && ref !== null && ref.ref != null ? [ref.ref] : []));
}

/** The object a `ret` made or handed on: the id in `v: {ref}`. */
export function madeBy(ret: RetEvent | undefined): OpId | undefined {
  const value = ret?.v;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly ref?: OpId }).ref;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

class Indexer {
  readonly operations: Map<OpId, Operation> = new Map();
  readonly instances: Map<OpId, Instance> = new Map();
  readonly byOp: Map<string, Operation[]> = new Map();
  readonly byRef: Map<OpId, Operation[]> = new Map();
  readonly loopThread: Event[] = [];
  readonly handlers: HndEvent[] = [];
  readonly loops: LoopEvent[] = [];
  readonly marks: MarkEvent[] = [];
  bounds: Bounds = DEFAULT_BOUNDS;
  eot: EotEvent | undefined;
  private newestLoop: OpId | null = null;

  add(event: Event): void {
    if (event.ev !== 'meta' && event.ev !== 'eot' && (event.th === 'L' || event.th === 'M'))
      this.loopThread.push(event);
    switch (event.ev) {
      case 'meta':
        this.bounds = event.bounds;
        break;
      case 'inv':
        this.invoke(event);
        break;
      case 'ret': {
        const operation = this.operations.get(event.id);
        if (operation === undefined) break;
        operation.ret ??= event;
        if (operation.op === 'runner' && this.newestLoop === operation.id) this.newestLoop = operation.loop;
        break;
      }
      case 'run':
        this.instance(event.inst).runs.push(event);
        break;
      case 'end':
        this.instance(event.inst).ends.push(event);
        break;
      case 'susp': {
        const operation = this.operations.get(event.id);
        if (operation !== undefined) operation.susp ??= event;
        break;
      }
      case 'resm':
        this.resume(event);
        break;
      case 'hnd':
        this.handlers.push(event);
        break;
      case 'loop':
        this.loops.push(event);
        break;
      case 'mark':
        this.marks.push(event);
        break;
      case 'eot':
        this.eot = event;
    }
  }

  private instance(id: OpId): Instance {
    let instance = this.instances.get(id);
    if (instance === undefined) {
      instance = { id, operation: this.operations.get(id), runs: [], ends: [], operations: [] };
      this.instances.set(id, instance);
    }
    return instance;
  }

  private invoke(inv: InvEvent): void {
    if (inv.op === 'newLoop') this.newestLoop = inv.id;
    const operation: Operation = {
      id: inv.id,
      op: inv.op,
      args: inv.args,
      inv,
      ret: undefined,
      susp: undefined,
      resm: undefined,
      extraResms: [],
      loop: inv.loop === undefined ? this.newestLoop : inv.loop.ref,
    };
    // Its own `loop` stays the one before, which is the newest again when it is over.
    if (inv.op === 'runner') this.newestLoop = inv.id;
    this.operations.set(inv.id, operation);
    const scheduled = this.instances.get(inv.id);
    if (scheduled !== undefined) scheduled.operation ??= operation;
    this.instance(inv.inst).operations.push(operation);
    push(this.byOp, inv.op, operation);
    for (const ref of refsOf(inv.args)) push(this.byRef, ref, operation);
  }

  private resume(resm: ResmEvent): void {
    const operation = this.operations.get(resm.id);
    if (operation === undefined) return;
    if (operation.resm === undefined) operation.resm = resm;
    else operation.extraResms.push(resm);
  }
}

/** Builds the index. `history` must be in the order of its stamps. O(n). */
export function indexHistory(history: History): IndexedHistory {
  const indexer = new Indexer();
  for (const event of history) indexer.add(event);
  const { operations, instances, byOp, byRef, loopThread, handlers, loops, marks, bounds, eot } = indexer;
  const idle = new IdleTracker(bounds.B);
  for (const event of loopThread) idle.add(event, operations);
  const longGaps = idle.finish(eot);
  return {
    events: history,
    bounds,
    eot,
    operations,
    instances,
    byOp,
    byRef,
    loopThread,
    handlers,
    loops,
    marks,
    longGaps,
    idleAfter: idle.idleAfter,
    idleAtEnd: idle.isIdle,
  };
}

const NONE: readonly Operation[] = [];

/** Operations of these names, in order. Merging several names' lists is the only cost: O(n log n) in what is found. */
export function operationsNamed(history: IndexedHistory, ...names: readonly string[]): readonly Operation[] {
  let found: readonly Operation[] = NONE;
  let lists = 0;
  for (const name of names) {
    const list = history.byOp.get(name);
    if (list === undefined) continue;
    found = lists++ === 0 ? list : found.concat(list);
  }
  return lists > 1 ? (found as Operation[]).sort((a, b) => a.inv.seq - b.inv.seq) : found;
}

/** The body that an operation scheduled, once it was entered. */
export function scheduledBody(history: IndexedHistory, operation: Operation): Instance | undefined {
  return history.instances.get(operation.id);
}
