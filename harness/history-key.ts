import { assertNever } from '../spec/assert-never.ts';
import { type Event, type History, osThread } from '../spec/history.ts';

/** One thread's records so far, as two 32-bit hashes, and how many of them may prove an order to others. */
type Lane = { readonly thread: string; high: number; low: number; late: number };

function mix(lane: Lane, value: number): void {
  lane.high = Math.imul(lane.high ^ value, 0x01000193);
  const low = Math.imul(lane.low ^ value, 0x85ebca6b);
  lane.low = low ^ (low >>> 15);
}

function mixText(lane: Lane, text: string): void {
  for (let at = 0; at < text.length; at++) mix(lane, text.charCodeAt(at));
}

function mixValue(lane: Lane, value: unknown): void {
  if (typeof value === 'number') {
    mix(lane, value | 0);
    mix(lane, (value / 4_294_967_296) | 0);
  } else if (typeof value === 'string') mixText(lane, value);
  else mixText(lane, JSON.stringify(value));
}

function mixEvent(lane: Lane, event: Event): void {
  const fields = event as unknown as { readonly [name: string]: unknown };
  for (const name in fields) {
    const value = fields[name];
    if (name === 'seq' || value === undefined) continue;
    mix(lane, name.charCodeAt(0) + 256);
    mixValue(lane, value);
  }
}

/** Which sides of the order relation a record can stand on. */
function isEarly(event: Event): boolean {
  switch (event.ev) {
    case 'inv':
    case 'end':
    case 'susp':
    case 'mark':
      return true;
    case 'loop':
      return event.state === 'start';
    case 'ret':
    case 'run':
    case 'resm':
    case 'hnd':
    case 'meta':
    case 'eot':
      return false;
    default:
      return assertNever(event);
  }
}

/**
 * A key that is equal for histories in which every thread recorded the same and the same orders are provable across
 * threads: what judges conclude from, so that such a history needs no second judgement. Stamps may differ. Others have
 * another key with a probability of about 1 - n² / 2^65 among n; a clash could hide a violation, never invent one.
 * O(events × threads).
 */
export function historyKey(history: History): string {
  const lanes: Lane[] = [];
  const laneOf = (label: string): Lane => {
    const thread = osThread(label);
    for (const lane of lanes) if (lane.thread === thread) return lane;
    const lane: Lane = { thread, high: 0x811c9dc5, low: 0x9747b28c, late: 0 };
    lanes.push(lane);
    return lane;
  };
  for (const event of history) {
    const lane = laneOf(event.th);
    if (event.ev === 'meta') {
      mixValue(lane, event.bounds.B);
      continue;
    }
    const early = isEarly(event);
    // What an early record has provably behind it: so many late ones of each other thread.
    if (early)
      for (const other of lanes) if (other !== lane && other.late > 0) mixText(lane, `${other.thread}${other.late}`);
    mixEvent(lane, event);
    if (!early || event.ev === 'mark') lane.late++;
  }
  lanes.sort((a, b) => (a.thread < b.thread ? -1 : 1));
  return lanes.map(({ thread, high, low }) => `${thread}${high >>> 0}.${low >>> 0}`).join();
}
