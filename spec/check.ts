import type { History } from './history.ts';
import { indexHistory } from './indexed-history.ts';
import type { Requirement } from './requirement.ts';
import type { Judgement, Verdict } from './verdict.ts';

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
 * A cut history (no `eot`) is judged too: judges conclude only from what is recorded. A history that hung is explained
 * by a violation of any of the requirements; without one, nothing that it exercised passes.
 */
export function check(history: History, requirements: readonly Requirement[]): ReadonlyMap<string, Verdict> {
  const index = indexHistory(history);
  const judgements = requirements.map(({ id, judge }) => [id, judge(index)] as const);
  const reason = index.eot?.reason ?? 'done';
  const isUnexplained = HUNG.has(reason) && judgements.every(([, { violation }]) => violation === undefined);
  return new Map(judgements.map(([id, judgement]) => [id, verdictOf(judgement, isUnexplained ? reason : undefined)]));
}

function verdictOf({ evidence, violation }: Judgement, hung: string | undefined): Verdict {
  if (violation !== undefined) return { kind: 'violated', evidence, violation };
  if (evidence === 0) return { kind: 'unexercised' };
  return hung === undefined
    ? { kind: 'upheld', evidence }
    : { kind: 'inconclusive', evidence, reason: `ended by ${hung}` };
}
