import type { IndexedHistory } from './indexed-history.ts';
import { type Program, programSteps } from './program.ts';
import type { Requirement } from './requirement.ts';

/** A judge looked at something that a program's operations do not settle. */
class Looked extends Error {}

function look(): never {
  throw new Looked('look');
}

/** What every history of a program certainly is: one `newLoop`, and none of the operations it has no step for. */
function certainHistory(operations: ReadonlySet<string>): IndexedHistory {
  const one: unknown = new Proxy([], { get: (_, name) => (name === 'length' ? 1 : look()) });
  const find = (name: string): unknown => {
    if (name === 'newLoop') return one;
    return operations.has(name) ? look() : undefined;
  };
  const byOp = { get: find, has: (name: string) => find(name) !== undefined };
  return new Proxy({}, { get: (_, name) => (name === 'byOp' ? byOp : look()) }) as IndexedHistory;
}

/**
 * The requirements that a history of this program can exercise or violate. The others' judges have answered already
 * "no evidence, no violation" from nothing but operations that the program has no step for, so they would answer the
 * same of each of its histories: asking them again is only a cost. Sound because a judge is a pure function of the
 * history. A program with several `newLoop` is asked everything.
 */
export function relevantTo(program: Program, requirements: readonly Requirement[]): readonly Requirement[] {
  const steps = [...programSteps(program)].map(([step]) => step.op);
  if (steps.filter((op) => op === 'newLoop').length !== 1) return requirements;
  const certain = certainHistory(new Set(steps));
  return requirements.filter((requirement) => {
    try {
      const { evidence, violation } = requirement.judge(certain);
      return evidence > 0 || violation !== undefined;
    } catch (error) {
      if (error instanceof Looked) return true;
      throw error;
    }
  });
}
