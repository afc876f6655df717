import { assertNever } from '../spec/assert-never.ts';
import { type Event, type History, osThread } from '../spec/history.ts';
import { side } from '../spec/relation.ts';

/** One thread's records so far, as two 32-bit hashes, and how many of them may prove an order to others. */
type Lane = { readonly thread: string; high: number; low: number; late: number };

function mix(lane: Lane, value: number): void {
  lane.high = Math.imul(lane.high ^ value, 0x01000193);
  const low = Math.imul(lane.low ^ value, 0x85ebca6b);
  lane.low = low ^ (low >>> 15);
}

function mixText(lane: Lane, text: string): void {
  mix(lane, text.length);
  for (let at = 0; at < text.length; at++) mix(lane, text.charCodeAt(at));
}

function mixValue(lane: Lane, value: unknown): void {
  if (value === undefined || value === null) mix(lane, value === null ? 1 : 2);
  else if (typeof value === 'number') {
    mix(lane, value | 0);
    mix(lane, (value / 4_294_967_296) | 0);
  } else if (typeof value === 'string') mixText(lane, value);
  else if (Array.isArray(value)) {
    mix(lane, value.length + 3);
    for (const item of value) mixValue(lane, item);
  } else {
    for (const name in value) {
      mixText(lane, name);
      mixValue(lane, (value as { readonly [name: string]: unknown })[name]);
    }
    mix(lane, 4);
  }
}

/** Everything that an event says but its stamp. One case a kind: looking fields up by name costs five times as much. */
function mixEvent(lane: Lane, event: Event): void {
  mixText(lane, event.ev);
  mixText(lane, event.th);
  mixValue(lane, event.t);
  switch (event.ev) {
    case 'inv':
      mixValue(lane, event.id);
      mixValue(lane, event.inst);
      mixText(lane, event.step);
      mixText(lane, event.op);
      mixValue(lane, event.args);
      mixValue(lane, event.loop);
      return;
    case 'ret':
      mixValue(lane, event.id);
      mixOutcome(lane, event);
      mixValue(lane, event.done);
      return;
    case 'run':
      mixValue(lane, event.inst);
      mixText(lane, event.body);
      mixValue(lane, event.args);
      return;
    case 'end':
      mixValue(lane, event.inst);
      mixOutcome(lane, event);
      return;
    case 'susp':
      mixValue(lane, event.inst);
      mixValue(lane, event.id);
      mixValue(lane, event.on.ref);
      return;
    case 'resm':
      mixValue(lane, event.inst);
      mixValue(lane, event.id);
      mixOutcome(lane, event);
      return;
    case 'hnd':
      mixValue(lane, event.src);
      mixText(lane, event.err);
      return;
    case 'loop':
      mixText(lane, event.state);
      mixValue(lane, event.err);
      return;
    case 'mark':
      mixValue(lane, event.inst);
      mixText(lane, event.step);
      mixText(lane, event.label);
      mixValue(lane, event.data);
      return;
    case 'eot':
      mixText(lane, event.reason);
      mixValue(lane, event.signal);
      mixValue(lane, event.pending);
      return;
    case 'meta':
      mixValue(lane, event.bounds.B);
      return;
    default:
      assertNever(event);
  }
}

function mixOutcome(lane: Lane, { v, err }: { readonly v?: unknown; readonly err?: string }): void {
  if (err !== undefined) mixText(lane, err);
  else mixValue(lane, v);
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
    const stands = side(event);
    // What an early record has provably behind it: so many late ones of each other thread.
    if (stands !== 'late')
      for (const other of lanes) if (other !== lane && other.late > 0) mixText(lane, `${other.thread}${other.late}`);
    mixEvent(lane, event);
    if (stands !== 'early') lane.late++;
  }
  lanes.sort((a, b) => (a.thread < b.thread ? -1 : 1));
  return lanes.map(({ thread, high, low }) => `${thread}${high >>> 0}.${low >>> 0}`).join();
}
