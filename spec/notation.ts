import { assertNever } from './assert-never.ts';
import { type Args, DEFAULT_BOUNDS, type Event, type EventBody, type History, type OpId } from './history.ts';
import type { Json } from './program.ts';

/**
 * The one-line notation of histories (contract 4): events separated by ` ; `, each `thread ev words key=value…`.
 * `inst` defaults to the innermost body open on that thread, and to `main` on M; `@120us` before an event sets the
 * clock, which else advances 1 us an event. Used by examples, tests and `explain`.
 */
const NANOS: { readonly [unit: string]: number } = { ns: 1, us: 1_000, ms: 1_000_000, s: 1_000_000_000 };
const STEP_NS = 1_000;
const REF_KEYS: ReadonlySet<string> = new Set(['of', 'on', 'loop']);
const INV_FIELDS: ReadonlySet<string> = new Set(['inst', 'step', 'id', 'loop']);

/** A mistake in an example; names the event and what was expected. */
export class NotationError extends Error {}

type Words = { readonly plain: readonly string[]; readonly keyed: { readonly [key: string]: Json } };

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function toRef(value: Json): Json {
  return Array.isArray(value) ? value.map((ref) => ({ ref: ref as Json })) : { ref: value };
}

function parseWords(words: readonly string[]): Words {
  const plain: string[] = [];
  const keyed: { [key: string]: Json } = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 0) plain.push(word);
    else {
      const key = word.slice(0, at);
      const text = word.slice(at + 1);
      keyed[key] = key === 'step' ? text : REF_KEYS.has(key) ? toRef(parseValue(text)) : parseValue(text);
    }
  }
  return { plain, keyed };
}

/** Bodies open on each thread, innermost last, to fill in `inst`. */
class OpenBodies {
  private readonly stacks: Map<string, OpId[]> = new Map();

  private stack(th: string): OpId[] {
    const key = th === 'M' ? 'L' : th;
    let stack = this.stacks.get(key);
    if (stack === undefined) {
      stack = [];
      this.stacks.set(key, stack);
    }
    return stack;
  }

  innermost(th: string): OpId {
    return (th === 'M' ? undefined : this.stack(th).at(-1)) ?? (th === 'M' ? 'main' : th);
  }

  enter(th: string, inst: OpId): void {
    this.stack(th).push(inst);
  }

  leave(th: string, inst: OpId): void {
    const stack = this.stack(th);
    const at = stack.lastIndexOf(inst);
    if (at >= 0) stack.splice(at, 1);
  }
}

/** How many plain words each event needs. */
const WORDS: { readonly [ev in Event['ev']]: number } = {
  meta: 0,
  inv: 2,
  ret: 1,
  run: 2,
  end: 1,
  susp: 1,
  resm: 1,
  hnd: 1,
  loop: 1,
  mark: 1,
  eot: 1,
};

function bodyOf(ev: Event['ev'], words: Words, inst: () => OpId): EventBody {
  const { keyed } = words;
  const [word, second] = words.plain as [string, string];
  const first: OpId = /^\d+$/.test(word) ? Number(word) : word;
  switch (ev) {
    case 'meta': {
      const { B, G, ...rest } = keyed;
      const bounds = {
        B: (B === undefined ? DEFAULT_BOUNDS.B : B) as number | null,
        G: (G === undefined ? DEFAULT_BOUNDS.G : G) as number,
      };
      return {
        ev,
        format: 1,
        implementation: 'example',
        version: '0',
        capabilities: [],
        parameters: {},
        bounds,
        ...rest,
      };
    }
    case 'inv': {
      const args = Object.fromEntries(Object.entries(keyed).filter(([key]) => !INV_FIELDS.has(key))) as Args;
      const fields = Object.fromEntries(Object.entries(keyed).filter(([key]) => INV_FIELDS.has(key)));
      return { ev, id: first, op: second, inst: inst(), step: '0', args, ...fields } as EventBody;
    }
    case 'ret':
      return { ev, id: first, ...('err' in keyed || 'v' in keyed ? {} : { v: null }), ...keyed } as EventBody;
    case 'run':
      return { ev, inst: first, body: second, ...keyed } as EventBody;
    case 'end':
      return { ev, inst: first, ...('err' in keyed || 'v' in keyed ? {} : { v: null }), ...keyed } as EventBody;
    case 'susp':
    case 'resm':
      return {
        ev,
        inst: first,
        ...(ev === 'resm' && !('err' in keyed || 'v' in keyed) ? { v: null } : {}),
        ...keyed,
      } as EventBody;
    case 'hnd':
      return { ev, src: first === 'null' ? null : first, ...keyed } as EventBody;
    case 'loop':
      return { ev, state: first, ...keyed } as EventBody;
    case 'mark':
      return { ev, label: word, inst: inst(), step: '0', ...keyed } as EventBody;
    case 'eot':
      return { ev, reason: first, pending: [], ...keyed } as EventBody;
    default:
      return assertNever(ev);
  }
}

function isEventName(ev: string): ev is Event['ev'] {
  return Object.hasOwn(WORDS, ev);
}

/** Reads a history. `seq` are 1, 2, 3…, `meta` 0. Throws NotationError on what it cannot read. */
export function parseHistory(text: string): History {
  const open = new OpenBodies();
  const events: Event[] = [];
  let t = 0;
  for (const [index, part] of text.split(' ; ').entries()) {
    const words = part.trim().split(/\s+/);
    const clock = /^@(\d+)(ns|us|ms|s)$/.exec(words[0] ?? '');
    if (clock) {
      t = Number(clock[1]) * NANOS[clock[2]!]!;
      words.shift();
    } else if (index > 0) t += STEP_NS;
    const [th, ev, ...rest] = words;
    if (th === undefined || ev === undefined)
      throw new NotationError(`event ${index + 1}: "${part}" needs thread and event`);
    if (!isEventName(ev)) throw new NotationError(`event ${index + 1}: unknown event "${ev}"`);
    const parsed = parseWords(rest);
    if (parsed.plain.length !== WORDS[ev])
      throw new NotationError(`event ${index + 1}: "${part.trim()}" needs ${WORDS[ev]} words after ${ev}`);
    const body = bodyOf(ev, parsed, () => open.innermost(th));
    if (body.ev === 'run') open.enter(th, body.inst);
    if (body.ev === 'resm') open.enter(th, body.inst);
    if (body.ev === 'end' || body.ev === 'susp') open.leave(th, body.inst);
    events.push({ seq: ev === 'meta' ? 0 : index + 1, t: ev === 'meta' ? 0 : t, th, ...body } as Event);
  }
  return events;
}

function formatValue(key: string, value: unknown): string {
  if (REF_KEYS.has(key)) {
    const refs = Array.isArray(value) ? value.map((ref) => ref.ref) : (value as { ref: unknown }).ref;
    return formatValue('', refs);
  }
  if (typeof value === 'string' && /^[A-Za-z_][\w.()#-]*$/.test(value) && parseValue(value) === value) return value;
  // Words end at a space, so that one inside a text is written as its escape.
  return JSON.stringify(value).replaceAll(' ', '\\u0020');
}

function formatKeyed(fields: object, left: readonly string[]): string {
  return Object.entries(fields)
    .filter(([key, value]) => !left.includes(key) && value !== undefined)
    .map(([key, value]) => ` ${key}=${formatValue(key, value)}`)
    .join('');
}

const COMMON = ['seq', 't', 'th', 'ev'];

/** One event without its stamp and time, as `parseHistory` reads it. */
export function formatEvent(event: Event): string {
  const head = `${event.th} ${event.ev}`;
  switch (event.ev) {
    case 'meta': {
      const { bounds, capabilities, parameters } = event;
      const declared = [
        capabilities.length > 0 && { capabilities },
        Object.keys(parameters).length > 0 && { parameters },
      ];
      return `${head} B=${bounds.B} G=${bounds.G}${declared.map((fields) => formatKeyed(fields || {}, [])).join('')}`;
    }
    case 'inv':
      return `${head} ${event.id} ${event.op} step=${event.step}${formatKeyed(event.args, [])}${formatKeyed(event, [...COMMON, 'id', 'op', 'args', 'step'])}`;
    case 'ret':
      return `${head} ${event.id}${formatKeyed(event, [...COMMON, 'id'])}`;
    case 'run':
      return `${head} ${event.inst} ${event.body}${formatKeyed(event, [...COMMON, 'inst', 'body'])}`;
    case 'end':
    case 'susp':
    case 'resm':
      return `${head} ${event.inst}${formatKeyed(event, [...COMMON, 'inst'])}`;
    case 'hnd':
      return `${head} ${event.src}${formatKeyed(event, [...COMMON, 'src'])}`;
    case 'loop':
      return `${head} ${event.state}${formatKeyed(event, [...COMMON, 'state'])}`;
    case 'mark':
      return `${head} ${event.label} step=${event.step}${formatKeyed(event, [...COMMON, 'label', 'step'])}`;
    case 'eot':
      return `${head} ${event.reason}${formatKeyed(event, [...COMMON, 'reason'])}`;
    default:
      return assertNever(event);
  }
}

/** The whole history on one line; `parseHistory` gives it back up to stamps (renumbered) and the name in `meta`. */
export function formatHistory(history: History): string {
  return history.map((event) => `@${event.t}ns ${formatEvent(event)}`).join(' ; ');
}
