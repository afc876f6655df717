import type { History } from './history.ts';
import { indexHistory } from './indexed-history.ts';
import type { Requirement } from './requirement.ts';
import type { Verdict } from './verdict.ts';

/** What an implementation declares: capabilities and profile names, and parameter values. */
export type Declaration = {
  readonly capabilities: ReadonlySet<string>;
  readonly parameters: { readonly [name: string]: unknown };
};

/** Ends that are no end of the program: without a violation such a history is inconclusive, never a pass. */
const HUNG: ReadonlySet<string> = new Set(['deadline', 'deadlock', 'step-cap']);

/** What keeps a requirement from being asked of an implementation; empty = it applies. */
export function missingFor(requirement: Requirement, declared: Declaration): readonly string[] {
  const missing = requirement.needs.filter((name) => !declared.capabilities.has(name));
  const voided = requirement.voidedBy.filter((name) => {
    const [parameter, value] = name.split('=');
    if (value === undefined) return declared.capabilities.has(name);
    return String(declared.parameters[parameter!]) === value;
  });
  return [...missing, ...voided.map((name) => `void with ${name}`)];
}

/**
 * Judges one history against every requirement given: one indexing pass, then each judge. Pure; O(n log n) in events.
 * A cut history (no `eot`) is judged too: judges conclude only from what is recorded.
 */
export function check(history: History, requirements: readonly Requirement[]): ReadonlyMap<string, Verdict> {
  const index = indexHistory(history);
  const hung = index.eot !== undefined && HUNG.has(index.eot.reason);
  const verdicts = new Map<string, Verdict>();
  for (const requirement of requirements) {
    const { evidence, violation } = requirement.judge(index);
    if (violation !== undefined) verdicts.set(requirement.id, { kind: 'violated', evidence, violation });
    else if (evidence === 0) verdicts.set(requirement.id, { kind: 'unexercised' });
    else if (hung) {
      verdicts.set(requirement.id, { kind: 'inconclusive', evidence, reason: `ended by ${index.eot!.reason}` });
    } else verdicts.set(requirement.id, { kind: 'upheld', evidence });
  }
  return verdicts;
}
