import type { Cell, Platform, Visible } from '../platform.ts';

const WAITING = 0;
const TAKEN = 1;
const CANCELLED = 2;

/**
 * A scheduled callback that crossed a thread, as one thread sees it. Taking it and cancelling it are the same exchange
 * of one word, so exactly one of them succeeds.
 */
export class RemoteHandle {
  readonly address: Cell;
  private readonly platform: Platform;

  private constructor(platform: Platform, address: Cell) {
    this.platform = platform;
    this.address = address;
  }

  static create(platform: Platform): RemoteHandle {
    return new RemoteHandle(platform, platform.allocateCells(1));
  }

  /** Another thread's own object for it. */
  static at(platform: Platform, address: Cell): RemoteHandle {
    return new RemoteHandle(platform, address);
  }

  /** True: it has not begun and never will. */
  *cancel(): Visible<boolean> {
    return (yield* this.platform.compareExchange(this.address, WAITING, CANCELLED)) !== TAKEN;
  }

  /** For whoever is about to run it: false if it was cancelled. */
  *take(): Visible<boolean> {
    return (yield* this.platform.compareExchange(this.address, WAITING, TAKEN)) === WAITING;
  }
}
