import type { OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';

/** The first successful close of each loop by M, by the loop. */
export function closes(history: IndexedHistory): ReadonlyMap<OpId | null, Operation> {
  const first = new Map<OpId | null, Operation>();
  for (const close of operationsNamed(history, 'close')) {
    if (close.inv.th === 'M' && isAccepted(close) && !first.has(close.loop)) first.set(close.loop, close);
  }
  return first;
}
