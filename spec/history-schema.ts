import { z } from 'zod';
import type { Event, OpId, Ref } from './history.ts';
import type { SentEvent } from './message.ts';
import { OPERATIONS } from './program-schema.ts';
import { errorText, exactlyOneOf, json, natural } from './wire.ts';

/**
 * Events of a History as zod schemas. Fields that the format does not know are dropped. References between events are
 * not checked: an adapter may lie, and judges conclude from records alone.
 */
const text = z.string();

/** A decimal string is the same id as the number, as far as numbers are exact. */
const opId: z.ZodType<OpId> = z.union([z.int(), text.transform(toOpId)]);

function toOpId(written: string): OpId {
  return /^(0|[1-9][0-9]{0,15})$/.test(written) && Number.isSafeInteger(Number(written)) ? Number(written) : written;
}

const ref: z.ZodType<Ref> = z.object({ ref: opId.nullable() });
const args = z
  .object({ of: z.union([ref, z.array(ref)]).exactOptional(), executor: ref.exactOptional() })
  .catchall(json);
const result = { v: json.exactOptional(), err: errorText.exactOptional() };
const label = text.regex(/^(M|L|[FW][1-9][0-9]*)$/);
/** Stamp 0 is `meta`. */
const stamp = z.union([z.int().min(1), text.regex(/^[1-9][0-9]*$/)]);
const at = { seq: stamp, t: natural, th: label };

function withResult<S extends z.ZodObject>(schema: S): S {
  return exactlyOneOf(schema, 'v', 'err');
}

const RECORDED = [
  z.object({
    ...at,
    ev: z.literal('inv'),
    id: opId,
    inst: opId,
    step: text,
    op: z.enum(OPERATIONS),
    args,
    loop: ref.exactOptional(),
  }),
  withResult(z.object({ ...at, ev: z.literal('ret'), id: opId, ...result, done: z.boolean().exactOptional() })),
  z.object({ ...at, ev: z.literal('run'), inst: opId, body: text, args: json.exactOptional() }),
  withResult(z.object({ ...at, ev: z.literal('end'), inst: opId, ...result })),
  z.object({ ...at, ev: z.literal('susp'), inst: opId, id: opId, on: ref }),
  withResult(z.object({ ...at, ev: z.literal('resm'), inst: opId, id: opId, ...result })),
  z.object({ ...at, ev: z.literal('hnd'), src: opId.nullable(), err: errorText }),
  z.object({
    ...at,
    ev: z.literal('loop'),
    state: z.enum(['start', 'stop', 'closed']),
    err: errorText.exactOptional(),
  }),
  z.object({ ...at, ev: z.literal('mark'), inst: opId, step: text, label: text, data: json.exactOptional() }),
] as const;

const bounds = z.object({ B: z.number().min(0).nullable(), G: z.number().min(0) });

const meta = z.object({
  ...at,
  seq: z.literal(0),
  ev: z.literal('meta'),
  format: z.literal(1),
  implementation: text,
  version: text,
  capabilities: z.array(text),
  parameters: z.record(text, json),
  bounds,
});

const eot = z.object({
  ...at,
  ev: z.literal('eot'),
  reason: z.enum(['done', 'deadlock', 'deadline', 'step-cap', 'crashed']),
  signal: text.exactOptional(),
  pending: z.array(opId),
});

/** An event as an adapter sends it. */
export const sentEventSchema: z.ZodType<SentEvent> = z
  .discriminatedUnion('ev', RECORDED)
  .meta({ id: 'SentEvent' }) as unknown as z.ZodType<SentEvent>;

/** A line of a History, the driver's own included. */
export const eventSchema: z.ZodType<Event> = z
  .discriminatedUnion('ev', [meta, ...RECORDED, eot])
  .meta({ id: 'Event' }) as unknown as z.ZodType<Event>;
