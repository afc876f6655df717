import { check } from '../spec/check.ts';
import type { Event, History } from '../spec/history.ts';
import type { Requirement } from '../spec/requirement.ts';
import type { Violation } from '../spec/verdict.ts';

/**
 * What makes two failures the same one while shrinking: the requirement and the kinds of the events that show it, not
 * their texts, threads or bodies. A smaller program that fails otherwise is another bug.
 */
export function signatureOf(requirement: string, events: readonly Event[]): string {
  const kinds = events.map((event) => (event.ev === 'inv' ? event.op : event.ev));
  return `${requirement}: ${kinds.join(' ')}`;
}

/** The violation of one requirement in a history, if there is one. */
export function violationOf(history: History, requirement: Requirement): Violation | undefined {
  const verdict = check(history, [requirement]).get(requirement.id);
  return verdict?.kind === 'violated' ? verdict.violation : undefined;
}
