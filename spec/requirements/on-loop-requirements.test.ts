import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { programNeeds } from '../capability.ts';
import { check } from '../check.ts';
import type { Event, History } from '../history.ts';
import { parseHistory } from '../notation.ts';
import type { Requirement } from '../requirement.ts';
import type { Verdict } from '../verdict.ts';
import { programProblems } from '../well-formed.ts';
import * as cancellation from './cancellation.ts';
import * as cleanUp from './cancellation-cleanup.ts';
import * as count from './cancellation-count.ts';
import * as finished from './cancellation-finished.ts';
import * as shield from './cancellation-shield.ts';
import * as suppressed from './cancellation-suppressed.ts';
import * as crash from './crash.ts';
import * as errors from './errors.ts';
import * as futures from './futures.ts';
import * as callbacks from './futures-callbacks.ts';
import * as cancelled from './futures-cancelled.ts';
import * as outcome from './futures-outcome.ts';
import * as removal from './futures-removal.ts';
import * as handles from './handles.ts';
import * as exclusion from './on-loop-exclusion.ts';
import * as fifo from './on-loop-fifo.ts';
import * as once from './on-loop-once.ts';
import * as yields from './on-loop-yield.ts';
import * as tasks from './tasks.ts';
import * as timeOuts from './time-outs.ts';
import * as timers from './timers.ts';
import * as order from './timers-order.ts';

const MODULES = [
  fifo,
  exclusion,
  yields,
  once,
  removal,
  callbacks,
  futures,
  cancelled,
  outcome,
  handles,
  timers,
  order,
  tasks,
  cancellation,
  cleanUp,
  count,
  finished,
  shield,
  suppressed,
  errors,
  timeOuts,
  crash,
];

const REQUIREMENTS: readonly Requirement[] = MODULES.flatMap((module) =>
  Object.values(module).filter((value): value is Requirement => typeof value === 'object' && 'judge' in value),
);

function verdictOf(requirement: Requirement, history: History): Verdict {
  return check(history, [requirement]).get(requirement.id)!;
}

/** The same history with other ids, body names and thread labels. */
function relabel(history: History, prefix: string, shift: number): History {
  const rename = (name: unknown): unknown => (name === null || name === 'main' ? name : `${prefix}${String(name)}`);
  const thread = (label: string): string =>
    label.replace(/^([FW])(\d+)$/, (_, kind, number) => kind + (Number(number) + shift));
  const walk = (value: unknown, key: string): unknown => {
    if (key === 'id' || key === 'inst' || key === 'src' || key === 'ref' || key === 'body') return rename(value);
    if (Array.isArray(value)) return value.map((inner) => walk(inner, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
  };
  return history.map((event) => ({ ...(walk(event, '') as Event), th: thread(event.th) }) as Event);
}

describe.each(REQUIREMENTS.map((requirement) => [requirement.id, requirement] as const))('%s', (_, requirement) => {
  const { upholds, violates, unexercised, noFalseAlarm = [] } = requirement.examples;
  const verdict = (text: string): Verdict => verdictOf(requirement, parseHistory(text));

  test.each(upholds)('upholds %s', (text) => expect(verdict(text).kind).toMatch(/upheld|inconclusive/));
  test.each(violates)('violates %s', (text) => expect(verdict(text)).toMatchObject({ kind: 'violated' }));
  test.each(unexercised)('does not exercise %s', (text) => expect(verdict(text)).toEqual({ kind: 'unexercised' }));
  test.each(noFalseAlarm)('raises no false alarm on %s', (text) =>
    expect(verdict(text)).not.toMatchObject({ kind: 'violated' }),
  );

  test.each(violates)('shows its events in the order of their stamps: %s', (text) => {
    const found = verdict(text);
    const seqs = found.kind === 'violated' ? found.violation.events.map(({ seq }) => seq) : [];
    expect(seqs.length).toBeGreaterThan(0);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  test('names do not matter', () => {
    const histories = [...upholds, ...violates, ...unexercised, ...noFalseAlarm].map(parseHistory);
    fc.assert(
      fc.property(
        fc.constantFrom(...histories),
        fc.stringMatching(/^[a-z]{1,6}$/),
        fc.nat({ max: 9 }),
        (history, prefix, shift) => {
          const { kind, ...before } = verdictOf(requirement, history);
          const after = verdictOf(requirement, relabel(history, prefix, shift));
          expect(after.kind).toBe(kind);
          if ('evidence' in before) expect(after).toMatchObject({ evidence: before.evidence });
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  test('a cut history is judged without failing', () => {
    const histories = [...upholds, ...violates].map(parseHistory);
    for (const history of histories) {
      for (let length = 0; length < history.length; length++) {
        const { kind } = verdictOf(requirement, history.slice(0, length));
        if (kind === 'violated') expect(verdictOf(requirement, history)).toMatchObject({ kind });
      }
    }
  });

  test('has a well-formed program that declares what it needs', () => {
    const { program, needs } = requirement;
    expect(programProblems(program)).toEqual([]);
    expect(program.needs).toEqual(expect.arrayContaining([...programNeeds(program)]));
    // What the requirement needs may be told by no operation.
    expect(program.needs).toEqual(expect.arrayContaining([...needs]));
    expect(program.name).toBe(requirement.id);
  });
});

test('ids and slugs are unique', () => {
  const ids = REQUIREMENTS.flatMap(({ id, slug }) => [id, slug]);
  expect(new Set(ids).size).toBe(ids.length);
});
