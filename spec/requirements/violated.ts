import type { Event } from '../history.ts';
import type { Judgement } from '../verdict.ts';

/** A judgement with a violation: its records are put in the order of their stamps, absent ones are left out. */
export function violated(evidence: number, explanation: string, ...records: readonly (Event | undefined)[]): Judgement {
  const events = records.filter((event) => event !== undefined).sort((one, other) => one.seq - other.seq);
  return { evidence, violation: { events, explanation } };
}
