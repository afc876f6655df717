import { FOREVER, TIMED_OUT, type VisibleOp, type WaitOutcome, WOKEN } from '../../impl/platform.ts';
import { virtualThreadsMax } from '../limits.ts';
import type { Tid } from './strategy.ts';

/**
 * Threads in a wait: those that block, and those that may return. As with a futex, one whose deadline is over waits
 * until it has returned, and one that was woken keeps its deadline so long: so waking commutes with the clock.
 */
export class Waiters {
  /** They block. */
  blocked = 0;
  /** Their return is their next step. */
  returning = 0;
  /** Their deadline is still to come. */
  timed = 0;
  private readonly ops: readonly VisibleOp[];
  private readonly outcomes: WaitOutcome[] = new Array<WaitOutcome>(virtualThreadsMax).fill(WOKEN);

  /** `ops`: the operation of each thread, kept up to date by its owner. */
  constructor(ops: readonly VisibleOp[]) {
    this.ops = ops;
  }

  get all(): number {
    return this.blocked | this.returning;
  }

  reset(): void {
    this.blocked = 0;
    this.returning = 0;
    this.timed = 0;
  }

  /** The thread's wait begins. Its return is a step of its own even if the deadline is over already. */
  enter(tid: Tid, { deadline }: VisibleOp, nowNs: number): void {
    if (deadline <= nowNs) this.wake(tid, TIMED_OUT);
    else {
      this.blocked |= 1 << tid;
      if (deadline !== FOREVER) this.timed |= 1 << tid;
    }
  }

  wake(tid: Tid, outcome: WaitOutcome): void {
    this.blocked &= ~(1 << tid);
    this.returning |= 1 << tid;
    this.outcomes[tid] = outcome;
  }

  /** The thread's wait is over: what it came to. */
  leave(tid: Tid): WaitOutcome {
    this.returning &= ~(1 << tid);
    this.timed &= ~(1 << tid);
    return this.outcomes[tid]!;
  }

  /** Wakes waiters on a cell in the order of their threads, as many as asked for; returns how many. */
  notify(cell: number, count: number): number {
    let woken = 0;
    for (let rest = this.all; rest !== 0 && woken < count; rest &= rest - 1) {
      const tid = 31 - Math.clz32(rest & -rest);
      if (this.ops[tid]!.object !== cell) continue;
      if ((this.returning & (1 << tid)) !== 0 && this.outcomes[tid] === WOKEN) continue;
      this.wake(tid, WOKEN);
      woken++;
    }
    return woken;
  }

  nextDeadline(): number {
    let next = FOREVER;
    for (let rest = this.timed; rest !== 0; rest &= rest - 1) {
      next = Math.min(next, this.ops[31 - Math.clz32(rest & -rest)]!.deadline);
    }
    return next;
  }

  /** All whose deadline is over by now return. */
  expire(nowNs: number): void {
    for (let rest = this.timed; rest !== 0; rest &= rest - 1) {
      const tid = 31 - Math.clz32(rest & -rest);
      if (this.ops[tid]!.deadline > nowNs) continue;
      this.timed &= ~(1 << tid);
      if ((this.blocked & (1 << tid)) !== 0) this.wake(tid, TIMED_OUT);
    }
  }
}
