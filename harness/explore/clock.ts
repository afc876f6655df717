import { FOREVER } from '../../impl/platform.ts';

/** Virtual time, and deadlines that are pending before anybody waits for them. */
export class Clock {
  nowNs = 0;
  private armed: number[] = [];

  reset(): void {
    this.nowNs = 0;
    if (this.armed.length > 0) this.armed = [];
  }

  get hasArmed(): boolean {
    return this.armed.length > 0;
  }

  /** Registers a deadline so many ns from now, and returns it. */
  arm(delayNs: number): number {
    this.armed.push(this.nowNs + delayNs);
    return this.nowNs + delayNs;
  }

  /** The earliest registered deadline that is still to come; `FOREVER` if there is none. */
  nextArmed(): number {
    let next = FOREVER;
    for (const deadline of this.armed) if (deadline > this.nowNs && deadline < next) next = deadline;
    return next;
  }

  /** Time only goes forward. */
  advanceTo(deadlineNs: number): void {
    if (deadlineNs > this.nowNs) this.nowNs = deadlineNs;
  }
}
