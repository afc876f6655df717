import type { Fault } from '../spec/fault.ts';
import type { ImplementationResult } from '../spec/result.ts';

/** Kinds of faults that a report tells; the others are in `run.jsonl`. */
const KINDS_MAX = 5;

export type FaultKind = {
  readonly fault: Fault;
  readonly programs: number;
  /** Name of the first program that it struck. */
  readonly first: string;
};

/**
 * What went wrong in single programs, the most frequent first: faults alike in code and message are one kind. What ended
 * the whole campaign is told elsewhere and left out. `more` counts the kinds behind the first few.
 */
export function programFaults({ programs, fault: final }: ImplementationResult): {
  readonly kinds: readonly FaultKind[];
  readonly more: number;
} {
  const kinds = new Map<string, FaultKind>();
  for (const { program, faults } of programs) {
    const struck = new Map(faults.map((fault) => [`${fault.code} ${fault.message}`, fault]));
    if (final !== undefined) struck.delete(`${final.code} ${final.message}`);
    for (const [key, fault] of struck) {
      const before = kinds.get(key) ?? { fault, programs: 0, first: program.name };
      kinds.set(key, { ...before, programs: before.programs + 1 });
    }
  }
  const sorted = [...kinds.values()].sort((a, b) => b.programs - a.programs);
  return { kinds: sorted.slice(0, KINDS_MAX), more: Math.max(0, sorted.length - KINDS_MAX) };
}

/** `in 3 programs, first inbound-2`. */
export function whereStruck({ programs, first }: FaultKind): string {
  return programs === 1 ? `in ${first}` : `in ${programs} programs, first ${first}`;
}
