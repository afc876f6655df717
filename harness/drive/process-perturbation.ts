import { Seed } from '../seed.ts';
import type { How } from './driver.ts';

export type Perturbation = Extract<How, { readonly kind: 'perturbation' }>;

/** CPython's own interval, and two at which threads interleave far more finely. */
const SWITCH_INTERVALS_US: readonly number[] = [5_000, 500, 50];
/** Noise in percent, where there is any: a pause or spin before so many operations. */
const NOISE_PERCENT_MIN = 5;
const NOISE_PERCENT_MAX = 30;

/**
 * How the trial at this index of a program is perturbed: a function of seed and index alone. The first is as quiet as
 * the implementation itself; of the others half get noise, and each one of three switch intervals.
 */
export function perturbationOf(seed: string, index: number): Perturbation {
  const draw = new Seed(seed).fork('perturbation').fork(index);
  const ownSeed = draw.below(2 ** 31);
  if (index === 0) {
    return { kind: 'perturbation', seed: ownSeed, noise: 0, switchIntervalUs: SWITCH_INTERVALS_US[0]!, fresh: false };
  }
  const percent = NOISE_PERCENT_MIN + draw.below(NOISE_PERCENT_MAX - NOISE_PERCENT_MIN + 1);
  const noise = draw.below(2) === 0 ? 0 : percent / 100;
  const switchIntervalUs = SWITCH_INTERVALS_US[draw.below(SWITCH_INTERVALS_US.length)]!;
  return { kind: 'perturbation', seed: ownSeed, noise, switchIntervalUs, fresh: false };
}
