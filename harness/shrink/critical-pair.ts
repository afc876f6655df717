import { type Access, dependent, threadOf } from '../explore/access.ts';
import type { Tid } from '../explore/strategy.ts';
import { criticalStepsMax } from '../limits.ts';
import type { Attempts, Performed, Performer } from './performer.ts';

/** Two steps of a failing execution, by their positions, and the nearest execution that passes. */
export type CriticalPair<P> = { readonly first: number; readonly second: number; readonly passing: P };

/**
 * Looks for the one exchange that turns the verdict: two dependent steps of different threads, such that the program
 * passes when the second's thread is let run up to and including it just before the first, and everything else keeps
 * its order as far as it can. Of several such pairs the last one, by the second step, then by the first. That the
 * second really came first is seen in the execution; a strict replay of `passing.deviations` is that execution. None:
 * no such exchange is within reach, or the attempts are used up.
 */
export async function findCriticalPair<P extends Performed>(
  failing: P,
  performer: Pick<Performer<P>, 'follow'>,
  attempts: Attempts,
): Promise<CriticalPair<P> | undefined> {
  const { steps } = failing;
  const end = Math.max(0, steps.length - criticalStepsMax);
  for (let second = steps.length - 1; second > end; second--) {
    for (let first = second - 1; first >= end; first--) {
      const isPair = threadOf(steps[first]!) !== threadOf(steps[second]!) && dependent(steps[first]!, steps[second]!);
      if (!isPair) continue;
      if (!attempts.take()) return undefined;
      const performed = await performer.follow(exchanged(steps, first, second));
      if (performed?.outcome !== 'passes' || !isExchanged(steps, first, second, performed.steps)) continue;
      return { first, second, passing: performed };
    }
  }
  return undefined;
}

/** The order in which the second's thread runs up to and including it before the first. */
function exchanged(steps: readonly Access[], first: number, second: number): readonly Tid[] {
  const order = steps.map(threadOf);
  const mover = order[second]!;
  const between = order.slice(first, second + 1);
  const moved = between.filter((tid) => tid === mover);
  const others = between.filter((tid) => tid !== mover);
  return [...order.slice(0, first), ...moved, ...others, ...order.slice(second + 1)];
}

/** Whether the second step came before the first in another execution, or the first not at all. */
function isExchanged(steps: readonly Access[], first: number, second: number, other: readonly Access[]): boolean {
  const secondAt = positionOf(steps, second, other);
  if (secondAt === -1) return false;
  const firstAt = positionOf(steps, first, other);
  return firstAt === -1 || secondAt < firstAt;
}

/** Where the thread of a step performs its operation of the same number; -1: nowhere. */
function positionOf(steps: readonly Access[], at: number, other: readonly Access[]): number {
  const tid = threadOf(steps[at]!);
  let left = 0;
  for (let before = 0; before <= at; before++) if (threadOf(steps[before]!) === tid) left++;
  return other.findIndex((access) => threadOf(access) === tid && --left === 0);
}
