import type { Fault } from '../../spec/fault.ts';
import type { EndReason, EotEvent, Event, History, MetaEvent } from '../../spec/history.ts';
import type { RecordedEvent, SentEvent, Stamp } from '../../spec/message.ts';
import { pendingOf } from './pending.ts';
import { fault } from './process-fault.ts';

/** The header, up to what every event has. */
export type Header = Omit<MetaEvent, 'seq' | 't' | 'th' | 'ev'>;

export type Ending = {
  readonly reason: EndReason;
  /** Nanoseconds since M began, as the adapter says. */
  readonly t: number;
  readonly signal?: string;
};

/**
 * The History of what an adapter sent, in any order: sorted by stamp, between `meta` and `eot`. A fault where two
 * events carry one stamp: then no order is known. Stamps beyond 2^53 are numbered anew, in their order. O(n log n).
 */
export function assembleHistory(header: Header, sent: readonly SentEvent[], ending: Ending): History | Fault {
  const events = inOrder(sent);
  for (let index = 1; index < events.length; index++) {
    if (events[index]!.seq === events[index - 1]!.seq) return sharedStamp(events[index]!.seq);
  }
  const meta: MetaEvent = { seq: 0, t: 0, th: 'M', ev: 'meta', ...header };
  const last = events.at(-1);
  const eot: EotEvent = {
    seq: (last?.seq ?? 0) + 1,
    t: Math.max(ending.t, last?.t ?? 0),
    th: 'M',
    ev: 'eot',
    reason: ending.reason,
    ...(ending.signal === undefined ? {} : { signal: ending.signal }),
    pending: pendingOf(events),
  };
  return [meta, ...events, eot];
}

function inOrder(sent: readonly SentEvent[]): readonly Event[] {
  if (sent.every((event) => Number.isSafeInteger(Number(event.seq)))) {
    return sent.map((event): Event => withStamp(event, Number(event.seq))).sort((a, b) => a.seq - b.seq);
  }
  const sorted = sent.toSorted((a, b) => compare(a.seq, b.seq));
  let rank = 0;
  return sorted.map((event, index) => {
    if (index === 0 || compare(event.seq, sorted[index - 1]!.seq) !== 0) rank++;
    return withStamp(event, rank);
  });
}

function withStamp(event: SentEvent, seq: number): RecordedEvent {
  return (event.seq === seq ? event : { ...event, seq }) as RecordedEvent;
}

function compare(left: Stamp, right: Stamp): number {
  const [a, b] = [BigInt(left), BigInt(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function sharedStamp(seq: number): Fault {
  return fault(
    'bad-message',
    'adapter',
    `two events carry the stamp ${seq}`,
    'Stamps come from one counter of the process, which is atomic or behind a lock; no event is sent twice.',
  );
}
