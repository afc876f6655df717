import { describe, expect, test } from 'vitest';
import { catches, Departures, isBug, kindOf, makeError } from './interpret-errors.ts';
import { decodeError, encodeError, LoopError } from './reference/errors.ts';

const KINDS = ['CANCELLED', 'TYPE', 'USER(boom)', 'OTHER(ValueError)', 'FATAL(SystemExit)'];

describe('errors of a program', () => {
  test.each(KINDS)('%s is the same kind after it was made, and after it crossed a thread', (kind) => {
    expect(kindOf(makeError(kind))).toBe(kind);
    expect(kindOf(decodeError(encodeError(makeError(kind))))).toBe(kind);
  });

  test('have names that every History knows: other codes are errors of that name', () => {
    expect(kindOf(new LoopError('STOPPED'))).toBe('OTHER(STOPPED)');
    expect(kindOf(makeError('FATAL'))).toBe('FATAL(KeyboardInterrupt)');
    expect(kindOf(new RangeError('x'))).toBe('OTHER(RangeError)');
    expect(kindOf('thrown')).toBe('OTHER(string)');
  });

  test.each([
    ['USER(boom)', 'USER(boom)', true],
    ['USER', 'USER(boom)', true],
    ['ANY', 'FATAL(SystemExit)', true],
    ['USER(other)', 'USER(boom)', false],
    ['OTHER', 'USER(boom)', false],
    ['TIMEOUT', 'CANCELLED', false],
    [undefined, 'CANCELLED', false],
  ])('on %s catches %s: %s', (pattern, kind, isCaught) => {
    expect(catches(pattern, kind)).toBe(isCaught);
  });

  test('remember the instance they left first', () => {
    const departures = new Departures();
    const error = makeError('USER(x)');
    expect(departures.sourceOf(error)).toBeNull();
    departures.leave(error, 'inner');
    departures.leave(error, 'outer');
    expect(departures.sourceOf(error)).toBe('inner');
    expect(departures.sourceOf(null)).toBeNull();
  });

  test('are told from our own', () => {
    expect(isBug(new Error('crossloop bug: seen'))).toBe(true);
    expect(isBug(makeError('OTHER(ValueError)'))).toBe(false);
  });
});
