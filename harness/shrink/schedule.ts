import { isCalmer, joinBlocks } from './context-switches.ts';
import { DeviationRemoval } from './deviations.ts';
import type { Attempts, Performed, Performer } from './performer.ts';

/**
 * A schedule as simple as it gets without losing the failure: no single deviation can be removed, and no two blocks of a
 * thread's steps can be joined for fewer preemptions or context switches. `attempts` bounds the executions that this
 * takes; out of them, the simplest execution so far is returned. The result fails alike and was performed.
 */
export async function shrinkSchedule<P extends Performed>(
  first: P,
  performer: Performer<P>,
  attempts: Attempts,
): Promise<P> {
  const removal = new DeviationRemoval(performer, attempts);
  let { best, isMinimal } = await removal.shrink(first);
  while (isMinimal) {
    const calmer = await joinBlocks(best, performer, attempts);
    if (calmer === best) break;
    // Fewer blocks may need fewer deviations; what is returned is always shown to be minimal.
    const again = await removal.shrink(calmer);
    isMinimal = again.isMinimal;
    if (!isMinimal || !isCalmer(again.best, best)) break;
    best = again.best;
    // Its blocks are joined already.
    if (best === calmer) break;
  }
  return best;
}
