import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { formatHistory, NotationError, parseHistory } from './notation.ts';
import type { Examples } from './requirement.ts';

const recorded = JSON.parse(readFileSync(new URL('fixtures/judge-examples.json', import.meta.url), 'utf8')) as {
  readonly [id: string]: Examples;
};

function textsOf(examples: Examples): readonly string[] {
  return [...examples.upholds, ...examples.violates, ...examples.unexercised, ...(examples.noFalseAlarm ?? [])];
}

const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ...CATALOGUE.map(({ id, examples }) => [id, textsOf(examples)] as const),
  ...Object.entries(recorded).map(([id, examples]) => [`${id} of the examples`, textsOf(examples)] as const),
];

describe('the one-line notation', () => {
  test.each(TEXTS)('gives back what it wrote: %s', (_, texts) => {
    for (const text of texts) {
      const history = parseHistory(text);
      expect(parseHistory(formatHistory(history))).toEqual(history);
    }
  });

  test('reads no bound as infinite, and the default where none is given', () => {
    expect(parseHistory('M meta B=null G=7')[0]).toMatchObject({ bounds: { B: null, G: 7 } });
    expect(parseHistory('M meta')[0]).toMatchObject({ bounds: { B: 1_000_000_000, G: 0 } });
    expect(parseHistory('M meta B=0')[0]).toMatchObject({ bounds: { B: 0 } });
  });

  test('advances the clock by a microsecond an event, and sets it where told', () => {
    const times = parseHistory('M inv N newLoop ; M ret N ; @5ms M inv a close ; M ret a').map(({ t }) => t);
    expect(times).toEqual([0, 1_000, 5_000_000, 5_001_000]);
  });

  test('takes the innermost open body of the thread for the one that acts', () => {
    const insts = parseHistory(
      'M inv R runUntil body=root ; L run R root ; L inv a callSoon body=x ; L susp R id=a on=a ; M inv b close ; F1 inv c close',
    ).flatMap((event) => (event.ev === 'inv' ? [event.inst] : []));
    expect(insts).toEqual(['main', 'R', 'main', 'F1']);
  });

  test.each([
    { v: 'two words' },
    { v: ' ; ' },
    { v: 'a=b' },
    { v: ['1', 1, null, { x: 'y z' }] },
    { err: 'OTHER(Some text, with spaces)' },
    { v: '7' },
    { v: 'null' },
  ])('keeps any value: %j', (fields) => {
    const history = parseHistory('M inv 1 close ; M ret 1').map((event) =>
      event.ev === 'ret' ? { seq: event.seq, t: event.t, th: event.th, ev: event.ev, id: event.id, ...fields } : event,
    );
    expect(parseHistory(formatHistory(history))).toEqual(history);
  });

  test.each([
    ['M', 'event 1: "M" needs thread and event'],
    ['M inv N newLoop ; M go N', 'event 2: unknown event "go"'],
    ['M inv N newLoop ; M ret', 'event 2: "M ret" needs 1 words after ret'],
    ['M inv N', 'event 1: "M inv N" needs 2 words after inv'],
    ['M eot done now', 'event 1: "M eot done now" needs 1 words after eot'],
  ])('says of "%s" which event is wrong and why', (text, message) => {
    expect(() => parseHistory(text)).toThrow(new NotationError(message));
  });
});
