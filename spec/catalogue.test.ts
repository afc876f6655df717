import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { check } from './check.ts';
import { parseHistory } from './notation.ts';

describe.each(CATALOGUE.map((requirement) => [requirement.id, requirement] as const))('%s', (id, requirement) => {
  const verdict = (text: string) => check(parseHistory(text), [requirement]).get(id)!;
  const { upholds, violates, unexercised, noFalseAlarm } = requirement.examples;
  test.each(upholds)('upholds %s', (text) => expect(verdict(text).kind).not.toMatch(/violated|unexercised/));
  test.each(violates)('violates %s', (text) => expect(verdict(text)).toMatchObject({ kind: 'violated' }));
  test.each(unexercised)('does not exercise %s', (text) => expect(verdict(text)).toEqual({ kind: 'unexercised' }));
  test.each(noFalseAlarm ?? [])('raises no false alarm on %s', (text) =>
    expect(verdict(text)).not.toMatchObject({ kind: 'violated' }),
  );
});
