import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { programNeeds } from '../capability.ts';
import { check } from '../check.ts';
import type { Event, History } from '../history.ts';
import { parseHistory } from '../notation.ts';
import type { Requirement } from '../requirement.ts';
import type { Verdict } from '../verdict.ts';
import { programProblems } from '../well-formed.ts';
import * as callbackErrors from './concurrent-callback-errors.ts';
import * as callbacks from './concurrent-callbacks.ts';
import * as expiry from './concurrent-expiry.ts';
import * as state from './concurrent-state.ts';
import * as timeout from './concurrent-timeout.ts';
import * as blocking from './inbound-blocking.ts';
import * as cancel from './inbound-cancel.ts';
import * as coroutine from './inbound-coroutine.ts';
import * as liveness from './inbound-liveness.ts';
import * as pickUp from './inbound-pickup.ts';
import * as result from './inbound-result.ts';
import * as starvation from './inbound-starvation.ts';
import * as errors from './submission-errors.ts';
import * as once from './submission-once.ts';
import * as order from './submission-order.ts';
import * as thread from './submission-thread.ts';

const MODULES = [
  ...[liveness, once, order, thread, starvation, errors],
  ...[result, blocking, coroutine, cancel, pickUp],
  ...[timeout, expiry, state, callbacks, callbackErrors],
];

const REQUIREMENTS: readonly Requirement[] = MODULES.flatMap((module) =>
  Object.values(module as object).filter(
    (value): value is Requirement => typeof value === 'object' && 'judge' in value,
  ),
);

function verdictOf(requirement: Requirement, history: History): Verdict {
  return check(history, [requirement]).get(requirement.id)!;
}

const NAMES: ReadonlySet<string> = new Set(['id', 'inst', 'src', 'ref', 'body']);

/** The same history with other ids, bodies and foreign threads. */
function renamed(history: History, suffix: string, shift: number): History {
  const walk = (value: unknown, key: string): unknown => {
    if (NAMES.has(key)) return value === null || value === 'main' ? value : `${value}${suffix}`;
    if (Array.isArray(value)) return value.map((inner) => walk(inner, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
  };
  return history.map((event) => {
    const th = event.th.replace(/\d+/, (number) => String(Number(number) + shift));
    return { ...(walk(event, '') as Event), th };
  });
}

describe.each(REQUIREMENTS.map((requirement) => [requirement.id, requirement] as const))('%s', (_, requirement) => {
  const { upholds, violates, unexercised, noFalseAlarm = [] } = requirement.examples;
  const all = [...upholds, ...violates, ...unexercised, ...noFalseAlarm].map(parseHistory);
  const verdict = (text: string): Verdict => verdictOf(requirement, parseHistory(text));

  test.each(upholds)('upholds %s', (text) => expect(verdict(text).kind).toMatch(/upheld|inconclusive/));
  test.each(unexercised)('does not exercise %s', (text) => expect(verdict(text)).toEqual({ kind: 'unexercised' }));
  test.each(noFalseAlarm)('raises no false alarm on %s', (text) => expect(verdict(text).kind).not.toBe('violated'));
  test.each(violates)('violates %s', (text) => {
    const found = verdict(text);
    expect(found.kind).toBe('violated');
    if (found.kind !== 'violated') return;
    const stamps = found.violation.events.map(({ seq }) => seq);
    expect(stamps).toEqual([...new Set(stamps)].sort((a, b) => a - b));
    expect(found.violation.explanation).not.toMatch(/undefined|\[object/);
    expect(found.evidence).toBeGreaterThan(0);
  });

  test('names of ids, bodies and threads decide nothing', () => {
    const suffixes = fc.stringMatching(/^[a-z]{1,3}$/);
    const property = fc.property(fc.constantFrom(...all), suffixes, fc.nat(9), (history, suffix, shift) => {
      const before = verdictOf(requirement, history);
      const after = verdictOf(requirement, renamed(history, suffix, shift));
      expect(after.kind).toBe(before.kind);
      if ('evidence' in before) expect(after).toMatchObject({ evidence: before.evidence });
    });
    fc.assert(property, { seed: 7, numRuns: 60 });
  });

  test('what a prefix of a history violates, the whole violates', () => {
    for (const history of all) {
      if (verdictOf(requirement, history).kind === 'violated') continue;
      for (let length = 0; length < history.length; length++) {
        expect(verdictOf(requirement, history.slice(0, length)).kind).not.toBe('violated');
      }
    }
  });

  test('a history in which records are missing or come twice is judged without failing', () => {
    const property = fc.property(fc.constantFrom(...all), fc.infiniteStream(fc.nat(5)), (history, choices) => {
      const lying = history.flatMap((event) => {
        const choice = choices.next().value;
        return choice === 0 ? [] : choice === 1 ? [event, event] : [event];
      });
      verdictOf(requirement, lying);
    });
    fc.assert(property, { seed: 7, numRuns: 100 });
  });

  test('is silent on histories with a call that the documentation forbids', () => {
    for (const text of violates) {
      const meta = /^M meta [^;]* ; /.exec(text)?.[0] ?? '';
      const misused = `${meta}F9 inv raw rawCall ; F9 ret raw ; ${text.slice(meta.length)}`;
      expect(verdict(misused)).toEqual({ kind: 'unexercised' });
    }
  });

  test('has a well-formed program that declares what it needs', () => {
    const { program, needs } = requirement;
    expect(programProblems(program)).toEqual([]);
    expect(program.needs).toEqual(expect.arrayContaining([...programNeeds(program), ...needs]));
    expect(program.name).toBe(requirement.id);
  });
});

test('ids and slugs are unique', () => {
  const names = REQUIREMENTS.flatMap(({ id, slug }) => [id, slug]);
  expect(new Set(names).size).toBe(names.length);
  expect(REQUIREMENTS.length).toBe(26);
});
