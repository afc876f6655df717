import type { Actor } from './interpret-actor.ts';
import type { Call } from './interpret-step.ts';
import type { Message, Visible } from './platform.ts';
import { ConcurrentFuture } from './reference/concurrent-future.ts';
import { Executor } from './reference/executor.ts';
import { RemoteHandle } from './reference/remote-handle.ts';
import type { Crossing, Held } from './slots-held.ts';

/** Position of a slot among a program's; a shared one also has a flag cell and a port of the same position. */
export type Slot = {
  readonly name: string;
  readonly index: number;
  readonly isShared: boolean;
  /** Some step may empty it: what a thread has seen in it may be gone. */
  readonly isDropped: boolean;
  /** Position among the shared slots' flags and ports, -1 for others. */
  readonly place: number;
};

const EMPTY = 0;
const FILLED = 1;
const DROPPED = 2;

/**
 * One thread's slots. A slot that only one thread uses costs no visible operation. A shared one is a flag cell and a
 * port: its writer posts how to find the object and then sets the flag, a reader looks at the flag and peeks.
 *
 *   writer   post(port, [kind, ref, address])   store(flag, 1)
 *   reader                                      load(flag) = 1   peek(port) → its own object, kept
 */
export class Slots {
  private readonly held: (Held | undefined)[] = [];

  /** Reads the slots of a call that no other thread fills. */
  read(call: Call): void {
    const { of, executor } = call.step;
    if (of !== null) call.of = this.held[of.index];
    if (executor !== null) call.executor = this.held[executor.index];
  }

  *readShared(actor: Actor, call: Call): Visible<void> {
    const { of, executor } = call.step;
    if (of !== null) call.of = yield* this.find(actor, of);
    if (executor !== null) call.executor = yield* this.find(actor, executor);
  }

  write(slot: Slot, held: Held): void {
    this.held[slot.index] = held;
  }

  *publish(actor: Actor, slot: Slot, held: Held): Visible<void> {
    this.held[slot.index] = held;
    const { cells, ports } = actor.shared;
    yield* actor.platform.post(ports[slot.place]!, crossingOf(actor, held) as Message);
    yield* actor.platform.store(cells + slot.place, FILLED);
  }

  *drop(actor: Actor, slot: Slot): Visible<void> {
    this.held[slot.index] = undefined;
    if (slot.isShared) yield* actor.platform.store(actor.shared.cells + slot.place, DROPPED);
  }

  private *find(actor: Actor, slot: Slot): Visible<Held | undefined> {
    const known = this.held[slot.index];
    if (!slot.isShared || (known !== undefined && !slot.isDropped)) return known;
    const { cells, ports } = actor.shared;
    const state = yield* actor.platform.load(cells + slot.place);
    if (state === EMPTY || state === DROPPED) return undefined;
    if (known !== undefined) return known;
    const found = ownObject(actor, (yield* actor.platform.peek(ports[slot.place]!)) as unknown as Crossing);
    this.held[slot.index] = found;
    return found;
  }
}

/** What another thread needs to make its own object. */
function crossingOf(actor: Actor, held: Held): Crossing {
  const { kind, ref, thing } = held;
  switch (kind) {
    case 'future':
      return ['elsewhere', ref, actor.homeLoop().exposeFuture(thing)];
    case 'handle':
      return ['elsewhere', ref, -1];
    case 'concurrent':
    case 'executor':
    case 'remote-handle':
      return [kind, ref, thing.address];
    case 'thread':
    case 'elsewhere':
      return [kind, ref, thing];
  }
}

function ownObject(actor: Actor, [kind, ref, address]: Crossing): Held {
  const { platform, functions, setting } = actor;
  switch (kind) {
    case 'concurrent':
      return { kind, ref, thing: ConcurrentFuture.at(platform, functions, address as never, setting.seams) };
    case 'executor':
      return { kind, ref, thing: Executor.at(platform, functions, address as never) };
    case 'remote-handle':
      return { kind, ref, thing: RemoteHandle.at(platform, address as never) };
    default:
      return { kind: kind as 'elsewhere', ref, thing: address as number };
  }
}
