import { check } from '../spec/check.ts';
import type { Event, EventBody, History } from '../spec/history.ts';
import type { Requirement } from '../spec/requirement.ts';

/**
 * Shows that a judge bites: takes a recorded history that upholds a requirement, damages it in one place, and asks
 * whether the verdict turns. Eight kinds of damage, each tried at every place until one bites.
 */
export const MUTATIONS: readonly ['drop', 'hang', 'duplicate', 'invent', 'swap', 'value', 'error', 'thread'] = [
  'drop',
  'hang',
  'duplicate',
  'invent',
  'swap',
  'value',
  'error',
  'thread',
];
export type Mutation = (typeof MUTATIONS)[number];

const LATER_NS = 60_000_000_000;
/** Two events are swapped over at most so many others: all pairs of a long history cost more than they find. */
const SWAP_DISTANCE_MAX = 40;
const UNDONE = { done: false, cancelled: false, running: false };

/** Puts the events of a list on the stamps (and, in their order, the times) of a history of the same length. */
function restamp(events: readonly Event[], like: History): History {
  return events.map((event, at) => ({ ...event, seq: like[at]!.seq, t: like[at]!.t }));
}

function replaced(history: History, at: number, event: Event): History {
  return history.map((old, position) => (position === at ? event : old));
}

function* swaps(history: History, at: number): Generator<History> {
  for (let other = at + 1; other < Math.min(history.length - 1, at + SWAP_DISTANCE_MAX); other++) {
    const events = [...history];
    [events[at], events[other]] = [history[other]!, history[at]!];
    yield restamp(events, history);
  }
}

function* values(history: History, at: number): Generator<History> {
  const event = history[at]!;
  if ('v' in event) {
    const own = event.ev === 'ret' ? [{ ref: event.id }] : [];
    for (const v of [999, null, true, false, { ...UNDONE, done: true }, UNDONE, ...own])
      yield replaced(history, at, { ...event, v } as Event);
  }
  if (event.ev === 'mark') {
    const data = event.data as { readonly tag?: string | null; readonly v?: unknown } | undefined;
    const other = data !== null && typeof data === 'object' && 'v' in data ? { ...data, v: -1 } : -1;
    yield replaced(history, at, { ...event, data: other });
  }
  // Everything from here on happened a minute later; or this moment came before all others.
  yield history.map((old, position) => (position >= at ? { ...old, t: old.t + LATER_NS } : old));
  yield replaced(history, at, { ...event, t: 0 });
}

function* errors(history: History, at: number): Generator<History> {
  const event = history[at]!;
  if (event.ev === 'hnd') yield replaced(history, at, { ...event, err: 'OTHER(Wrong)' });
  if (event.ev === 'eot') {
    yield replaced(history, at, { ...event, reason: 'crashed', signal: 'SIGSEGV' });
    yield replaced(history, at, { ...event, reason: 'deadlock' });
  }
  if (event.ev === 'inv' && event.op === 'raise') return;
  if (!('v' in event) && !('err' in event)) return;
  if (event.ev === 'hnd' || event.ev === 'loop') return;
  const { v: _, ...rest } = event as Event & { readonly v?: unknown };
  for (const err of ['OTHER(Wrong)', 'CANCELLED', 'WRONG_THREAD'])
    yield replaced(history, at, { ...rest, err } as Event);
  yield replaced(history, at, { ...rest, err: 'TIMEOUT', ...(event.ev === 'ret' ? { done: false } : {}) } as Event);
  const { err: __, ...plain } = event as Event & { readonly err?: string };
  if ('err' in event) yield replaced(history, at, { ...plain, v: null } as Event);
}

/** Puts events behind a place, on its thread's clock; stamps behind it move up. */
function inserted(history: History, at: number, bodies: readonly (EventBody & { readonly th: string })[]): History {
  const { seq, t } = history[at]!;
  const events = bodies.map((body, place): Event => ({ ...body, seq: seq + 1 + place, t }) as Event);
  const later = history.slice(at + 1).map((event) => ({ ...event, seq: event.seq + bodies.length }));
  return [...history.slice(0, at + 1), ...events, ...later];
}

/** What never happened: here a body runs that was not to run, or the handler hears of an error that it was not to. */
function* inventions(history: History, at: number): Generator<History> {
  const event = history[at]!;
  if (event.ev === 'eot') return;
  const ran = new Set(history.flatMap((other) => (other.ev === 'run' ? [other.inst] : [])));
  for (const other of history) {
    if (other.seq > event.seq) break;
    if (other.ev === 'inv' && typeof other.args['body'] === 'string' && !ran.has(other.id)) {
      const run = { ev: 'run', inst: other.id, body: other.args['body'] } as const;
      const end = { ev: 'end', inst: other.id, v: null } as const;
      for (const th of ['L', 'W1'])
        yield inserted(history, at, [
          { ...run, th },
          { ...end, th },
        ]);
    }
    if (other.ev === 'end' && other.err !== undefined)
      yield inserted(history, at, [{ ev: 'hnd', src: other.inst, err: other.err, th: 'L' }]);
  }
}

function* threads(history: History, at: number): Generator<History> {
  const event = history[at]!;
  if (event.ev === 'meta' || event.ev === 'eot') return;
  for (const th of event.th === 'L' || event.th === 'M' ? ['F9'] : ['L', 'F9'])
    yield replaced(history, at, { ...event, th });
}

function* damaged(history: History, mutation: Mutation, at: number): Generator<History> {
  switch (mutation) {
    case 'drop':
      yield history.filter((_, position) => position !== at);
      break;
    case 'hang': {
      const { seq, t } = history[at]!;
      yield [...history.slice(0, at), { seq, t, th: 'M', ev: 'eot', reason: 'deadlock', pending: [] }];
      break;
    }
    case 'duplicate': {
      const event = history[at]!;
      const events = [...history.slice(0, at + 1), event, ...history.slice(at + 1)];
      yield events.map((old, position) => ({ ...old, seq: position > at ? old.seq + 1 : old.seq }));
      break;
    }
    case 'invent':
      yield* inventions(history, at);
      break;
    case 'swap':
      yield* swaps(history, at);
      break;
    case 'value':
      yield* values(history, at);
      break;
    case 'error':
      yield* errors(history, at);
      break;
    case 'thread':
      yield* threads(history, at);
  }
}

/** Of these kinds of damage, the ones that turn the requirement's verdict on this history into violated. */
export function bites(
  history: History,
  requirement: Requirement,
  mutations: readonly Mutation[] = MUTATIONS,
): ReadonlySet<Mutation> {
  const turned = new Set<Mutation>();
  for (const mutation of mutations) {
    if (
      someDamage(
        history,
        mutation,
        (candidate) => check(candidate, [requirement]).get(requirement.id)!.kind === 'violated',
      )
    ) {
      turned.add(mutation);
    }
  }
  return turned;
}

function someDamage(history: History, mutation: Mutation, turns: (candidate: History) => boolean): boolean {
  for (let at = 1; at < history.length; at++) {
    for (const candidate of damaged(history, mutation, at)) if (turns(candidate)) return true;
  }
  return false;
}
