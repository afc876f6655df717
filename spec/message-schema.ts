import { z } from 'zod';
import { sentEventSchema } from './history-schema.ts';
import type { Done, DumpedThread, FromAdapter, Ready, Samples, Stray, ToAdapter } from './message.ts';
import { programSchema } from './program-schema.ts';
import { json, natural } from './wire.ts';

/** The protocol's messages as zod schemas. Fields that the protocol does not know are dropped. */
const text = z.string();
const re = z.int();
const id = z.int();
const count = natural.nullable();
const nanos = z.array(z.number().min(0)).default([]);

const ready: z.ZodType<Ready> = z.object({
  type: z.literal('ready'),
  re,
  protocol: z.int(),
  adapter: z.object({ name: text.min(1), version: text, language: text }),
  implementation: z.object({
    name: text.min(1),
    version: text,
    language: text,
    runtimeVersion: text,
    os: text.nullable().optional(),
    homepage: text.nullable().optional(),
    issues: text.nullable().optional(),
  }),
  capabilities: z.array(text),
  parameters: z.record(text, json),
  limits: z.object({ events: count, threads: count }).default({ events: null, threads: null }),
  clock: z.object({ stamp: z.enum(['atomic', 'locked']), resolutionNs: z.number().min(0) }),
});

const samples: z.ZodType<Samples> = z.object({
  wakeUpNs: nanos,
  timerLatenessNs: nanos,
  stampCostNs: nanos,
  clockStepNs: nanos,
});

const stray: z.ZodType<Stray> = z.object({ th: text, err: text });

const done: z.ZodType<Done> = z.object({
  type: z.literal('done'),
  re,
  t: natural,
  outcome: z.enum(['done', 'deadline']),
  events: natural,
  leaked: z
    .object({ threads: count, tasks: count, handles: count })
    .default({ threads: null, tasks: null, handles: null }),
  stray: z.array(stray).default([]),
});

const thread: z.ZodType<DumpedThread> = z.object({ th: text.nullable(), name: text, stack: z.array(text) });

/** What an adapter may say. */
export const fromAdapterSchema: z.ZodType<FromAdapter> = z
  .discriminatedUnion('type', [
    ready as unknown as z.ZodObject<{ type: z.ZodLiteral<'ready'> }>,
    z.object({ type: z.literal('calibrated'), re, samples }),
    z.object({ type: z.literal('started'), re }),
    z.object({ type: z.literal('rejected'), re, operation: text, reason: text }),
    z.object({ type: z.literal('events'), re, first: natural, events: z.array(sentEventSchema) }),
    done as unknown as z.ZodObject<{ type: z.ZodLiteral<'done'> }>,
    z.object({
      type: z.literal('dump'),
      re,
      threads: z.array(thread),
      queues: z.record(text, json).default({}),
      progress: natural,
    }),
    z.object({ type: z.literal('pong'), re, progress: natural }),
    z.object({
      type: z.literal('error'),
      re: re.nullable(),
      code: text,
      definite: z.boolean(),
      message: text,
      traceback: text.nullable().default(null),
    }),
  ])
  .meta({ id: 'FromAdapter' }) as unknown as z.ZodType<FromAdapter>;

/** What crossloop may say. */
export const toAdapterSchema: z.ZodType<ToAdapter> = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('hello'), id, protocol: z.object({ min: z.int(), max: z.int() }), suite: text }),
    z.object({ type: z.literal('calibrate'), id, count: z.int().min(1) }),
    z.object({
      type: z.literal('run'),
      id,
      program: programSchema,
      seed: z.int(),
      options: z.object({
        debug: z.boolean(),
        switchIntervalUs: z.int().min(1),
        noise: z.number().min(0).max(1),
      }),
    }),
    z.object({ type: z.literal('abort'), id, run: z.int() }),
    z.object({ type: z.literal('ping'), id }),
    z.object({ type: z.literal('stop'), id }),
  ])
  .meta({ id: 'ToAdapter' }) as unknown as z.ZodType<ToAdapter>;
