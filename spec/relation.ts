import { assertNever } from './assert-never.ts';
import { type Event, osThread } from './history.ts';

/**
 * The only place that says what order two records prove.
 *
 *   thread 1   ── call ──●ret           ret is stamped after the call happened (late)
 *   thread 2                  inv●── call ──   inv is stamped before it (early)
 *
 * so `ret.seq < inv.seq` proves that the first call was over before the second began, and nothing else across threads
 * proves anything.
 */
export type Side = 'early' | 'late' | 'moment';

export function side(event: Event): Side {
  switch (event.ev) {
    case 'inv':
    case 'end':
    case 'susp':
    case 'meta':
      return 'early';
    case 'ret':
    case 'run':
    case 'resm':
    case 'hnd':
    case 'eot':
      return 'late';
    case 'loop':
      return event.state === 'start' ? 'early' : 'late';
    case 'mark':
      return 'moment';
    default:
      return assertNever(event);
  }
}

/**
 * True only if what `first` stands for provably happened before what `second` stands for. Records of one
 * operating-system thread are ordered by their stamps; across threads a late (or momentary) record proves itself
 * before an early (or momentary) one with a greater stamp. It never holds both ways. It is transitive over records of
 * different threads, not through one thread's own order: `inv` before its `ret` before another thread's `inv` is known,
 * `inv` before that `inv` is not claimed. O(1).
 */
export function precedes(first: Event, second: Event): boolean {
  if (first.seq >= second.seq) return false;
  if (osThread(first.th) === osThread(second.th)) return true;
  return side(first) !== 'early' && side(second) !== 'late';
}
