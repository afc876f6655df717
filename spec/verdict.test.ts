import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeVerdicts, type Verdict } from './verdict.ts';

const fault = { code: 'exited', party: 'implementation', message: 'it ended', hint: 'look' } as const;

const anyVerdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({ kind: fc.constant('upheld' as const), evidence: fc.nat(9) }),
  fc.record({
    kind: fc.constant('violated' as const),
    evidence: fc.nat(9),
    violation: fc.record({ events: fc.constant([]), explanation: fc.string() }),
  }),
  fc.constant<Verdict>({ kind: 'unexercised' }),
  fc.record({ kind: fc.constant('inconclusive' as const), evidence: fc.nat(9), reason: fc.string() }),
  fc.record({ kind: fc.constant('unsupported' as const), missing: fc.array(fc.string()) }),
  fc.constant<Verdict>({ kind: 'error', fault }),
);

const WORSENING: readonly Verdict[] = [
  { kind: 'unsupported', missing: ['x'] },
  { kind: 'unexercised' },
  { kind: 'upheld', evidence: 0 },
  { kind: 'inconclusive', evidence: 0, reason: 'hung' },
  { kind: 'error', fault },
  { kind: 'violated', evidence: 0, violation: { events: [], explanation: 'it broke' } },
];

describe('merged verdicts', () => {
  test.each(
    WORSENING.flatMap((better, at) =>
      WORSENING.slice(at).map((worse) => [better.kind, worse.kind, better, worse] as const),
    ),
  )('of %s and %s are the worse, whichever comes first', (_, __, better, worse) => {
    expect(mergeVerdicts(better, worse)).toEqual(worse);
    expect(mergeVerdicts(worse, better)).toEqual(worse);
  });

  test('have the evidence of both', () => {
    const upheld: Verdict = { kind: 'upheld', evidence: 3 };
    expect(mergeVerdicts(upheld, { kind: 'upheld', evidence: 4 })).toEqual({ kind: 'upheld', evidence: 7 });
    expect(mergeVerdicts(upheld, { kind: 'inconclusive', evidence: 1, reason: 'hung' })).toMatchObject({ evidence: 4 });
  });

  test('keep the first of two equally bad ones', () => {
    const told = (explanation: string): Verdict => ({
      kind: 'violated',
      evidence: 1,
      violation: { events: [], explanation },
    });
    expect(mergeVerdicts(told('first'), told('second'))).toMatchObject({ violation: { explanation: 'first' } });
  });

  test('do not depend on how they are grouped, unless a fault hides evidence', () => {
    const counting = anyVerdict.filter(({ kind }) => kind !== 'error');
    fc.assert(
      fc.property(counting, counting, counting, (a, b, c) => {
        expect(mergeVerdicts(mergeVerdicts(a, b), c)).toEqual(mergeVerdicts(a, mergeVerdicts(b, c)));
      }),
    );
    fc.assert(
      fc.property(anyVerdict, anyVerdict, anyVerdict, (a, b, c) => {
        const left = mergeVerdicts(mergeVerdicts(a, b), c);
        expect(left.kind).toBe(mergeVerdicts(a, mergeVerdicts(b, c)).kind);
      }),
    );
  });
});
