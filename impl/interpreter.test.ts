import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Event, History, OpId } from '../spec/history.ts';
import { formatEvent } from '../spec/notation.ts';
import type { Json, Program } from '../spec/program.ts';
import { programProblems } from '../spec/well-formed.ts';
import { performances } from './fixtures/performances.ts';
import { referenceCapabilities } from './reference-declaration.ts';

const CASES = new URL('cases/', import.meta.url);
const SCHEDULES = 200;

function load(folder: string): readonly Program[] {
  const at = new URL(`${folder}/`, CASES);
  const files = readdirSync(at).filter((file) => file.endsWith('.json'));
  return files.map((file) => JSON.parse(readFileSync(new URL(file, at), 'utf8')) as Program);
}

const named = (programs: readonly Program[]): [string, Program][] => programs.map((program) => [program.name, program]);

/** One event a line, its ids renumbered in the order of their inv: what every implementation's history is alike in. */
function renumbered(history: History): string {
  const ids = new Map<OpId, OpId>([['main', 'main']]);
  for (const event of history) if (event.ev === 'inv') ids.set(event.id, ids.size);
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    const { ref } = value as { ref?: OpId | null };
    if (ref !== undefined) return { ref: ref === null ? null : ids.get(ref) };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rename(inner)]));
  };
  const lines = history.map((event) => {
    const renamed = { ...(rename(event) as { [key: string]: Json }) };
    for (const key of ['id', 'inst', 'src']) if (key in renamed) renamed[key] = ids.get(renamed[key] as OpId) ?? null;
    return formatEvent(renamed as unknown as Event);
  });
  return `${lines.join('\n')}\n`;
}

describe('the interpreter', () => {
  test.each(named(load('interpreter')))('performs %s as every other interpreter does', (name, program) => {
    const expected = readFileSync(new URL(`histories/${name}.txt`, CASES), 'utf8');
    for (const { history, execution } of performances(program, 2)) {
      expect(renumbered(history)).toBe(expected);
      expect(execution).toMatchObject({ reason: 'done', decisions: 0 });
    }
  });

  test.each(named([...load('interpreter'), ...load('programs')]))('is given a well-formed %s', (_, program) => {
    expect(programProblems(program)).toEqual([]);
    expect(program.needs.filter((need) => !referenceCapabilities.includes(need))).toEqual([]);
  });

  test.each(named(load('programs')))(
    'performs %s to its end in every schedule in which time-outs come last',
    (_, program) => {
      for (const { history, execution, clock } of performances(program, SCHEDULES)) {
        // With an explored clock a time-out may come before what the program awaits could begin.
        if (clock === 'late') expect(execution.reason).toBe('done');
        expectConsistent(history);
      }
    },
  );

  test('gives the same history for the same schedule', () => {
    const program = load('programs').find(({ name }) => name === 'result-timeout-and-cancel')!;
    const once = [...performances(program, 20)].map(({ history }) => history);
    const again = [...performances(program, 20)].map(({ history }) => history);
    expect(again).toEqual(once);
    expect(new Set(once.map((history) => renumbered(history))).size).toBeGreaterThan(1);
  });
});

/** What holds of any history, whatever the implementation does. */
function expectConsistent(history: History): void {
  expect(history.map((event) => event.seq)).toEqual(history.map((_, index) => index + 1));
  const invoked = new Set<OpId>();
  const returned = new Set<OpId>();
  const open = new Set<OpId>();
  for (const event of history) {
    if (event.ev === 'inv') {
      expect(invoked).not.toContain(event.id);
      invoked.add(event.id);
    }
    if (event.ev === 'ret') {
      expect(invoked).toContain(event.id);
      expect(returned).not.toContain(event.id);
      returned.add(event.id);
    }
    if (event.ev === 'run' || event.ev === 'resm') {
      expect(invoked).toContain(event.inst);
      expect(open).not.toContain(event.inst);
      open.add(event.inst);
    }
    if (event.ev === 'end' || event.ev === 'susp') {
      expect(open).toContain(event.inst);
      open.delete(event.inst);
    }
    if ('err' in event) expect(event.err).not.toMatch(/^OTHER\((Type|Range|Reference|Syntax)Error\)$/);
  }
}
