/**
 * What the reference implementation needs from the world, and all that can cross a thread: integers in cells, and
 * cloned messages on ports. Written against this, the same source runs on the simulated platform, where every
 * operation is a scheduling point, and on real workers.
 *
 * Every operation that touches shared memory is a generator. On the simulated platform it yields one `VisibleOp`
 * *before* it is performed, and goes on with its result; on a platform of real threads it performs and yields nothing.
 * `yield*` passes it on: no caller can tell the two apart.
 *
 *   thread 1   … yield* store(c, 1) ──┐ yields, is not performed yet
 *   explorer        picks thread 1 ───┴─ performs the store, resumes thread 1
 */

/** Index of a shared 32-bit word. */
export type Cell = number;
/** Index of a queue of cloned messages: any thread posts, any thread receives, first in first out. */
export type Port = number;

/**
 * Kinds of visible operations, small integers so that engines can switch on them and keep them in typed arrays. The
 * last two are for programs of the explorer's own: `arm` registers a deadline before anybody waits for it, `until`
 * blocks until the cell holds `a` and sets it to `b` (a lock, or with b = a a spin that polls nothing).
 */
export const OP: {
  readonly load: 0;
  readonly store: 1;
  readonly exchange: 2;
  readonly compareExchange: 3;
  readonly add: 4;
  readonly wait: 5;
  readonly notify: 6;
  readonly post: 7;
  readonly receive: 8;
  readonly peek: 9;
  readonly now: 10;
  readonly spawn: 11;
  readonly join: 12;
  readonly record: 13;
  readonly drain: 14;
  readonly arm: 15;
  readonly until: 16;
} = {
  load: 0,
  store: 1,
  exchange: 2,
  compareExchange: 3,
  add: 4,
  wait: 5,
  notify: 6,
  post: 7,
  receive: 8,
  peek: 9,
  now: 10,
  spawn: 11,
  join: 12,
  record: 13,
  drain: 14,
  arm: 15,
  until: 16,
};

export type OpKind = (typeof OP)[keyof typeof OP];

/**
 * The next visible operation of a virtual thread. One object a thread, reused for each of its operations: an engine
 * reads it before it resumes that thread. `object` is the cell, the port or the thread; `deadline` is absolute (ns).
 */
export type VisibleOp = {
  kind: OpKind;
  object: number;
  /** store, exchange, add, notify (count), wait (expected): the value; compareExchange: expected. */
  a: number;
  /** compareExchange: the replacement. */
  b: number;
  deadline: number;
  message: Message | undefined;
};

/** Structured-cloneable data: what a real `postMessage` would carry. Functions cross by id, never as values. */
export type Message =
  | null
  | undefined
  | boolean
  | number
  | string
  | readonly Message[]
  | { readonly [key: string]: Message };

export type Visible<T> = Generator<VisibleOp, T, unknown>;

export const WOKEN = 0;
export const DIFFERENT = 1;
export const TIMED_OUT = 2;
export type WaitOutcome = typeof WOKEN | typeof DIFFERENT | typeof TIMED_OUT;

/** No deadline. */
export const FOREVER: number = Number.POSITIVE_INFINITY;

/** One thread's view of the platform. Times are nanoseconds of one monotonic clock. */
export type Platform = {
  /** This thread's number: 0 is the one that `main` runs on. */
  readonly thread: number;
  /** Takes fresh cells, all 0, for good. Touches only this thread's reserve, so it is not a visible operation. */
  allocateCells(count: number): Cell;
  allocatePort(): Port;
  load(cell: Cell): Visible<number>;
  store(cell: Cell, value: number): Visible<void>;
  /** Returns the old value, as do the next two. */
  exchange(cell: Cell, value: number): Visible<number>;
  compareExchange(cell: Cell, expected: number, replacement: number): Visible<number>;
  add(cell: Cell, value: number): Visible<number>;
  /** Returns `DIFFERENT` at once if the cell does not hold `expected`; else blocks until notified or the deadline. */
  wait(cell: Cell, expected: number, deadline: number): Visible<WaitOutcome>;
  /** Wakes at most `count` threads that wait on the cell; returns how many. */
  notify(cell: Cell, count: number): Visible<number>;
  /** The message is cloned now; the receiver gets a copy of its own. */
  post(port: Port, message: Message): Visible<void>;
  /** Takes the oldest message, or returns undefined: never blocks. */
  receive(port: Port): Visible<Message>;
  /** Takes all messages, oldest first. */
  drain(port: Port): Visible<readonly Message[]>;
  /** A copy of the oldest message, left in its place: a completed future's value may be read by many threads. */
  peek(port: Port): Visible<Message>;
  now(): Visible<number>;
  /** Starts a thread that runs a function of the table that every thread loads. Returns its number. */
  spawn(functionId: string, args: readonly Message[]): Visible<number>;
  /** Blocks until that thread has ended. */
  join(thread: number): Visible<void>;
};

/** The table of functions that may cross a thread by id. The first argument is the platform of the running thread. */
export type ThreadFunctions = {
  readonly [functionId: string]: (platform: Platform, args: readonly Message[]) => Visible<void>;
};
