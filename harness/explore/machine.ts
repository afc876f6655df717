import { FOREVER, type Message, OP, TIMED_OUT, type Visible, type VisibleOp, WOKEN } from '../../impl/platform.ts';
import { invariant } from '../../spec/assert-never.ts';
import * as limits from '../limits.ts';
import {
  type Access,
  ADVANCE,
  accessOf,
  accessOfWord,
  EARLY,
  LATE,
  MARKS_SHIFT,
  READS_CLOCK,
  WRITES_CLOCK,
} from './access.ts';
import { Clock } from './clock.ts';
import { Platforms } from './platforms.ts';
import { SharedObjects } from './shared-objects.ts';
import { cloneMessage } from './simulated-platform.ts';
import { CLOCK, NOBODY, type Situation, type Tid } from './strategy.ts';
import type { Liberties, Subject } from './subject.ts';
import { Waiters } from './waiters.ts';

/**
 * Where waits may return for no reason: such a return, and a step after which its thread may be unable to go on. With
 * nobody able to go on no such return is offered, so they do not commute, just as early and late records do not.
 */
const UNASKED = EARLY;
const MAY_STOP = LATE;
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
  steps = 0;
  /** Times a deadline's end was chosen: by the clock, or by whom it is for. */
  advances = 0;
  /** Kinds of operations performed since this was last set to 0, as a mask. */
  kinds = 0;
  readonly performed: Int32Array = new Int32Array(32);
  readonly log: Int32Array = new Int32Array(limits.stepsPerExecutionMax);
  readonly objects: SharedObjects = new SharedObjects();
  readonly clock: Clock = new Clock();
  /** Threads that would take part in a step the default policy takes last: waiting ones whose return is a choice. */
  reluctant = 0;
  private enabled = 0;
  private joining = 0;
  /** Whether these can go on is a matter of their cells' contents. */
  private guarded = 0;
  /** Of the first threads, those that have not ended. */
  private leading = 0;
  private startled = 0;
  /** The number of threads so far. */
  threads = 0;
  private subject!: Subject;
  private liberties!: Liberties;
  private extra = 0;
  /** Nothing is recorded, and no wait returns for no reason. */
  private isPlain = false;
  private readonly codes: Visible<void>[] = [];
  private readonly ops: VisibleOp[] = new Array<VisibleOp>(CLOCK + 1).fill(NO_OP);
  private readonly waiters: Waiters = new Waiters(this.ops);
  private readonly platforms: Platforms = new Platforms();

  /** Starts an execution; the one before is forgotten. */
  begin(subject: Subject, liberties: Liberties): void {
    this.reset();
    this.subject = subject;
    this.liberties = liberties;
    this.isPlain = subject.witness === undefined && !liberties.spurious;
    const { words, threads } = subject;
    if (subject.witness !== undefined) subject.witness.marks = 0;
    this.objects.fill(words);
    this.leading = (1 << threads.length) - 1;
    for (let first = 0; first < threads.length; first++) this.launch(threads[first]!.run(this.platforms.of(first)));
  }

  private reset(): void {
    this.platforms.reset(this.objects);
    this.objects.clearPorts();
    for (let tid = 0; tid < this.threads; tid++) this.performed[tid] = 0;
    this.performed[CLOCK] = 0;
    this.last = NOBODY;
    this.clock.reset();
    this.steps = 0;
    this.advances = 0;
    this.enabled = 0;
    this.waiters.reset();
    this.joining = 0;
    this.guarded = 0;
    this.startled = 0;
    this.reluctant = 0;
    this.threads = 0;
  }

  /** The threads of which any may perform the next step, the clock among them. Empty: the execution is over. */
  choices(): number {
    this.reluctant = 0;
    if (this.guarded !== 0) this.testGuards();
    const able = this.enabled | this.waiters.returning;
    // Most programs know neither time nor spurious returns.
    const isTimeless = this.waiters.timed === 0 && !this.clock.hasArmed;
    return isTimeless && !this.liberties.spurious ? able : this.choicesWithTime(able);
  }

  private testGuards(): void {
    for (let rest = this.guarded; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      const op = this.ops[31 - Math.clz32(bit)]!;
      if (this.objects.memory[op.object] === op.a) this.enabled |= bit;
      else this.enabled &= ~bit;
    }
  }

  private choicesWithTime(able: number): number {
    const { liberties, waiters } = this;
    // With the first threads time ends.
    if (this.leading === 0) return able;
    const isAny = liberties.clock === 'any';
    const timed = isAny ? waiters.timed & waiters.blocked : waiters.timed;
    const hasDeadline = timed !== 0 || this.clock.nextArmed() !== FOREVER;
    let choices = able;
    if (hasDeadline && (liberties.clock !== 'late' || able === 0)) {
      if (isAny && timed !== 0) this.reluctant |= timed;
      else choices |= 1 << CLOCK;
    }
    if (liberties.spurious && (choices | this.reluctant) !== 0) {
      const startling = waiters.blocked & ~this.startled;
      this.reluctant |= isAny ? startling & ~timed : startling;
    }
    return choices | this.reluctant;
  }

  /** Whether the first threads have all ended: with nobody left to go on, the opposite is a deadlock. */
  get isDone(): boolean {
    return this.leading === 0;
  }

  /** The operation that a thread will perform next, or waits in. */
  pending(tid: Tid): VisibleOp {
    return this.ops[tid]!;
  }

  /** What a thread's next step will touch, as far as it is known before. */
  access(tid: Tid): Access {
    return tid === CLOCK ? ADVANCE : accessOf(this.ops[tid]!, tid);
  }

  /** Performs the next step of a thread that `choices` offered, and returns what it touched. */
  perform(tid: Tid): Access {
    this.performed[tid]!++;
    this.last = tid;
    const op = this.ops[tid]!;
    if (this.isPlain && op.kind <= OP.add && tid !== CLOCK) return this.performOnWord(tid, op);
    const { witness } = this.subject;
    if (tid === CLOCK) {
      this.advances++;
      // To the earliest deadline that is still to come.
      this.clock.advanceTo(Math.min(this.clock.nextArmed(), this.waiters.nextDeadline()));
      this.waiters.expire(this.clock.nowNs);
      const access = this.liberties.spurious ? ADVANCE | MAY_STOP : ADVANCE;
      this.log[this.steps++] = access;
      return access;
    }
    this.kinds |= 1 << op.kind;
    const bit = 1 << tid;
    let access = accessOf(op, tid);
    this.extra = 0;
    if (witness !== undefined) witness.flush(tid);
    if ((this.waiters.blocked & bit) !== 0) this.giveUp(tid, op);
    else if ((this.waiters.returning & bit) !== 0) {
      this.enabled |= bit;
      this.proceed(tid, this.waiters.leave(tid));
    } else if (op.kind === OP.wait && this.objects.memory[op.object] === op.a) {
      this.enabled &= ~bit;
      this.waiters.enter(tid, op, this.clock.nowNs);
    } else {
      this.guarded &= ~bit;
      this.proceed(tid, this.effect(op));
    }
    access |= this.extra;
    if (this.liberties.spurious && ((this.guarded & bit) !== 0 || (this.enabled & bit) === 0)) access |= MAY_STOP;
    if (witness !== undefined && witness.marks !== 0) {
      access |= (witness.marks << MARKS_SHIFT) | READS_CLOCK;
      witness.marks = 0;
    }
    this.log[this.steps++] = access;
    return access;
  }

  /** `perform` for most steps of most programs: nothing blocks, wakes or is recorded, and the thread stays enabled. */
  private performOnWord(tid: Tid, op: VisibleOp): Access {
    this.extra = 0;
    this.kinds |= 1 << op.kind;
    // The operation's object may be the next one's too.
    let access = accessOfWord(op, tid);
    const next = this.codes[tid]!.next(this.objects.applyToWord(op));
    if (next.done === true) this.end(tid);
    else {
      this.ops[tid] = next.value;
      if (next.value.kind > OP.now) this.suspend(tid, next.value);
    }
    access |= this.extra;
    this.log[this.steps++] = access;
    return access;
  }

  /** A waiting thread returns by choice: its deadline is over, or nobody knows why. */
  private giveUp(tid: Tid, op: VisibleOp): void {
    const bit = 1 << tid;
    if (this.liberties.clock === 'any' && (this.waiters.timed & bit) !== 0) {
      this.clock.advanceTo(op.deadline);
      this.advances++;
      this.extra |= WRITES_CLOCK;
      this.waiters.wake(tid, TIMED_OUT);
    } else {
      this.startled |= bit;
      this.extra |= UNASKED;
      this.waiters.wake(tid, WOKEN);
    }
  }

  private launch(code: Visible<void>): Tid {
    const tid = this.threads++;
    this.codes[tid] = code;
    this.enabled |= 1 << tid;
    this.proceed(tid, undefined);
    return tid;
  }

  /** Runs a thread's code up to its next operation that is a decision. */
  private proceed(tid: Tid, result: unknown): void {
    const next = this.codes[tid]!.next(result);
    if (next.done === true) this.end(tid);
    else {
      this.ops[tid] = next.value;
      this.suspend(tid, next.value);
    }
  }

  private suspend(tid: Tid, op: VisibleOp): void {
    if (op.kind === OP.spawn || op.kind === OP.join) this.proceedThroughStarts(tid, op);
    else if (op.kind === OP.until) this.guarded |= 1 << tid;
  }

  private proceedThroughStarts(tid: Tid, op: VisibleOp): void {
    this.subject.witness?.flush(tid);
    if (op.kind === OP.spawn) {
      // Numbers of threads go by the order of starts: those by different threads do not commute.
      this.extra |= tid === 0 ? READS_CLOCK : WRITES_CLOCK;
      const [functionId, ...args] = cloneMessage(op.message) as [string, ...Message[]];
      const code = this.subject.functions[functionId];
      invariant(code !== undefined, `no thread function "${functionId}"`);
      this.proceed(tid, this.launch(code(this.platforms.of(this.threads), args)));
    } else if (this.isAlive(op.object)) {
      this.joining |= 1 << tid;
      this.enabled &= ~(1 << tid);
    } else this.proceed(tid, undefined);
  }

  /** Whether a thread was started and has not ended. */
  isAlive(tid: Tid): boolean {
    return ((this.enabled | this.waiters.all | this.joining | this.guarded) & (1 << tid)) !== 0;
  }

  private end(tid: Tid): void {
    const bit = 1 << tid;
    // With the first threads time ends, also for those that they leave behind.
    if ((this.leading & bit) !== 0 && this.threads > this.subject.threads.length) this.extra |= READS_CLOCK;
    this.enabled &= ~bit;
    this.leading &= ~bit;
    this.subject.witness?.flush(tid);
    if (this.joining === 0) return;
    for (let other = 0; other < this.threads; other++) {
      if ((this.joining & (1 << other)) === 0 || this.ops[other]!.object !== tid) continue;
      this.joining &= ~(1 << other);
      this.enabled |= 1 << other;
      this.proceed(other, undefined);
    }
  }

  private effect(op: VisibleOp): unknown {
    switch (op.kind) {
      case OP.now:
        return this.clock.nowNs;
      case OP.arm:
        return this.clock.arm(op.a);
      case OP.notify:
        return this.waiters.notify(op.object, op.a);
      default:
        return this.objects.apply(op);
    }
  }
}
