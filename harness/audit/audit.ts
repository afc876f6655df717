import type { Program } from '../../spec/program.ts';
import type { Seed } from '../seed.ts';
import { smallProgram } from './small-programs.ts';
import { type Audited, auditVerdicts } from './verdict-audit.ts';

/** The reference, and five mutants whose bugs are races of different kinds. */
export const IMPLEMENTATIONS: readonly string[] = [
  'reference',
  'mutant:P001',
  'mutant:P004',
  'mutant:P018',
  'mutant:torn-claim',
  'mutant:two-rings',
];

export type AuditTotal = {
  readonly naive: number;
  readonly traces: number;
  /** Programs that were drawn anew since their search without reduction is too large. */
  readonly redrawn: number;
  /** Pairs of a requirement and a program on an implementation in which it was violated. */
  readonly violations: number;
  /** What only one of the two searches saw, in words; empty is what must be. */
  readonly differences: readonly string[];
};

/**
 * Audits random small Programs on all `IMPLEMENTATIONS`; the first `withTwoThreads` of them have two foreign threads.
 * The same for the same seed. Tens of thousands of executions a program, at 20,000 a second.
 */
export function auditAll(
  seed: Seed,
  programs: number,
  withTwoThreads: number,
  onProgram: (done: number) => void,
): AuditTotal {
  let naive = 0;
  let traces = 0;
  let redrawn = 0;
  let violations = 0;
  const differences: string[] = [];
  let drawn = 0;
  for (let done = 0; done < programs; drawn++) {
    const program = smallProgram(seed, drawn, done < withTwoThreads ? 2 : 1);
    const audited = auditEverywhere(program);
    if (audited === undefined) {
      redrawn++;
      continue;
    }
    audited.forEach((one, at) => {
      naive += one.naive;
      traces += one.traces;
      violations += one.violated.length;
      for (const difference of one.differences) {
        differences.push(`${difference}, small program ${drawn} on ${IMPLEMENTATIONS[at]}`);
      }
    });
    onProgram(++done);
  }
  return { naive, traces, redrawn, violations, differences };
}

/** Undefined: too large on one of them. */
function auditEverywhere(program: Program): readonly Audited[] | undefined {
  const audited: Audited[] = [];
  for (const implementation of IMPLEMENTATIONS) {
    const one = auditVerdicts(program, implementation);
    if (one === undefined) return undefined;
    audited.push(one);
  }
  return audited;
}
