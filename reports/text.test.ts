import { describe, expect, test } from 'vitest';
import { CONTROL, HOSTILE } from './fixtures/run.ts';
import { cell, count, padTo, plain } from './text.ts';

describe('text from outside', () => {
  test('keeps words of any script, and loses what steers a terminal', () => {
    expect(plain('größe 大きさ 🧵')).toBe('größe 大きさ 🧵');
    expect(plain('a\u001b[31mb\nc')).toBe('a�[31mb�c');
    expect(plain(HOSTILE)).not.toMatch(CONTROL);
    expect(plain('\ud800x')).toBe('�x');
  });

  test('cannot leave a Markdown cell, with a backslash neither, nor become HTML or an image', () => {
    expect(cell('a|b')).toBe('a\\|b');
    expect(cell('a\\|b')).toBe('a\\\\\\|b');
    expect(cell('<img src=x>')).toBe('&lt;img src=x>');
    expect(cell('![x](http://y)')).toBe('!\\[x](http://y)');
    expect(cell('a\nb')).toBe('a�b');
  });

  test('is padded, or cut with an ellipsis, to a width', () => {
    expect(padTo('ab', 4)).toBe('ab  ');
    expect(padTo('abcd', 4)).toBe('abcd');
    expect(padTo('abcde', 4)).toBe('abc…');
  });

  test('numbers have a comma every three digits', () => {
    expect([0, 999, 1000, 1234567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});
