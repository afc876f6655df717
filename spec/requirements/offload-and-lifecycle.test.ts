import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { programNeeds } from '../capability.ts';
import { check } from '../check.ts';
import type { Event, History } from '../history.ts';
import { parseHistory } from '../notation.ts';
import type { Requirement } from '../requirement.ts';
import type { Verdict } from '../verdict.ts';
import { programProblems } from '../well-formed.ts';
import * as close from './close.ts';
import * as closeExecutor from './close-executor.ts';
import * as closeRace from './close-race.ts';
import * as cancelFutures from './executor-cancel-futures.ts';
import * as refusal from './executor-refusal.ts';
import * as shutdown from './executor-shutdown.ts';
import * as handOver from './hand-over.ts';
import * as memory from './hand-over-memory.ts';
import * as race from './hand-over-race.ts';
import * as cancellation from './offload-cancellation.ts';
import * as lateCompletion from './offload-late-completion.ts';
import * as liveness from './offload-liveness.ts';
import * as once from './offload-once.ts';
import * as ordering from './offload-ordering.ts';
import * as results from './offload-results.ts';
import * as timeout from './offload-timeout.ts';
import * as runAndStop from './run-and-stop.ts';
import * as again from './run-and-stop-again.ts';
import * as early from './run-and-stop-early.ts';
import * as fatal from './run-and-stop-fatal.ts';

const MODULES: readonly object[] = [
  ...[liveness, results, ordering, once, cancellation, lateCompletion, timeout],
  ...[handOver, race, memory],
  ...[runAndStop, again, early, fatal],
  ...[close, closeRace, closeExecutor, shutdown, refusal, cancelFutures],
];

const REQUIREMENTS: readonly Requirement[] = MODULES.flatMap((module) => Object.values(module) as Requirement[]);

function verdictOf(requirement: Requirement, history: History): Verdict {
  return check(history, [requirement]).get(requirement.id)!;
}

const NAMES: ReadonlySet<string> = new Set(['id', 'inst', 'src', 'ref', 'body', 'tag']);

/** The same history with other ids, bodies, tags and numbers of threads. */
function relabel(history: History, prefix: string, shift: number): History {
  const walk = (value: unknown, key: string): unknown => {
    if (NAMES.has(key)) return value === null || value === 'main' ? value : `${prefix}${String(value)}`;
    if (Array.isArray(value)) return value.map((inner) => walk(inner, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
  };
  const thread = (label: string) =>
    label.replace(/^([FW])(\d+)$/, (_, kind, number) => `${kind}${Number(number) + shift}`);
  return history.map((event) => ({ ...(walk(event, '') as Event), th: thread(event.th) }) as Event);
}

describe.each(REQUIREMENTS.map((requirement) => [requirement.id, requirement] as const))('%s', (_, requirement) => {
  const { upholds, violates, unexercised, noFalseAlarm = [] } = requirement.examples;
  const verdict = (text: string) => verdictOf(requirement, parseHistory(text));
  const histories = [...upholds, ...violates, ...unexercised, ...noFalseAlarm].map(parseHistory);

  test.each(upholds)('upholds %s', (text) => expect(verdict(text).kind).toBe('upheld'));
  test.each(unexercised)('does not exercise %s', (text) => expect(verdict(text)).toEqual({ kind: 'unexercised' }));
  test.each(noFalseAlarm)('raises no false alarm on %s', (text) =>
    expect(verdict(text)).not.toMatchObject({ kind: 'violated' }),
  );
  test.each(violates)('violates, with its records in order and at least one piece of evidence: %s', (text) => {
    const found = verdict(text);
    if (found.kind !== 'violated') throw new Error(`the verdict is ${found.kind}`);
    const stamps = found.violation.events.map(({ seq }) => seq);
    expect(stamps).not.toHaveLength(0);
    expect(stamps).toEqual([...new Set(stamps)].sort((one, other) => one - other));
    expect(found.violation.explanation).not.toMatch(/undefined|\[object/);
  });

  test('names change no verdict', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...histories),
        fc.stringMatching(/^[a-z]{1,6}$/),
        fc.nat(9),
        (history, prefix, shift) => {
          const before = verdictOf(requirement, history);
          const after = verdictOf(requirement, relabel(history, prefix, shift));
          expect(after.kind).toBe(before.kind);
          if ('evidence' in before) expect(after).toMatchObject({ evidence: before.evidence });
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  test('what a cut history violates, the whole one does', () => {
    for (const history of histories) {
      const whole = verdictOf(requirement, history);
      for (let length = 0; length < history.length; length++) {
        const { kind } = verdictOf(requirement, history.slice(0, length));
        if (kind === 'violated') expect(whole.kind).toBe('violated');
      }
    }
  });

  test('a history with any record missing is judged without failing', () => {
    for (const history of histories) {
      for (const lost of history)
        verdictOf(
          requirement,
          history.filter((event) => event !== lost),
        );
    }
  });

  test('has a well-formed program that declares what it needs', () => {
    const { program, needs, id } = requirement;
    expect(programProblems(program)).toEqual([]);
    expect(program.needs).toEqual(expect.arrayContaining([...programNeeds(program), ...needs]));
    expect(program.name).toBe(id);
  });
});

test('the executor and shutdown requirements are all here, each once', () => {
  const ids = REQUIREMENTS.map(({ id }) => id);
  expect(ids).toHaveLength(32);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(REQUIREMENTS.map(({ slug }) => slug)).size).toBe(ids.length);
});
