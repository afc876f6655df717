import { threadOf } from '../explore/access.ts';
import { CLOCK, type Tid } from '../explore/strategy.ts';
import { type Attempts, countSwitches, type Performed, type Performer, type Switches } from './performer.ts';

/** Consecutive steps of one thread: `from` … `to` - 1. */
type Block = { readonly tid: Tid; readonly from: number; readonly to: number };

/**
 * Joins what a thread does in several goes, as long as the result still fails alike: pulls a block of steps back to the
 * one before of the same thread, or pushes that one forward. Returns a failing execution with fewer preemptions, or as
 * many and fewer context switches, and no more deviations; the given one if there is none such in reach.
 */
export async function joinBlocks<P extends Performed>(
  first: P,
  performer: Pick<Performer<P>, 'follow'>,
  attempts: Attempts,
): Promise<P> {
  let best = first;
  let orders = joinedOrders(best);
  for (let at = 0; at < orders.length && attempts.take(); ) {
    const performed = await performer.follow(orders[at++]!);
    if (performed?.outcome !== 'fails' || !isCalmer(performed, best)) continue;
    best = performed;
    orders = joinedOrders(best);
    at = 0;
  }
  return best;
}

/** Whether an execution has fewer preemptions than another, or as many and fewer context switches; never more deviations. */
export function isCalmer(one: Performed, other: Performed): boolean {
  if (one.deviations.length > other.deviations.length) return false;
  return compareSwitches(countSwitches(one.trace), countSwitches(other.trace)) < 0;
}

function compareSwitches(a: Switches, b: Switches): number {
  return a.preemptions - b.preemptions || a.contextSwitches - b.contextSwitches;
}

function blocksOf({ steps }: Performed): readonly Block[] {
  const blocks: Block[] = [];
  for (let from = 0; from < steps.length; ) {
    const tid = threadOf(steps[from]!);
    let to = from + 1;
    while (to < steps.length && threadOf(steps[to]!) === tid) to++;
    blocks.push({ tid, from, to });
    from = to;
  }
  return blocks;
}

/** All orders in which one block has moved to its thread's block before it, or that one to it. */
function joinedOrders(performed: Performed): readonly (readonly Tid[])[] {
  const orders: (readonly Tid[])[] = [];
  const threads = performed.steps.map(threadOf);
  const before = new Map<Tid, Block>();
  for (const block of blocksOf(performed)) {
    const earlier = before.get(block.tid);
    before.set(block.tid, block);
    if (earlier === undefined || block.tid === CLOCK) continue;
    const between = threads.slice(earlier.to, block.from);
    const joined = threads.slice(earlier.from, earlier.to).concat(threads.slice(block.from, block.to));
    const head = threads.slice(0, earlier.from);
    const rest = threads.slice(block.to);
    orders.push([...head, ...joined, ...between, ...rest], [...head, ...between, ...joined, ...rest]);
  }
  return orders;
}
