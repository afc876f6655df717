import type { Message, Platform, Visible } from '../platform.ts';
import { LoopError } from './errors.ts';
import { Gate } from './gate.ts';
import type { Seams } from './seams.ts';
import type { LoopAddress } from './types.ts';

/**
 * The queue through which other threads give a loop work, as one thread sees it. A wake-up cannot be lost: the flag is
 * set after the message is there, and the loop clears it before it takes.
 *
 *   submitter   post ── exchange wake 1 ── (it was 0) notify
 *   loop        exchange wake 0 ── take all ── … nothing to run ── wait while wake is 0
 */
export class Inbox {
  readonly platform: Platform;
  readonly address: LoopAddress;
  readonly gate: Gate;
  private readonly seams: Seams;

  constructor(platform: Platform, address: LoopAddress, seams: Seams) {
    this.platform = platform;
    this.address = address;
    this.gate = new Gate(platform, address.gate);
    this.seams = seams;
  }

  /** The loop will take the message, or CLOSED is thrown and it will not: there is no third outcome. */
  *submit(message: Message, ring: (inbox: Inbox) => Visible<void> = ringInbox): Visible<void> {
    if (!(yield* this.seams.admit(this))) throw new LoopError('CLOSED', 'the loop is closed');
    yield* this.seams.deposit(this, message);
    yield* ring(this);
    yield* this.gate.leave();
  }

  *clear(): Visible<void> {
    yield* this.platform.exchange(this.address.wake, 0);
  }

  take(): Visible<readonly Message[]> {
    return this.seams.take(this);
  }
}

export function* ringInbox({ platform, address }: Inbox): Visible<void> {
  if ((yield* platform.exchange(address.wake, 1)) === 0) yield* platform.notify(address.wake, 1);
}
