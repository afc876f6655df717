import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { check } from './check.ts';
import { parseHistory } from './notation.ts';
import type { Examples, Requirement } from './requirement.ts';

const recorded = JSON.parse(readFileSync(new URL('fixtures/judge-examples.json', import.meta.url), 'utf8')) as {
  readonly [id: string]: Examples;
};

/** A history that hung for a reason of its own exercises a requirement without deciding it. */
const NOT_BROKEN = /^(upheld|inconclusive)$/;

function judge(requirement: Requirement, { upholds, violates, unexercised, noFalseAlarm }: Examples): void {
  const verdict = (text: string) => check(parseHistory(text), [requirement]).get(requirement.id)!;
  test.each(upholds)('upholds %s', (text) => expect(verdict(text).kind).toMatch(NOT_BROKEN));
  test.each(violates)('violates %s', (text) => expect(verdict(text)).toMatchObject({ kind: 'violated' }));
  test.each(unexercised)('does not exercise %s', (text) => expect(verdict(text)).toEqual({ kind: 'unexercised' }));
  test.each(noFalseAlarm ?? [])('raises no false alarm on %s', (text) =>
    expect(verdict(text)).not.toMatchObject({ kind: 'violated' }),
  );
}

describe('the catalogue', () => {
  test('has each id and slug once', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
    expect(new Set(CATALOGUE.map(({ slug }) => slug)).size).toBe(CATALOGUE.length);
  });

  test('judges every example that was written before it', () => {
    const ids = CATALOGUE.map(({ id }) => id);
    expect(Object.keys(recorded).filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe.each(CATALOGUE.map((requirement) => [requirement.id, requirement] as const))('%s', (id, requirement) => {
  judge(requirement, requirement.examples);
  const examples = recorded[id];
  if (examples !== undefined) describe('as the examples say', () => judge(requirement, examples));
});
