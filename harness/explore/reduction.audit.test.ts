import { describe, expect, test } from 'vitest';
import type { Visible, VisibleOp } from '../../impl/platform.ts';
import { Seed } from '../seed.ts';
import { Search } from './exhaustive.ts';
import { type StraightLineProgram, straightLineProgram } from './fixtures/straight-line.ts';
import { outcomeOf } from './fixtures/trace.ts';
import { Machine } from './machine.ts';
import { arm, freeProgram, store, wait } from './programs/free-program.ts';
import type { Liberties, Subject } from './subject.ts';

/** A program whose naive search is larger is redrawn. */
const EXECUTIONS_MAX = 5000;
const machine = new Machine();

function isSmall(program: Subject, liberties: Liberties): boolean {
  const naive = new Search(machine, program, liberties, 'none');
  naive.advance(EXECUTIONS_MAX, () => {});
  return naive.searched.isEmptied;
}

/** All that can come of a program, and in how many executions. */
function search(program: StraightLineProgram, liberties: Liberties, reduction: 'none' | 'sleep-sets') {
  const outcomes = new Set<string>();
  const all = new Search(machine, program, liberties, reduction);
  all.advance(EXECUTIONS_MAX, () => outcomes.add(outcomeOf(machine, program)));
  const { complete, diverged, isEmptied } = all.searched;
  expect({ diverged, isEmptied }).toEqual({ diverged: 0, isEmptied: true });
  return { complete, outcomes };
}

/** Sleep sets against naive search on so many random programs. */
function audit(programs: number, label: string, liberties: Liberties) {
  const seed = new Seed(label);
  const totals = { programs: 0, executions: 0, traces: 0, withBlocking: 0, withDeadline: 0 };
  for (let index = 0; totals.programs < programs; index++) {
    const program = straightLineProgram(seed, index);
    if (!isSmall(program, liberties)) continue;
    const naive = search(program, liberties, 'none');
    const reduced = search(program, liberties, 'sleep-sets');
    const lost = [...naive.outcomes].filter((outcome) => !reduced.outcomes.has(outcome));
    expect(lost, program.name).toEqual([]);
    expect(reduced.complete, program.name).toBe(naive.outcomes.size);
    totals.programs++;
    totals.executions += naive.complete;
    totals.traces += reduced.complete;
    if (program.hasBlocking) totals.withBlocking++;
    if (program.hasDeadline) totals.withDeadline++;
  }
  return totals;
}

describe('sleep sets complete each trace of a random program once, and no other', () => {
  test('in 500 programs, 200 with a wait or a lock and 100 with a deadline', () => {
    const totals = audit(500, 'reduction', { clock: 'explored', spurious: false });
    expect(totals.withBlocking).toBeGreaterThanOrEqual(200);
    expect(totals.withDeadline).toBeGreaterThanOrEqual(100);
    expect(totals.executions).toBeGreaterThan(5 * totals.traces);
  });

  test.each<Liberties>([
    { clock: 'late', spurious: false },
    { clock: 'any', spurious: false },
    { clock: 'late', spurious: true },
    { clock: 'explored', spurious: true },
    { clock: 'any', spurious: true },
  ])('with the clock $clock and spurious returns $spurious, in 40 programs', (liberties) => {
    const totals = audit(40, 'liberties', liberties);
    expect(totals.withDeadline).toBeGreaterThan(5);
  });
});

function* perform(operations: readonly VisibleOp[]): Visible<void> {
  for (const operation of operations) yield operation;
}

/** What the words hold in the end, of all executions. */
function ends(subject: Subject, liberties: Liberties, reduction: 'none' | 'sleep-sets'): ReadonlySet<string> {
  const seen = new Set<string>();
  const all = new Search(machine, subject, liberties, reduction);
  all.advance(EXECUTIONS_MAX, () => seen.add(`${machine.isDone} ${machine.objects.memory.subarray(0, 2).join()}`));
  return seen;
}

describe('a step that takes an independent choice away is not lost', () => {
  test('when the last thread stops, nobody returns for no reason any more', () => {
    const threads = [[wait(0, 0)], [store(1, 1)]].map((operations) => ({ run: () => perform(operations) }));
    const program = freeProgram('unasked', [0, 0], threads, () => undefined);
    const liberties = { clock: 'explored', spurious: true } as const;
    const expected = new Set(['false 0,1', 'true 0,1']);
    expect(ends(program, liberties, 'none')).toEqual(expected);
    expect(ends(program, liberties, 'sleep-sets')).toEqual(expected);
  });

  test('when the first thread ends, time stands still for those that it started', () => {
    const subject: Subject = {
      threads: [
        {
          *run(platform) {
            yield* platform.spawn('daemon', []);
            yield store(0, 1);
          },
        },
      ],
      functions: {
        *daemon() {
          const deadline = (yield arm(1)) as number;
          yield { ...wait(2, 0), deadline };
          yield store(1, 1);
        },
      },
      words: [0, 0, 0],
      witness: undefined,
    };
    const liberties = { clock: 'explored', spurious: false } as const;
    const expected = new Set(['true 1,0', 'true 1,1']);
    expect(ends(subject, liberties, 'none')).toEqual(expected);
    expect(ends(subject, liberties, 'sleep-sets')).toEqual(expected);
  });
});
