import { z } from 'zod';
import type { Body, OpName, Program, Step } from './program.ts';
import { errorText, exactlyOneOf, json } from './wire.ts';

/**
 * Programs as zod schemas. Steps and bodies are strict: a misspelt argument would silently mean another program. What
 * types and schemas cannot express is in `well-formed.ts`.
 */
const name = z.string().min(1);
const micros = z.int().min(0);
const loop = { loop: name.exactOptional() };
const to = { to: name.exactOptional() };
const passed = { body: name, as: z.literal('function').exactOptional() };
const context = { context: z.record(z.string(), json).exactOptional() };
const timeoutUs = { timeoutUs: micros.nullable() };
const outcome = { value: json.exactOptional(), error: errorText.exactOptional() };
const subject = { of: name.exactOptional(), body: name.exactOptional() };
const steps: z.ZodType<readonly Step[]> = z.lazy(() => z.array(stepSchema));

type Shape = { readonly [field: string]: z.ZodType };

/** Arguments of every operation, under the operation's name. */
const ARGUMENTS: { readonly [op in OpName]: Shape } = {
  callSoon: { ...passed, ...to, ...loop, ...context },
  callSoonThreadsafe: { ...passed, ...to, ...loop, ...context },
  callLater: { delayUs: z.union([micros, z.literal('none')]), ...passed, ...to, ...loop, ...context },
  callAt: { delayUs: z.union([micros, z.literal('none')]), ...passed, ...to, ...loop, ...context },
  cancelHandle: { of: name },
  createTask: { ...passed, ...to, ...loop, eager: z.boolean().exactOptional(), implicit: z.boolean().exactOptional() },
  ensureFuture: { ...subject, as: z.literal('function').exactOptional(), ...to, ...loop },
  createFuture: { to: name, ...loop },
  setResult: { of: name, ...outcome },
  setException: { of: name, ...outcome },
  complete: { of: name, ...outcome },
  cancelFuture: { of: name },
  query: { of: name },
  result: { of: name },
  exception: { of: name },
  cancelTask: { of: name.exactOptional() },
  uncancel: { of: name.exactOptional() },
  addDoneCallback: { of: name, body: name },
  removeDoneCallback: { of: name, body: name },
  await: subject,
  shield: subject,
  waitFor: { ...subject, ...timeoutUs },
  gather: { of: z.array(name) },
  timeout: { ...timeoutUs, steps },
  sleep: { delayUs: micros },
  spin: { delayUs: micros },
  yield: {},
  time: {},
  cpuTime: {},
  runInExecutor: { ...passed, executor: name.exactOptional(), args: z.array(json).exactOptional(), ...to, ...loop },
  toThread: { body: name },
  makeExecutor: { count: z.int().min(1), to: name },
  shutdownExecutor: { of: name, wait: z.boolean().exactOptional(), cancelFutures: z.boolean().exactOptional() },
  shutdownDefaultExecutor: {},
  runCoroutineThreadsafe: { ...passed, ...to, ...loop },
  concurrentResult: { of: name, timeoutUs: timeoutUs.timeoutUs.exactOptional() },
  concurrentException: { of: name, timeoutUs: timeoutUs.timeoutUs.exactOptional() },
  concurrentCancel: { of: name },
  concurrentQuery: { of: name },
  createConcurrent: { to: name },
  concurrentSet: { of: name, ...outcome },
  concurrentAddDoneCallback: { of: name, body: name },
  newLoop: to,
  runUntil: { ...subject, ...to, ...loop },
  runForever: loop,
  quiesce: loop,
  stop: loop,
  close: loop,
  runner: { body: name },
  setExceptionHandler: { body: name.nullable() },
  setDebug: { value: z.boolean() },
  spawn: { body: name, ...to },
  join: { of: name.exactOptional() },
  signal: { gate: name },
  waitGate: { gate: name },
  meet: { gate: name, count: z.int().min(1).exactOptional() },
  cellWrite: { tag: name, value: json },
  contextSet: { tag: name, value: json },
  cellRead: { tag: name },
  contextGet: { tag: name },
  mark: { tag: name, value: json.exactOptional() },
  return: { value: json },
  raise: { error: errorText },
  try: {
    steps,
    on: z.string().exactOptional(),
    then: steps.exactOptional(),
    finally: steps.exactOptional(),
  },
  repeat: { count: z.int().min(0), steps },
  drop: { of: name },
  collectGarbage: {},
  rawCall: { call: z.lazy(() => stepSchema) },
};

/** Operations that take one of two arguments. */
const ALTERNATIVES: { readonly [op in OpName]?: readonly [string, string] } = {
  ensureFuture: ['of', 'body'],
  setResult: ['value', 'error'],
  setException: ['value', 'error'],
  complete: ['value', 'error'],
  concurrentSet: ['value', 'error'],
  await: ['of', 'body'],
  shield: ['of', 'body'],
  waitFor: ['of', 'body'],
  runUntil: ['of', 'body'],
};

/** Every operation of the language. */
export const OPERATIONS: readonly OpName[] = Object.keys(ARGUMENTS) as OpName[];

function stepOf(op: OpName): z.ZodObject {
  const schema = z.strictObject({ op: z.literal(op), ...ARGUMENTS[op] });
  const either = ALTERNATIVES[op];
  return either === undefined ? schema : exactlyOneOf(schema, ...either);
}

/** One step, with the steps inside it. */
const stepSchema: z.ZodType<Step> = z
  .discriminatedUnion('op', OPERATIONS.map(stepOf) as [z.ZodObject])
  .meta({ id: 'Step' }) as unknown as z.ZodType<Step>;

const bodySchema: z.ZodType<Body> = z.strictObject({
  kind: z.enum(['callback', 'task', 'worker', 'thread']),
  steps,
});

/** A whole program. Fields that the format does not know are dropped at the top level only. */
export const programSchema: z.ZodType<Program> = z
  .object({
    format: z.literal(1),
    name: z.string(),
    needs: z.array(z.string()),
    gates: z.array(name),
    bodies: z.record(name, bodySchema),
    main: steps,
  })
  .meta({ id: 'Program' });
