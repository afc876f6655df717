import { describe, expect, test } from 'vitest';
import { failed, implementationOf, judgedRun, resultOf, row, runOf, UPHELD, violated } from './fixtures/run.ts';
import { closingLine, judgedOf, skippedInWords } from './verdicts.ts';

const EACH = [
  resultOf('A-1', UPHELD),
  resultOf('A-2', violated()),
  resultOf('A-3', violated(), 'python/cpython#1'),
  resultOf('B-1', { kind: 'inconclusive', evidence: 1, reason: 'cut' }),
  resultOf('B-2', failed()),
  resultOf('C-1', { kind: 'unexercised' }),
  resultOf('C-2', { kind: 'unsupported', missing: ['INBOUND'] }),
  resultOf('C-3', violated()),
];
const RUN = runOf(implementationOf({ requirements: EACH }), {
  catalogue: EACH.map(({ requirement }) => row(requirement, requirement === 'C-3' ? 'SHOULD' : 'MUST')),
});

describe('what a run comes to', () => {
  test('an adapter error counts as failed, all that proves nothing as skipped', () => {
    expect(closingLine(RUN)).toBe('Conformance: 1 passed, 2 failed, 5 skipped');
  });

  test('every kind of skipping is said in words', () => {
    expect(skippedInWords(RUN)).toBe(
      'Skipped: 1 violated as listed deviations of their implementation say, 1 violated, of a level that does not count here, 1 inconclusive, 1 unexercised, 1 unsupported by what the implementation declares.',
    );
  });

  test('nothing is said of skipping when nothing was skipped', () => {
    expect(skippedInWords(judgedRun(resultOf('A-1', UPHELD), resultOf('A-2', violated())))).toBe('');
  });

  test('a violation of a level that was asked for counts', () => {
    const asked = { ...RUN, selection: { ...RUN.selection, levels: ['MUST', 'SHOULD'] as const } };
    expect(closingLine(asked)).toBe('Conformance: 1 passed, 3 failed, 4 skipped');
  });

  test('counts over all implementations', () => {
    const twice = { ...RUN, implementations: [RUN.implementations[0]!, RUN.implementations[0]!] };
    expect(closingLine(twice)).toBe('Conformance: 2 passed, 4 failed, 10 skipped');
  });

  test('requirements stand in the order of the catalogue', () => {
    const backwards = implementationOf({ requirements: [...EACH].reverse() });
    expect(judgedOf(RUN, backwards).map((judged) => judged.row.id)).toEqual(EACH.map(({ requirement }) => requirement));
  });
});
