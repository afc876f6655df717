import { invariant } from '../../../spec/assert-never.ts';
import type { Seed } from '../../seed.ts';

/** The middle value, and the least and the greatest one. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

const RESAMPLES = 1_000;

function ascending(values: readonly number[]): readonly number[] {
  invariant(values.length > 0, 'no statistics of nothing');
  return values.toSorted((a, b) => a - b);
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

export function meanOf(values: readonly number[]): number {
  invariant(values.length > 0, 'no mean of nothing');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of positive values. */
export function geometricMeanOf(values: readonly number[]): number {
  return Math.exp(meanOf(values.map(Math.log)));
}

/** 95 % of the means of resamples of the same size lie in it (percentile bootstrap, 1,000 resamples). */
export function meanInterval(values: readonly number[], seed: Seed): readonly [number, number] {
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[seed.below(values.length)]!;
    return sum / values.length;
  });
  const sorted = ascending(means);
  return [sorted[Math.floor(0.025 * RESAMPLES)]!, sorted[Math.ceil(0.975 * RESAMPLES) - 1]!];
}
