import type { Event } from './history.ts';
import type { IndexedHistory } from './indexed-history.ts';

/**
 * Was something that the loop owed since `since` (a late record: from then on it was certain) not done before
 * `settled` (the first record that shows it done; undefined = never), although the loop was idle for more than B
 * meanwhile? At `eot deadlock` an idle loop is late whatever the bound. Contract 3, "idle and late". O(log n).
 */
export function isLate(history: IndexedHistory, since: Event, settled: Event | undefined): boolean {
  if (settled === undefined && history.eot?.reason === 'deadlock' && history.idleAtEnd) return true;
  const { B: bound } = history.bounds;
  if (bound === null) return false;
  const gaps = history.longGaps;
  let low = 0;
  for (let high = gaps.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (gaps[middle]!.toSeq > since.seq) high = middle;
    else low = middle + 1;
  }
  // Only the first gap can have begun before `since`; the second, if there is one, lies wholly behind it.
  for (const gap of gaps.slice(low, low + 2)) {
    if (settled !== undefined && gap.toSeq > settled.seq) return false;
    if (gap.toT - Math.max(gap.fromT, since.t) > bound) return true;
  }
  return false;
}

/** The loop was idle at some moment between two stamps. O(log n). */
export function wasIdleBetween(history: IndexedHistory, fromSeq: number, toSeq: number): boolean {
  const { idleAfter, loopThread } = history;
  let low = 0;
  for (let high = idleAfter.length; low < high; ) {
    const middle = (low + high) >> 1;
    const next = loopThread[idleAfter[middle]! + 1];
    if (next === undefined || next.seq > fromSeq) high = middle;
    else low = middle + 1;
  }
  const position = idleAfter[low];
  return position !== undefined && loopThread[position]!.seq < toSeq;
}
