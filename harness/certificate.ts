import { OP } from '../impl/platform.ts';
import { type Explored, executionsOf } from './exploration.ts';
import type { Liberties } from './explore/subject.ts';

const KINDS: readonly (readonly [string, number])[] = Object.entries(OP);

/** Whole numbers as people read them: 6,734,596. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** What a certificate rests on. */
type Covered = Pick<Explored, 'searched' | 'threads' | 'advances' | 'kinds'>;

/** Which orders tell two executions apart: of records that judges compare, or of what the final state rests on. */
export type OrderKind = 'real-time' | 'final-state';

/** Everything that a search was about and would have to be known to believe it, in one line. */
function scope({ threads, kinds, advances }: Covered, liberties: Liberties, order: OrderKind): string {
  const operations = KINDS.filter(([, kind]) => (kinds & (1 << kind)) !== 0).map(([name]) => name);
  return [
    `${threads} threads`,
    `order=${order}`,
    `operations={${operations.join(',')}}`,
    `clock=${liberties.clock}(${advances} ${advances === 1 ? 'advance' : 'advances'} at most)`,
    `spurious=${liberties.spurious ? 'once a thread' : 'off'}`,
    'granularity=one operation on a cell or port',
  ].join(', ');
}

/**
 * The certificate of an exhaustive search, or undefined if it may not be given: the tree was not emptied, an execution
 * hit the step cap, or a replayed prefix did not come out the same.
 */
export function certificate(explored: Covered, liberties: Liberties, order: OrderKind): string | undefined {
  const { searched } = explored;
  if (!searched.isEmptied || searched.capped > 0 || searched.diverged > 0) return undefined;
  const executions = executionsOf(searched);
  const perTrace = (executions / searched.complete).toFixed(2);
  return `exhausted: ${grouped(searched.complete)} traces (${grouped(executions)} executions incl. ${grouped(searched.asleep)} sleep-blocked prefixes, ${perTrace} a trace), ${scope(explored, liberties, order)}`;
}

/** How large the whole would be. */
export function estimateText({ mean }: { readonly mean: number }): string {
  return `est. ${mean.toPrecision(1)} executions in all (Knuth, an order of magnitude, often too low)`;
}

/** Why there is no certificate. */
export function shortfall({ searched }: Covered): string {
  if (searched.diverged > 0) return 'a replayed prefix came out otherwise: the subject is not deterministic';
  if (searched.capped > 0) return `${grouped(searched.capped)} executions hit the step cap`;
  return `not exhausted after ${grouped(executionsOf(searched))} executions`;
}

/** What a preemption-bounded search that came to its end has covered, or undefined if it did not. */
export function boundedCertificate(
  explored: Covered,
  bound: number,
  liberties: Liberties,
  order: OrderKind,
): string | undefined {
  const { searched } = explored;
  if (!searched.isEmptied || searched.capped > 0 || searched.diverged > 0) return undefined;
  return `bounded: all ≤${bound}-preemption schedules (${grouped(searched.complete)} executions and ${grouped(searched.asleep)} prefixes that lead to states entered before), ${scope(explored, liberties, order)}`;
}
