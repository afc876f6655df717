import { type Cell, FOREVER, type Platform, type Visible } from './platform.ts';

/**
 * Gates: rendezvous between the threads of a program, each one cell of the harness's own. They use nothing of the
 * implementation, and never wake a loop.
 */
const OPEN = 1;

/** Opens the gate for good. */
export function* signalGate(platform: Platform, gate: Cell): Visible<void> {
  yield* platform.store(gate, OPEN);
  yield* platform.notify(gate, FOREVER);
}

/** Blocks the calling thread until the gate is open. Nobody notifies the cell but who opened it. */
export function* waitForGate(platform: Platform, gate: Cell): Visible<void> {
  yield* platform.wait(gate, 0, FOREVER);
}

/** Blocks until `count` meets of the gate have arrived, this one included; later ones pass at once. */
export function* meetAtGate(platform: Platform, gate: Cell, count: number): Visible<void> {
  let arrived = (yield* platform.add(gate, 1)) + 1;
  if (arrived >= count) {
    yield* platform.notify(gate, FOREVER);
    return;
  }
  while (arrived < count) {
    yield* platform.wait(gate, arrived, FOREVER);
    arrived = yield* platform.load(gate);
  }
}

/** Blocks the calling thread for so long. `cell` is one that nobody else uses. */
export function* pauseThread(platform: Platform, cell: Cell, delayNs: number): Visible<void> {
  const startNs = yield* platform.now();
  yield* platform.wait(cell, 0, startNs + Math.max(0, delayNs));
}
