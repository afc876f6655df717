import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { eventSchema, sentEventSchema } from './history-schema.ts';
import { jsonSchema, SCHEMA_NAMES } from './json-schema.ts';
import { fromAdapterSchema, toAdapterSchema } from './message-schema.ts';
import { parseHistory } from './notation.ts';
import { programSchema } from './program-schema.ts';

const ZOD: { readonly [name: string]: z.ZodType } = {
  program: programSchema,
  event: eventSchema,
  'sent-event': sentEventSchema,
  'from-adapter': fromAdapterSchema,
  'to-adapter': toAdapterSchema,
};

const ajv = new Ajv2020({ strict: false });
const published = new Map(SCHEMA_NAMES.map((name) => [name, ajv.compile(jsonSchema(name)!)]));

/** What both say of a value; a difference is shown as such. */
function verdict(name: string, value: unknown): string {
  const ours = ZOD[name]!.safeParse(value).success ? 'good' : 'bad';
  const theirs = published.get(name)!(value) ? 'good' : 'bad';
  return ours === theirs ? ours : `zod says ${ours}, the JSON Schema ${theirs}`;
}

const programs = new URL('../impl/cases/programs/', import.meta.url);
const program = {
  format: 1,
  name: 'p',
  needs: [],
  gates: [],
  bodies: { b: { kind: 'callback', steps: [] } },
  main: [{ op: 'newLoop' }],
};
const withStep = (step: object) => ({ ...program, main: [{ op: 'newLoop' }, step] });

const READY = {
  type: 'ready',
  re: 1,
  protocol: 1,
  adapter: { name: 'a', version: '1', language: 'c' },
  implementation: { name: 'i', version: '1', language: 'c', runtimeVersion: '11' },
  capabilities: ['ON-LOOP'],
  parameters: { timerEarlyNs: 0 },
  clock: { stamp: 'atomic', resolutionNs: 1 },
};
const DONE = { type: 'done', re: 3, t: 61, outcome: 'done', events: 4 };
const INV = { seq: 1, t: 0, th: 'M', ev: 'inv', id: 1, inst: 'main', step: '0', op: 'newLoop', args: {} };
const RET = { seq: 2, t: 0, th: 'M', ev: 'ret', id: 1, v: { ref: 1 } };
const END = { seq: 3, t: 0, th: 'L', ev: 'end', inst: 1, v: null };
const META = {
  ...{ seq: 0, t: 0, th: 'M', ev: 'meta', format: 1, implementation: 'i', version: '1', capabilities: [] },
  ...{ parameters: {}, bounds: { B: null, G: 0 } },
};

test.each(readdirSync(programs))('the committed program %s is a Program', (file) => {
  expect(verdict('program', JSON.parse(readFileSync(new URL(file, programs), 'utf8')))).toBe('good');
});

test.each<readonly [string, unknown]>([
  ['program', { ...program, $schema: 'x' }],
  ['program', withStep({ op: 'await', of: 'f' })],
  ['program', withStep({ op: 'callLater', body: 'b', delayUs: 'none' })],
  ['program', withStep({ op: 'setResult', of: 'f', value: null })],
  ['program', withStep({ op: 'try', steps: [], on: 'ANY', then: [{ op: 'repeat', count: 2, steps: [] }] })],
  ['program', withStep({ op: 'rawCall', call: { op: 'callSoon', body: 'b' } })],
  ['from-adapter', READY],
  ['from-adapter', { ...READY, implementation: { ...READY.implementation, homepage: null }, later: 'x' }],
  ['from-adapter', DONE],
  ['from-adapter', { ...DONE, t: '90071992547409931' }],
  ['from-adapter', { ...DONE, leaked: { threads: 0, tasks: null, handles: null }, stray: [{ th: 'F1', err: 'x' }] }],
  ['from-adapter', { type: 'events', re: 3, first: 0, events: [INV, RET, END] }],
  ['from-adapter', { type: 'calibrated', re: 2, samples: { wakeUpNs: [1.5] } }],
  ['from-adapter', { type: 'error', re: null, code: 'bad-line', definite: true, message: 'm' }],
  ['from-adapter', { type: 'dump', re: 3, threads: [{ th: null, name: 'x', stack: [] }], progress: 0 }],
  ['sent-event', { ...INV, seq: '90071992547409931', unheardOf: 1 }],
  ['sent-event', { ...INV, op: 'await', args: { of: { ref: null } } }],
  ['sent-event', { ...INV, op: 'gather', args: { of: [{ ref: 1 }, { ref: 'x' }] } }],
  ['sent-event', { seq: 1, t: 0, th: 'L', ev: 'hnd', src: null, err: 'OTHER(none)' }],
  ['sent-event', { ...END, v: undefined, err: 'USER(two\nlines)' }],
  ['event', META],
  ['event', { seq: 9, t: 0, th: 'M', ev: 'eot', reason: 'crashed', signal: 'SIGSEGV', pending: [1, 'x'] }],
  ['to-adapter', { type: 'hello', id: 1, protocol: { min: 1, max: 1 }, suite: '0.1.0' }],
  ['to-adapter', { type: 'run', id: 3, program, seed: 1, options: { debug: false, switchIntervalUs: 50, noise: 0.3 } }],
])('a good %s is accepted by zod and by the published schema: %j', (name, value) => {
  expect(verdict(name, JSON.parse(JSON.stringify(value)))).toBe('good');
});

test.each<readonly [string, unknown]>([
  ['program', { ...program, format: 2 }],
  ['program', withStep({ op: 'jump' })],
  ['program', withStep({ op: 'sleep', delayMs: 1 })],
  ['program', withStep({ op: 'sleep', delayUs: 0.5 })],
  ['program', withStep({ op: 'sleep', delayUs: 1, delayMs: 1 })],
  ['program', withStep({ op: 'await', of: 'f', body: 'b' })],
  ['program', withStep({ op: 'setResult', of: 'f' })],
  ['program', withStep({ op: 'raise', error: 'ValueError' })],
  ['program', withStep({ op: 'repeat', count: 2, steps: [{ op: 'jump' }] })],
  ['from-adapter', { ...READY, protocol: '1' }],
  ['from-adapter', { ...READY, implementation: { name: 'i' } }],
  ['from-adapter', { ...READY, clock: { stamp: 'none', resolutionNs: 1 } }],
  ['from-adapter', { ...DONE, re: undefined }],
  ['from-adapter', { ...DONE, outcome: 'fine' }],
  ['from-adapter', { ...DONE, t: -1 }],
  ['from-adapter', { type: 'unheard-of', re: 3 }],
  ['from-adapter', { type: 'events', re: 3, first: 0, events: [{ ...RET, seq: 0 }] }],
  ['from-adapter', { type: 'events', re: 3, first: 0, events: [META] }],
  ['from-adapter', []],
  ['from-adapter', null],
  ['sent-event', { ...INV, th: 'T1' }],
  ['sent-event', { ...INV, th: 'W0' }],
  ['sent-event', { ...INV, op: 'call_soon' }],
  ['sent-event', { ...INV, op: 'await', args: { of: 'slot' } }],
  ['sent-event', { ...RET, err: 'CANCELLED' }],
  ['sent-event', { ...RET, v: undefined }],
  ['sent-event', { ...END, v: undefined, err: 'KeyError' }],
  ['event', { ...META, seq: 1 }],
  ['event', { seq: 9, t: 0, th: 'M', ev: 'eot', reason: 'bored', pending: [] }],
  ['to-adapter', { type: 'abort', id: 1 }],
])('a bad %s is refused by zod and by the published schema: %j', (name, value) => {
  expect(verdict(name, JSON.parse(JSON.stringify(value)))).toBe('bad');
});

test('a history written in the notation is a History', () => {
  const history = parseHistory('M meta B=1000000000 G=0 ; M inv n newLoop ; M ret n v={"ref":"n"} ; M eot done');
  expect(history.map((event) => verdict('event', event))).toEqual(['good', 'good', 'good', 'good']);
});

test('an id is the same whether it is written as a number or as a decimal string', () => {
  expect(sentEventSchema.parse({ ...RET, id: '17' })).toMatchObject({ id: 17 });
  expect(sentEventSchema.parse({ ...RET, id: '90071992547409931' })).toMatchObject({ id: '90071992547409931' });
});

test('a value that is nested too deeply is refused, however deep it is', () => {
  let value: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) value = [value];
  expect(sentEventSchema.safeParse({ ...RET, v: value }).success).toBe(false);
});

test('there is no schema of an unknown name', () => {
  expect(jsonSchema('verdict')).toBeUndefined();
});
