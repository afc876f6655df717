import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../spec/catalogue.ts';
import { programProblems } from '../spec/well-formed.ts';
import { readExplorationPrograms } from './cases.ts';
import { certificate } from './certificate.ts';
import { type Explored, exploreBounded, type Task, testFairly } from './exploration.ts';
import { explore } from './exploration-pool.ts';

const quiet = { onProgress: () => {}, stop: () => false };
const EXPLORED = { clock: 'explored', spurious: false } as const;

function free(name: string): Task {
  return { subject: { kind: 'free', name }, liberties: EXPLORED };
}

function ofReference(name: string, implementation = 'reference'): Task {
  const program = readExplorationPrograms().find((candidate) => candidate.name === name)!;
  const requirements = CATALOGUE.map(({ id }) => id);
  const subject = { kind: 'program', program, implementation, requirements } as const;
  return { subject, liberties: EXPLORED };
}

const whole = (task: Task, workers = 1): Promise<Explored> => explore(task, { workers, limit: 1_000_000, ...quiet });

test.each(readExplorationPrograms().map((program) => [program.name, program] as const))(
  '%s, to be explored, is a program as they are to be written',
  (_, program) => expect(programProblems(program)).toEqual([]),
);

describe('the reference, all interleavings, time an actor', () => {
  // submit-two-threads has 406,005: `crossloop explore submit-two-threads`.
  test.each([
    ['submit-one-thread', 102],
    ['submit-or-closed', 34],
    ['result-or-closed', 202],
    ['result-or-timeout', 203_463],
    ['cancelled-or-completed', 179_213],
  ])('keeps its promises in %s, in %i traces', async (name, traces) => {
    const explored = await whole(ofReference(name));
    expect(explored.shown).toEqual([]);
    expect(explored.verdicts.filter(([, { kind }]) => kind === 'upheld').length).toBeGreaterThan(2);
    expect(explored.searched.complete).toBe(traces);
    expect(certificate(explored, EXPLORED, 'real-time')).toMatch(/^exhausted: [\d,]+ traces .* order=real-time, /);
  });

  test('breaks its promise in the very trace in which a mutant does', async () => {
    const { shown } = await whole(ofReference('result-or-closed', 'mutant:P018'));
    expect(shown.map(({ name }) => name)).toEqual(['L-CLS-06']);
  });
});

describe('an exploration', () => {
  test.each([2, 3])('with %i workers comes to what one process comes to', async (workers) => {
    for (const task of [free('loopLost2'), free('rct1bug'), ofReference('submit-one-thread')]) {
      const [alone, shared] = [await whole(task), await whole(task, workers)];
      expect(shared).toEqual({ ...alone, verdicts: shared.verdicts });
      expect(shared.verdicts.map(([id, { kind }]) => [id, kind])).toEqual(
        alone.verdicts.map(([id, { kind }]) => [id, kind]),
      );
    }
  });

  test('that gives up, or is told to stop, gets no certificate', async () => {
    const given = await explore(free('loopOK3'), { workers: 1, limit: 5_000, ...quiet });
    expect(certificate(given, EXPLORED, 'final-state')).toBeUndefined();
    const stopped = await explore(free('loopOK3'), {
      workers: 2,
      limit: 1_000_000,
      onProgress: () => {},
      stop: () => true,
    });
    expect(certificate(stopped, EXPLORED, 'final-state')).toBeUndefined();
  });

  test('shared out counts what was performed, not what might have been', async () => {
    const explored = await explore(free('loopOK2'), { workers: 2, limit: 2_000, ...quiet });
    expect(certificate(explored, EXPLORED, 'final-state')).toContain('616 traces (967 executions');
  });

  test('with executions that do not end gets none either', async () => {
    const explored = await explore(free('poll'), { workers: 1, limit: 10, ...quiet });
    expect(explored.searched.capped).toBeGreaterThan(0);
    expect(certificate(explored, EXPLORED, 'final-state')).toBeUndefined();
  });

  test('within preemption bounds finds the lost wake-up at one preemption', async () => {
    const bounded = (bound: number) =>
      exploreBounded(
        free('loopLost2'),
        bound,
        100_000,
        () => {},
        () => false,
      );
    expect((await bounded(0)).shown).toEqual([]);
    expect((await bounded(1)).shown).toHaveLength(1);
    expect((await bounded(1)).isWhole).toBe(false);
    expect((await bounded(12)).isWhole).toBe(true);
  });
});

describe('a livelock', () => {
  test('is what goes on in fair schedules too, with what is repeated', () => {
    expect(testFairly(free('pollLost')).livelock).toMatch(/^thread 0 repeats \[reads word 0\], \d+ times at the end$/);
  });

  test('is not what only an unfair schedule keeps from its end', () => {
    expect(testFairly(free('poll'))).toEqual({ endless: 0 });
  });
});
