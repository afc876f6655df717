import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, type Instance, type Operation, operationsNamed, refsOf } from '../indexed-history.ts';
import { cancellingStamps, isPlainFuture, operationsOn, settlingStamps, subjectOf, WAITING } from './futures-facts.ts';
import { countBelow, entryOf, isOnLoop, perHistory } from './on-loop-facts.ts';

/** Inline awaits that are followed downwards; deeper ones are not judged. */
const INLINE_DEPTH_MAX = 1000;
const NS_PER_US = 1000;

/** The accepted operation that made this task of a body; undefined if it is no such task. */
export function makerOf(history: IndexedHistory, id: OpId | undefined): Operation | undefined {
  const made = id === undefined ? undefined : history.operations.get(id);
  if (made?.op !== 'createTask' && made?.op !== 'ensureFuture') return undefined;
  return made.args['body'] !== undefined && made.ret !== undefined && made.ret.err === undefined ? made : undefined;
}

/** The body of such a task, once it was entered. */
export function taskMadeBy(history: IndexedHistory, id: OpId | undefined): Instance | undefined {
  const made = makerOf(history, id);
  return made === undefined ? undefined : history.instances.get(made.id);
}

/** A request to cancel a task by name, by the loop's thread, that returned. */
export type TaskCancel = { readonly cancel: Operation; readonly target: OpId };

/** The first cancelTask of each object by name, if it was performed by the loop's thread and came back with a boolean. */
export const firstCancels: (history: IndexedHistory) => readonly TaskCancel[] = perHistory((history) => {
  const seen = new Set<OpId>();
  return operationsNamed(history, 'cancelTask').flatMap((cancel): TaskCancel[] => {
    const target = subjectOf(cancel);
    if (target === undefined || seen.has(target)) return [];
    seen.add(target);
    return isOnLoop(cancel.inv) && typeof cancel.ret?.v === 'boolean' ? [{ cancel, target }] : [];
  });
});

/** Tells whether this was the only operation before a stamp that may have cancelled anything. O(log n) a question. */
export function soleCancelling(history: IndexedHistory): (cancel: Operation, before: number) => boolean {
  const stamps = cancellingStamps(history);
  return (cancel, before) => countBelow(stamps, before) === (cancel.inv.seq < before ? 1 : 0);
}

const TASK_MAKERS: ReadonlySet<string> = new Set(['createTask', 'ensureFuture', 'runUntil']);

/**
 * Tells whether a body is a task of its own for which nobody ever waits. A cancellation of another task, which travels
 * from who waits to what is waited for, reaches it by no cycle of waits.
 */
export const outermostTasks: (history: IndexedHistory) => (inst: OpId) => boolean = perHistory((history) => {
  const awaited = new Set<OpId>();
  for (const name of WAITING) {
    for (const { args } of operationsNamed(history, name)) for (const id of refsOf(args)) awaited.add(id);
  }
  return (inst) => TASK_MAKERS.has(history.operations.get(inst)?.op ?? '') && !awaited.has(inst);
});

/** The operation in which a body was suspended at a stamp. */
function suspensionOf(instance: Instance, at: number): Operation | undefined {
  const stamps = instance.operations.map(({ inv }) => inv.seq);
  const last = instance.operations[countBelow(stamps, at) - 1];
  if (last?.susp === undefined || last.susp.seq > at) return undefined;
  return last.resm === undefined || last.resm.seq > at ? last : undefined;
}

function isInTimeout(instance: Instance, at: number): boolean {
  return instance.operations.some(
    ({ op, inv, ret }) => op === 'timeout' && inv.seq < at && (ret === undefined || ret.seq > at),
  );
}

/**
 * The operation in which a task waited at a stamp, through the coroutines it awaits inline; undefined if it was not
 * suspended there for certain, or if anything on the way is in the block of a `timeout`. Linear in the operations of
 * the task and of those coroutines.
 */
export function waitOf(history: IndexedHistory, task: Instance, at: number): Operation | undefined {
  let instance: Instance | undefined = task;
  for (let depth = 0; depth < INLINE_DEPTH_MAX && instance !== undefined; depth++) {
    if (instance.runs.length !== 1 || isInTimeout(instance, at)) return undefined;
    const wait = suspensionOf(instance, at);
    if (wait?.op !== 'await' || wait.args['body'] === undefined) return wait;
    instance = history.instances.get(wait.id);
  }
  return undefined;
}

/**
 * Tells whether nothing but a cancellation can have ended a wait early: a yield; a sleep that was not due when the cancel
 * returned; a plain await of a plain future that nothing had begun to complete by then.
 */
export function undisturbedWaits(history: IndexedHistory): (wait: Operation, cancel: Operation) => boolean {
  const settlingOf = settlingStamps(history);
  return (wait, { ret }) => {
    if (ret === undefined) return false;
    if (wait.op === 'yield') return true;
    if (wait.op === 'sleep') {
      const { delayUs } = wait.args;
      return typeof delayUs === 'number' && ret.t + history.bounds.G < wait.inv.t + delayUs * NS_PER_US;
    }
    const of = wait.op === 'await' ? subjectOf(wait) : undefined;
    if (of === undefined || !isPlainFuture(history, of)) return false;
    return (settlingOf(of)[0] ?? Number.POSITIVE_INFINITY) > ret.seq;
  };
}

/**
 * Tells whether a wait ended with CANCELLED because of a cancellation for certain: what it waited for can have had no
 * such outcome of its own, since nobody ever gave it an error.
 */
export const cancelDeliveries: (history: IndexedHistory) => (wait: Operation) => boolean = perHistory((history) => {
  const mayFail = new Map<OpId, boolean>();
  const find = (of: OpId) => operationsOn(history, of).some(({ op }) => op === 'setException' || op === 'complete');
  return (wait) => {
    if (wait.resm?.err !== 'CANCELLED') return false;
    if (wait.op === 'sleep' || wait.op === 'yield') return true;
    const of = wait.op === 'await' ? subjectOf(wait) : undefined;
    return of !== undefined && isPlainFuture(history, of) && !entryOf(mayFail, of, () => find(of));
  };
});

/** The last thing that is recorded of a body, as far as its newest operations tell. */
export function lastRecordOf({ runs, ends, operations }: Instance): Event | undefined {
  const newest = operations.at(-1);
  const records = [runs.at(-1), ends.at(-1), newest?.inv, newest?.susp, newest?.resm, newest?.ret];
  return records.reduce((last, record) => (last === undefined || (record && record.seq > last.seq) ? record : last));
}
