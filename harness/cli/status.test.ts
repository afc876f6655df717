import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CONTROL, HOSTILE } from '../../reports/fixtures/run.ts';
import type { Progress } from '../campaign.ts';
import { describeProgress } from './run-command.ts';
import { LiveStatus } from './status.ts';

const PROGRESS: Progress = {
  implementation: 'reference',
  program: 'inbound',
  done: 1,
  planned: 2,
  executions: 3,
  violations: 0,
};
const UP_AND_ERASE = '\u001b[1A\u001b[J';

function statusOn(isTTY: boolean): { readonly written: string[]; readonly status: LiveStatus } {
  const written: string[] = [];
  const stream = { isTTY, columns: 200, write: (text: string) => written.push(text) > 0 };
  return { written, status: new LiveStatus(stream as unknown as NodeJS.WriteStream) };
}

function show(status: LiveStatus, progress: Progress): void {
  status.update(progress.implementation, describeProgress(progress));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.advanceTimersByTime(1_000);
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the status on a terminal', () => {
  test('is redrawn in place, at most ten times a second', () => {
    const { written, status } = statusOn(true);
    for (let ms = 0; ms < 1_000; ms += 10) {
      show(status, { ...PROGRESS, done: ms });
      vi.advanceTimersByTime(10);
    }
    const drawn = written.filter((text) => text.startsWith('reference: '));
    expect(drawn.length).toBeGreaterThan(5);
    expect(drawn.length).toBeLessThanOrEqual(11);
    expect(written.filter((text) => text === UP_AND_ERASE)).toHaveLength(drawn.length - 1);
    status.clear();
  });

  test('goes on counting seconds while no program finishes', () => {
    const { written, status } = statusOn(true);
    show(status, PROGRESS);
    vi.advanceTimersByTime(7_000);
    expect(written.at(-1)).toContain('(7 s)');
    status.clear();
  });

  test('leaves what was said on the screen', () => {
    const { written, status } = statusOn(true);
    show(status, PROGRESS);
    status.say('Interrupted.\n');
    expect(written.slice(-2)).toEqual([UP_AND_ERASE, 'Interrupted.\n']);
    const before = written.length;
    vi.advanceTimersByTime(1_000);
    expect(written.slice(before)).toEqual([expect.stringContaining('reference: ')]);
    status.clear();
  });
});

describe('the status elsewhere', () => {
  test('is a line every thirty seconds, also while no program finishes', () => {
    const { written, status } = statusOn(false);
    show(status, PROGRESS);
    vi.advanceTimersByTime(29_000);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(31_000);
    expect(written).toEqual([
      'reference: 1 of 2 programs, 3 executions (30 s) inbound\n',
      'reference: 1 of 2 programs, 3 executions (60 s) inbound\n',
    ]);
    status.clear();
  });

  test('ends when it is cleared', () => {
    const { written, status } = statusOn(false);
    show(status, PROGRESS);
    status.clear();
    vi.advanceTimersByTime(120_000);
    expect(written).toEqual([]);
  });

  test('lets no control character of a name through', () => {
    const { written, status } = statusOn(false);
    show(status, { ...PROGRESS, implementation: HOSTILE, violations: 2 });
    vi.advanceTimersByTime(30_000);
    expect(written.join('').trimEnd()).not.toMatch(CONTROL);
    expect(written.join('')).toContain('2 violations so far');
    status.clear();
  });
});
