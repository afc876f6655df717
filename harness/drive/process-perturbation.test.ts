import { expect, test } from 'vitest';
import { perturbationOf } from './process-perturbation.ts';

const TRIALS = Array.from({ length: 200 }, (_, index) => perturbationOf('seed', index));

test('the same seed and index give the same perturbation, another index another', () => {
  expect(perturbationOf('seed', 7)).toEqual(TRIALS[7]);
  expect(new Set(TRIALS.map((trial) => trial.seed)).size).toBe(TRIALS.length);
  expect(perturbationOf('other', 7)).not.toEqual(TRIALS[7]);
});

test('the first trial is quiet', () => {
  expect(TRIALS[0]).toMatchObject({ noise: 0, switchIntervalUs: 5_000, fresh: false });
});

test('of the others some are quiet, and the noise of the rest is 5 to 30 percent', () => {
  const noises = TRIALS.slice(1).map((trial) => trial.noise);
  const loud = noises.filter((noise) => noise > 0);
  expect(loud.length).toBeGreaterThan(60);
  expect(loud.length).toBeLessThan(140);
  expect(Math.min(...loud)).toBeGreaterThanOrEqual(0.05);
  expect(Math.max(...loud)).toBeLessThanOrEqual(0.3);
});

test('every switch interval is tried', () => {
  expect(new Set(TRIALS.map((trial) => trial.switchIntervalUs))).toEqual(new Set([5_000, 500, 50]));
});

test('a seed is an integer that every language can hold', () => {
  for (const { seed } of TRIALS) expect(seed).toBe(seed & 0x7fffffff);
});
