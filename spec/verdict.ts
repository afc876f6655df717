import { assertNever } from './assert-never.ts';
import type { Fault } from './fault.ts';
import type { Event } from './history.ts';

/** The events that show a violation, in the order of their stamps, and one sentence in plain words. */
export type Violation = { readonly events: readonly Event[]; readonly explanation: string };

/** What a judge says: how often its antecedent held (each operation once), and the first violation. */
export type Judgement = { readonly evidence: number; readonly violation?: Violation };

export type Verdict =
  | { readonly kind: 'upheld'; readonly evidence: number }
  | { readonly kind: 'violated'; readonly evidence: number; readonly violation: Violation }
  | { readonly kind: 'unexercised' }
  | { readonly kind: 'inconclusive'; readonly evidence: number; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly missing: readonly string[] }
  | { readonly kind: 'error'; readonly fault: Fault };

/** Later kinds win when verdicts of one requirement are merged; a pass never hides what is worse than a pass. */
const MERGE_ORDER: readonly Verdict['kind'][] = [
  'unsupported',
  'unexercised',
  'upheld',
  'inconclusive',
  'error',
  'violated',
];

function evidenceOf(verdict: Verdict): number {
  switch (verdict.kind) {
    case 'upheld':
    case 'violated':
    case 'inconclusive':
      return verdict.evidence;
    case 'unexercised':
    case 'unsupported':
    case 'error':
      return 0;
    default:
      return assertNever(verdict);
  }
}

/** The worse of two verdicts with the evidence of both. Associative; keeps the first of two equally bad ones. */
export function mergeVerdicts(left: Verdict, right: Verdict): Verdict {
  const worse = MERGE_ORDER.indexOf(right.kind) > MERGE_ORDER.indexOf(left.kind) ? right : left;
  const evidence = evidenceOf(left) + evidenceOf(right);
  switch (worse.kind) {
    case 'upheld':
    case 'violated':
    case 'inconclusive':
      return { ...worse, evidence };
    case 'unexercised':
    case 'unsupported':
    case 'error':
      return worse;
    default:
      return assertNever(worse);
  }
}
