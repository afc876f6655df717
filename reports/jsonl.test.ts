import { describe, expect, test } from 'vitest';
import {
  counterexample,
  faultOf,
  INFO,
  implementationOf,
  inconclusive,
  judgedRun,
  programResult,
  resultOf,
  runOf,
  UPHELD,
  violated,
} from './fixtures/run.ts';
import { RunFormatError, readRun, writeRun } from './jsonl.ts';

const RUN = runOf(
  implementationOf({
    programs: [programResult(0), programResult(1, [faultOf({ stderr: 'a\nb' })])],
    requirements: [resultOf('A-1', UPHELD), resultOf('C-1', violated())],
    counterexamples: [counterexample('C-1')],
    inconclusive: [inconclusive()],
    fault: faultOf(),
  }),
);
/** Header, implementation, two programs, two requirements, a counterexample, a hung program, footer. */
const LINES = writeRun(RUN).trimEnd().split('\n');

function errorOf(lines: readonly string[]): string {
  try {
    readRun(lines.join('\n'));
  } catch (error) {
    expect(error).toBeInstanceOf(RunFormatError);
    return (error as Error).message;
  }
  return 'no error';
}

describe('run.jsonl', () => {
  test('gives back what was written', () => {
    expect(readRun(writeRun(RUN))).toEqual(RUN);
  });

  test('gives back a run of two implementations, each with its own parts', () => {
    const [first] = RUN.implementations;
    const info = { ...INFO, key: 'other' };
    const second = implementationOf({ info, requirements: [{ ...resultOf('A-1', UPHELD), implementation: 'other' }] });
    const both = { ...RUN, implementations: [first!, second] };
    expect(readRun(writeRun(both))).toEqual(both);
  });

  test('is one object a line, ends with a line break, and its footer counts the others', () => {
    expect(writeRun(RUN)).toMatch(/\}\n$/);
    expect(LINES.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
      ...['header', 'implementation', 'program', 'program', 'requirement', 'requirement'],
      ...['counterexample', 'inconclusive', 'footer'],
    ]);
    const counts = { implementation: 1, program: 2, requirement: 2, counterexample: 1, inconclusive: 1 };
    expect(JSON.parse(LINES.at(-1)!)).toEqual({ kind: 'footer', counts });
  });

  test('of an empty run is a header and a footer', () => {
    const empty = { ...judgedRun(), implementations: [] };
    expect(readRun(writeRun(empty))).toEqual(empty);
  });

  test('keeps two programs of equal content that hung in the same way', () => {
    const hung = [inconclusive({ program: 'case' }), inconclusive({ program: 'requirement' })];
    const run = runOf(implementationOf({ inconclusive: hung }));
    expect(readRun(writeRun(run))).toEqual(run);
  });
});

test('the header has its keys in one order, and no others', () => {
  const shuffled = Object.fromEntries([['date', 'today'] as const, ...Object.entries(RUN).reverse()]);
  expect(writeRun(shuffled as unknown as typeof RUN)).toBe(writeRun(RUN));
});

describe('a file that is no run', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['without footer', LINES.slice(0, -1), 'line 9: no footer: the run was cut short'],
    ['empty', [], 'line 1: no footer'],
    ['cut inside a line', [...LINES.slice(0, 3), LINES[3]!.slice(0, 40)], 'line 4: not JSON'],
    ['without header', LINES.slice(1), 'line 1: no header before it'],
    ['with a second header', [LINES[0]!, ...LINES], 'line 2: a second header'],
    ['with a program twice', [...LINES.slice(0, 4), LINES[3]!, ...LINES.slice(4)], 'line 5: a second program made 0.1'],
    [
      'with a requirement twice',
      [...LINES.slice(0, 6), LINES[4]!, ...LINES.slice(6)],
      'line 7: a second requirement made A-1',
    ],
    [
      'with a counterexample less',
      [...LINES.slice(0, 6), ...LINES.slice(7)],
      'line 8: the footer counts 1 of "counterexample", there are 0',
    ],
    ['with a line behind the footer', [...LINES, LINES[2]!], 'line 10: something behind the footer'],
    ['with a part of no implementation', [LINES[0]!, ...LINES.slice(2)], 'line 2: no implementation before it'],
    ['with an implementation twice', [...LINES.slice(0, 2), LINES[1]!], 'line 3: a second implementation made'],
    [
      'with a part of another implementation',
      [...LINES.slice(0, 2), LINES[2]!.replace('"implementation":"made"', '"implementation":"other"')],
      'line 3: a part of other among those of made',
    ],
    ['of another format', [LINES[0]!.replace('"format":1', '"format":2')], 'line 1: format 2; this version reads'],
    [
      'with a footer that counts nothing',
      [...LINES.slice(0, -1), '{"kind":"footer"}'],
      'line 9: the footer counts 0 of "implementation", there are 1',
    ],
    ['with an empty line', [LINES[0]!, '', ...LINES.slice(1)], 'line 2: not JSON'],
    ['with another kind of line', [LINES[0]!, '{"kind":"surprise"}'], 'line 2: no part of a run'],
    ['with a line that is no object', [LINES[0]!, 'null'], 'line 2: no part of a run'],
  ])('%s is refused with its line', (_, lines, message) => {
    expect(errorOf(lines)).toContain(message);
  });
});
