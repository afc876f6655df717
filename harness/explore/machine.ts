import {
  FOREVER,
  type Message,
  OP,
  type ThreadFunctions,
  TIMED_OUT,
  type Visible,
  type VisibleOp,
  type WaitOutcome,
  WOKEN,
} from '../../impl/platform.ts';
import { invariant } from '../../spec/assert-never.ts';
import type { ClockMode } from '../../spec/result.ts';
import * as limits from '../limits.ts';
import { type Access, ADVANCE, accessOf, MARKS_SHIFT, READS_CLOCK, WRITES_CLOCK } from './access.ts';
import { SharedObjects } from './shared-objects.ts';
import { cloneMessage, SimulatedPlatform } from './simulated-platform.ts';
import { CLOCK, NOBODY, type Situation, type Tid } from './strategy.ts';

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

const ALL_THREADS = limits.virtualThreadsMax;
const NO_OP: VisibleOp = { kind: OP.record, object: 0, a: 0, b: 0, deadline: 0, message: undefined };

/**
 * Virtual threads and what they share: cells, ports and a clock. It performs one step of one thread at a time and has
 * no will of its own: who goes on is its caller's choice, and an execution is a function of these choices.
 *
 * A thread's step: stamp its early records, perform the pending operation, run its code up to the next one. Starts and
 * joins of threads are performed as soon as they can be and are never decisions. One machine serves any number of
 * executions; nothing of one reaches the next, whatever happened in it. Sets of threads are bit masks.
 */
export class Machine implements Situation {
  last: Tid = NOBODY;
  nowNs = 0;
  steps = 0;
  readonly performed: Int32Array = new Int32Array(32);
  readonly log: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  readonly objects: SharedObjects = new SharedObjects();
  /** Threads that would take part in a step the default policy takes last: waiting ones whose return is a choice. */
  reluctant = 0;
  private enabled = 0;
  private waiting = 0;
  private waking = 0;
  private joining = 0;
  /** Whether these can go on is a matter of their cells' contents. */
  private guarded = 0;
  /** Of the first threads, those that have not ended. */
  private leading = 0;
  private startled = 0;
  /** Deadlines that are pending before anybody waits for them. */
  private armed: number[] = [];
  private timers = 0;
  private count = 0;
  private subject!: Subject;
  private liberties!: Liberties;
  private extra = 0;
  private readonly codes: Visible<void>[] = [];
  private readonly ops: VisibleOp[] = new Array<VisibleOp>(ALL_THREADS).fill(NO_OP);
  private readonly outcomes: WaitOutcome[] = new Array<WaitOutcome>(ALL_THREADS).fill(WOKEN);
  private readonly platforms: SimulatedPlatform[] = [];

  /** Starts an execution; the one before is forgotten. */
  begin(subject: Subject, liberties: Liberties): void {
    this.reset();
    this.subject = subject;
    this.liberties = liberties;
    const { words, threads, witness } = subject;
    if (witness !== undefined) witness.marks = 0;
    this.objects.fill(words);
    this.leading = (1 << threads.length) - 1;
    for (let first = 0; first < threads.length; first++) this.launch(threads[first]!.run(this.platform(first)));
  }

  private reset(): void {
    for (const platform of this.platforms) {
      if (platform.cellsUsed > 0) this.objects.clear(platform.thread, platform.cellsUsed);
      platform.reset();
    }
    this.objects.clearPorts();
    for (let tid = 0; tid < this.count; tid++) this.performed[tid] = 0;
    this.performed[CLOCK] = 0;
    this.last = NOBODY;
    this.nowNs = 0;
    this.steps = 0;
    this.enabled = 0;
    this.waiting = 0;
    this.waking = 0;
    this.joining = 0;
    this.guarded = 0;
    this.startled = 0;
    this.reluctant = 0;
    this.timers = 0;
    this.count = 0;
    if (this.armed.length > 0) this.armed = [];
  }

  /** The threads of which any may perform the next step, the clock among them. Empty: the execution is over. */
  choices(): number {
    this.reluctant = 0;
    if (this.guarded !== 0) this.testGuards();
    // Most programs know neither time nor spurious returns.
    if (this.timers === 0 && this.armed.length === 0 && !this.liberties.spurious) return this.enabled;
    return this.choicesWithTime();
  }

  private testGuards(): void {
    for (let rest = this.guarded; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      const op = this.ops[31 - Math.clz32(bit)]!;
      if (this.objects.memory[op.object] === op.a) this.enabled |= bit;
      else this.enabled &= ~bit;
    }
  }

  private choicesWithTime(): number {
    const { enabled, liberties } = this;
    if (this.leading === 0) return enabled;
    const hasDeadline = this.timers !== 0 || this.armed.some((deadline) => deadline > this.nowNs);
    const isAny = liberties.clock === 'any';
    let choices = enabled;
    if (hasDeadline && (liberties.clock !== 'late' || enabled === 0)) {
      if (isAny && this.timers !== 0) this.reluctant |= this.timers;
      else choices |= 1 << CLOCK;
    }
    if (liberties.spurious && (choices | this.reluctant) !== 0) {
      const startling = this.waiting & ~this.startled;
      this.reluctant |= isAny ? startling & ~this.timers : startling;
    }
    return choices | this.reluctant;
  }

  /** Whether the first threads have all ended: with nobody left to go on, the opposite is a deadlock. */
  get isDone(): boolean {
    return this.leading === 0;
  }

  /** The number of threads so far. */
  get threads(): number {
    return this.count;
  }

  /** The operation that a thread will perform next, or waits in. */
  pending(tid: Tid): VisibleOp {
    return this.ops[tid]!;
  }

  /** What a thread's next step will touch, as far as it is known before. */
  access(tid: Tid): Access {
    return tid === CLOCK ? ADVANCE : accessOf(this.ops[tid]!, tid);
  }

  isWaiting(tid: Tid): boolean {
    return (this.waiting & (1 << tid)) !== 0;
  }

  /** Performs the next step of a thread that `choices` offered, and returns what it touched. */
  perform(tid: Tid): Access {
    this.performed[tid]!++;
    this.last = tid;
    const { witness } = this.subject;
    if (tid === CLOCK) {
      this.advance();
      this.log[this.steps++] = ADVANCE;
      return ADVANCE;
    }
    const op = this.ops[tid]!;
    const bit = 1 << tid;
    let access = accessOf(op, tid);
    this.extra = 0;
    if (witness !== undefined) witness.flush(tid);
    if ((this.waiting & bit) !== 0) this.giveUp(tid, op);
    else if ((this.waking & bit) !== 0) {
      this.waking &= ~bit;
      this.proceed(tid, this.outcomes[tid]);
    } else if (op.kind === OP.wait && this.objects.memory[op.object] === op.a && op.deadline > this.nowNs) {
      this.waiting |= bit;
      this.enabled &= ~bit;
      if (op.deadline !== FOREVER) this.timers |= bit;
    } else {
      this.guarded &= ~bit;
      this.proceed(tid, op.kind === OP.notify ? this.notify(op.object, op.a) : this.effect(op));
    }
    access |= this.extra;
    if (witness !== undefined && witness.marks !== 0) {
      access |= (witness.marks << MARKS_SHIFT) | READS_CLOCK;
      witness.marks = 0;
    }
    this.log[this.steps++] = access;
    return access;
  }

  /** A waiting thread returns by choice: its deadline is over, or nobody knows why. */
  private giveUp(tid: Tid, op: VisibleOp): void {
    const bit = 1 << tid;
    if (this.liberties.clock === 'any' && (this.timers & bit) !== 0) {
      this.nowNs = Math.max(this.nowNs, op.deadline);
      this.performed[CLOCK]!++;
      this.extra |= WRITES_CLOCK;
      this.wake(tid, TIMED_OUT);
    } else {
      this.startled |= bit;
      this.wake(tid, WOKEN);
    }
  }

  private platform(tid: Tid): SimulatedPlatform {
    let platform = this.platforms[tid];
    if (platform === undefined) {
      invariant(tid < ALL_THREADS, `a program started more than ${ALL_THREADS} threads`);
      platform = new SimulatedPlatform(tid);
      this.platforms[tid] = platform;
    }
    return platform;
  }

  private launch(code: Visible<void>): Tid {
    const tid = this.count++;
    this.codes[tid] = code;
    this.proceed(tid, undefined);
    return tid;
  }

  /** Runs a thread's code up to its next operation that is a decision. */
  private proceed(tid: Tid, result: unknown): void {
    const next = this.codes[tid]!.next(result);
    if (next.done === true) this.end(tid);
    else {
      const op = next.value;
      this.ops[tid] = op;
      if (op.kind === OP.spawn || op.kind === OP.join) this.proceedThroughStarts(tid, op);
      else {
        if (op.kind === OP.until) this.guarded |= 1 << tid;
        this.enabled |= 1 << tid;
      }
    }
  }

  private proceedThroughStarts(tid: Tid, op: VisibleOp): void {
    this.subject.witness?.flush(tid);
    if (op.kind === OP.spawn) {
      const [functionId, ...args] = cloneMessage(op.message) as [string, ...Message[]];
      const code = this.subject.functions[functionId];
      invariant(code !== undefined, `no thread function "${functionId}"`);
      this.proceed(tid, this.launch(code(this.platform(this.count), args)));
    } else if (this.isAlive(op.object)) {
      this.joining |= 1 << tid;
      this.enabled &= ~(1 << tid);
    } else this.proceed(tid, undefined);
  }

  private isAlive(tid: Tid): boolean {
    return ((this.enabled | this.waiting | this.joining | this.guarded) & (1 << tid)) !== 0;
  }

  private end(tid: Tid): void {
    const bit = 1 << tid;
    this.enabled &= ~bit;
    this.leading &= ~bit;
    this.subject.witness?.flush(tid);
    if (this.joining === 0) return;
    for (let other = 0; other < this.count; other++) {
      if ((this.joining & (1 << other)) === 0 || this.ops[other]!.object !== tid) continue;
      this.joining &= ~(1 << other);
      this.proceed(other, undefined);
    }
  }

  private effect(op: VisibleOp): unknown {
    switch (op.kind) {
      case OP.now:
        return this.nowNs;
      case OP.arm:
        this.armed.push(this.nowNs + op.a);
        return this.nowNs + op.a;
      default:
        return this.objects.apply(op);
    }
  }

  /** Wakes waiters in the order of their threads, as many as asked for. */
  private notify(cell: number, count: number): number {
    let woken = 0;
    for (let rest = this.waiting; rest !== 0 && woken < count; rest &= rest - 1) {
      const tid = 31 - Math.clz32(rest & -rest);
      const op = this.ops[tid]!;
      if (op.object !== cell) continue;
      if (op.deadline !== FOREVER) this.extra |= WRITES_CLOCK;
      this.wake(tid, WOKEN);
      woken++;
    }
    return woken;
  }

  private wake(tid: Tid, outcome: WaitOutcome): void {
    const bit = 1 << tid;
    this.waiting &= ~bit;
    this.timers &= ~bit;
    this.waking |= bit;
    this.enabled |= bit;
    this.outcomes[tid] = outcome;
  }

  /** To the earliest deadline that is still to come; all that wait for it wake. */
  private advance(): void {
    let next = FOREVER;
    for (const deadline of this.armed) if (deadline > this.nowNs && deadline < next) next = deadline;
    for (let tid = 0; tid < this.count; tid++) {
      if ((this.timers & (1 << tid)) !== 0 && this.ops[tid]!.deadline < next) next = this.ops[tid]!.deadline;
    }
    this.nowNs = Math.max(this.nowNs, next);
    for (let tid = 0; tid < this.count; tid++) {
      if ((this.timers & (1 << tid)) !== 0 && this.ops[tid]!.deadline <= this.nowNs) this.wake(tid, TIMED_OUT);
    }
  }
}
