import { expect, test } from 'vitest';
import type { Samples } from '../../spec/message.ts';
import { boundsOf, deadlineMs } from './process-bounds.ts';
import { fault } from './process-fault.ts';

const SECOND = 1_000_000_000;
const NONE: Samples = { wakeUpNs: [], timerLatenessNs: [], stampCostNs: [], clockStepNs: [] };

function samples(wakeUpNs: readonly number[], clockStepNs: readonly number[] = []): Samples {
  return { ...NONE, wakeUpNs, clockStepNs };
}

test('on a fast machine work is late after a second', () => {
  expect(boundsOf(samples([50_000, 60_000]), {}, SECOND, 1).bounds.B).toBe(SECOND);
});

test('on a slow machine B is a hundred times the 99th percentile of a wake-up', () => {
  const wakeUps = [...Array<number>(99).fill(20_000_000), 900_000_000];
  expect(boundsOf(samples(wakeUps), {}, SECOND, 1).bounds.B).toBe(2 * SECOND);
});

test('the time scale multiplies B, its minimum too, and the deadline', () => {
  const { bounds } = boundsOf(samples([50_000]), {}, SECOND, 2.5);
  expect(bounds.B).toBe(2.5 * SECOND);
  expect(deadlineMs(bounds)).toBe(7_500);
});

test('G is what was declared, or the step of the clock where that is longer', () => {
  const coarse = samples([1], [...Array<number>(9).fill(1_000_000), 9_000_000]);
  expect(boundsOf(coarse, { timerEarlyNs: 1_500_000 }, SECOND, 1).bounds.G).toBe(1_500_000);
  expect(boundsOf(coarse, { timerEarlyNs: 0 }, SECOND, 1).bounds.G).toBe(1_000_000);
});

test('G is exactly 2 ms where nothing was declared, whatever the clock', () => {
  expect(boundsOf(samples([1], [5_000_000]), {}, SECOND, 1).bounds.G).toBe(2_000_000);
});

test.each([
  ['a fault', fault('hung', 'adapter', 'it did not answer'), 'it did not answer'],
  ['no samples', NONE, 'no samples'],
])('%s leaves the minimum, and says so', (_, measured, reason) => {
  const { bounds, notes } = boundsOf(measured, {}, SECOND, 3);
  expect(bounds.B).toBe(3 * SECOND);
  expect(notes).toEqual([expect.stringContaining(reason)]);
});
