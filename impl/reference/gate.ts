import { type Cell, FOREVER, type Platform, type Visible } from '../platform.ts';

/** One word: how many are inside, and two flags above any count. */
const CLOSED = 1 << 30;
const RUNNING = 1 << 29;

/**
 * Lets submitters in until it is closed, and lets the closer wait until those inside have left, so that what was let
 * in is complete when `close` returns and nothing comes later.
 *
 *   submitter   add +1 ── post, ring ── add -1
 *   closer                add CLOSED ─────── waits here ── empties the queue
 */
export class Gate {
  private readonly platform: Platform;
  private readonly cell: Cell;

  constructor(platform: Platform, cell: Cell) {
    this.platform = platform;
    this.cell = cell;
  }

  /** False: it is closed, and the caller is not inside. */
  *enter(): Visible<boolean> {
    if (((yield* this.platform.add(this.cell, 1)) & CLOSED) === 0) return true;
    yield* this.leave();
    return false;
  }

  *leave(): Visible<void> {
    const inside = (yield* this.platform.add(this.cell, -1)) & ~RUNNING;
    if (inside === CLOSED + 1) yield* this.platform.notify(this.cell, FOREVER);
  }

  /** Returns once nobody is inside. False: it was closed before. */
  *close(): Visible<boolean> {
    const { platform, cell } = this;
    const before = yield* platform.add(cell, CLOSED);
    if ((before & CLOSED) !== 0) {
      yield* platform.add(cell, -CLOSED);
      return false;
    }
    for (;;) {
      const now = yield* platform.load(cell);
      if (now === CLOSED) return true;
      yield* platform.wait(cell, now, FOREVER);
    }
  }

  /** Closed, and nobody is inside: nothing more will come. */
  *isOver(): Visible<boolean> {
    return (yield* this.platform.load(this.cell)) === CLOSED;
  }

  *isClosed(): Visible<boolean> {
    return ((yield* this.platform.load(this.cell)) & CLOSED) !== 0;
  }

  *isRunning(): Visible<boolean> {
    return ((yield* this.platform.load(this.cell)) & RUNNING) !== 0;
  }

  *setRunning(running: boolean): Visible<void> {
    yield* this.platform.add(this.cell, running ? RUNNING : -RUNNING);
  }
}
