import type { Deviation } from '../../spec/result.ts';

/** What a try with fewer deviations came to: the schedule it really took, or nothing if it does not fail alike. */
export type TrySchedule = (deviations: readonly Deviation[]) => Promise<readonly Deviation[] | undefined>;

/**
 * Delta debugging over the deviations of a failing schedule: returns one that still fails alike and from which no
 * single deviation can be removed. Deviations are addressed by thread and operation, so that removing one leaves the
 * meaning of the others alone; those that no longer fit are dropped by the replay itself. `attempts` bounds the tries.
 */
export async function shrinkSchedule(
  first: readonly Deviation[],
  attempt: TrySchedule,
  attempts: number,
): Promise<readonly Deviation[]> {
  let best = first;
  let left = attempts;
  const tryOne = async (candidate: readonly Deviation[]): Promise<boolean> => {
    if (left-- <= 0) return false;
    const taken = await attempt(candidate);
    if (taken === undefined || taken.length >= best.length) return false;
    best = taken;
    return true;
  };
  if (best.length > 0) await tryOne([]);
  for (let size = Math.ceil(best.length / 2); size >= 1 && best.length > 0; ) {
    let removed = false;
    for (let at = 0; at < best.length; ) {
      const candidate = [...best.slice(0, at), ...best.slice(at + size)];
      if (await tryOne(candidate)) removed = true;
      else at += size;
    }
    // A last pass of single removals that removed nothing is the proof that the result is minimal.
    if (size === 1 && !removed) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}
