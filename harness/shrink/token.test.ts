import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedProgram, task } from '../../spec/requirements/builder.ts';
import { formatToken, parseToken, programHash } from './token.ts';

describe('a token', () => {
  test('gives back every schedule', () => {
    const deviation = fc.record({
      after: fc.integer({ min: -1, max: 31 }),
      operation: fc.nat(1_000_000),
      to: fc.nat(31),
    });
    fc.assert(
      fc.property(
        fc.constantFrom('late', 'explored', 'any'),
        fc.boolean(),
        fc.array(deviation),
        (clock, spurious, deviations) => {
          const token = { hash: '00c0ffee', clock, spurious, deviations } as const;
          expect(parseToken(formatToken(token))).toEqual(token);
        },
      ),
    );
  });

  test('of five deviations fits into forty characters', () => {
    const deviations = Array.from({ length: 5 }, (_, n) => ({ after: n, operation: 20 + n, to: n + 1 }));
    expect(formatToken({ hash: '00c0ffee', clock: 'late', spurious: false, deviations }).length).toBeLessThanOrEqual(
      40,
    );
  });

  test.each(['', 'xl1', 'xl2.00c0ffee.AA', 'xl1.00c0ffee.', 'xl1.00c0ffee._w', 'xl1.00c0ffee.AAE', 'xl1.00c0.AA'])(
    'is refused when it is none: "%s"',
    (text) => expect(parseToken(text)).toBeUndefined(),
  );

  test('names a program by its content, not by its name', () => {
    const parts = { needs: ['ON-LOOP'], bodies: { root: task({ op: 'yield' }) } };
    expect(programHash(fixedProgram('one', parts))).toBe(programHash(fixedProgram('two', parts)));
    expect(programHash(fixedProgram('one', parts))).not.toBe(
      programHash(fixedProgram('one', { ...parts, bodies: { root: task() } })),
    );
  });
});
