import { missingFor } from '../spec/check.ts';
import { knownDeviation } from '../spec/deviation.ts';
import type { Requirement } from '../spec/requirement.ts';
import type { Counterexample, ImplementationInfo, Inconclusive, RequirementResult } from '../spec/result.ts';
import { mergeVerdicts, type Verdict } from '../spec/verdict.ts';
import type { ProgramOutcome } from './campaign-program.ts';
import type { Explained } from './counterexample.ts';

/** One requirement over all programs: the worst verdict with all evidence, and how often it was violated. */
export function foldRequirement(
  requirement: Requirement,
  info: ImplementationInfo,
  outcomes: readonly ProgramOutcome[],
  explained: Explained | undefined,
): RequirementResult {
  const { id } = requirement;
  const common = { kind: 'requirement', implementation: info.key, requirement: id } as const;
  const missing = missingFor(requirement, { capabilities: new Set(info.capabilities), parameters: info.parameters });
  const violations = {
    programs: outcomes.filter(({ violations: counts }) => counts[id] !== undefined).length,
    executions: outcomes.reduce((sum, { violations: counts }) => sum + (counts[id] ?? 0), 0),
  };
  if (missing.length > 0) return { ...common, verdict: { kind: 'unsupported', missing }, violations };
  const merged = outcomes.reduce<Verdict>(
    (verdict, { result }) => mergeVerdicts(verdict, result.verdicts[id] ?? { kind: 'unexercised' }),
    { kind: 'unexercised' },
  );
  const known = merged.kind === 'violated' ? knownDeviation(requirement, info) : undefined;
  return {
    ...common,
    verdict: confirmed(merged, explained),
    ...(known === undefined ? {} : { known: known.signature }),
    violations,
  };
}

/** A violation stands once it was explained; what did not happen again is no violation. */
function confirmed(verdict: Verdict, explained: Explained | undefined): Verdict {
  if (verdict.kind !== 'violated' || explained === undefined) return verdict;
  if (explained.kind === 'inconclusive')
    return { kind: 'inconclusive', evidence: verdict.evidence, reason: explained.reason };
  if (explained.kind === 'fault') return { kind: 'error', fault: explained.fault };
  return { ...verdict, violation: { events: [], explanation: explained.explanation } };
}

export function isCounterexample(explained: Explained): explained is Counterexample {
  return explained.kind === 'counterexample';
}

export function isInconclusive(explained: Explained): explained is Inconclusive {
  return explained.kind === 'inconclusive';
}
