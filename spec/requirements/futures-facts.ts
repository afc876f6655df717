import { canonicalJson } from '../canonical-json.ts';
import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import type { Json } from '../program.ts';
import { entryOf, isOnLoop, perHistory } from './on-loop-facts.ts';

/** Operations that may cancel, besides what they name, whatever waits for it or is waited for by it. */
export const CANCELLING: readonly string[] = [
  'cancelTask',
  'cancelFuture',
  'concurrentCancel',
  'waitFor',
  'timeout',
  'runner',
  'gather',
];

/** Operations on a future that never complete it. All others may. */
const HARMLESS: ReadonlySet<string> = new Set([
  'addDoneCallback',
  'removeDoneCallback',
  'query',
  'result',
  'exception',
  'await',
  'shield',
  'waitFor',
  'gather',
  'runUntil',
  'ensureFuture',
  'drop',
]);
/** Operations that wait for the objects they name, so that a cancellation of the waiter may reach those. */
export const WAITING: ReadonlySet<string> = new Set(['await', 'shield', 'waitFor', 'gather', 'runUntil']);

/**
 * What a record says of an outcome, as a text that is equal for equal outcomes; undefined for errors that the operation
 * itself may have failed with. An error of the program's own can come from nowhere but the object.
 */
export function outcomeOf(record: { readonly v?: Json; readonly err?: string }): string | undefined {
  if (record.v !== undefined) return canonicalJson(record.v);
  return record.err?.startsWith('USER(') ? record.err : undefined;
}

/** What a set operation gives the future. */
export function givenOutcome({ args }: Operation): string | undefined {
  const error = args['error'];
  if (typeof error === 'string') return outcomeOf({ err: error });
  return outcomeOf({ v: (args['value'] ?? null) as Json });
}

/** May the operation complete the object it names? */
export function isSettling({ op }: Operation): boolean {
  return !HARMLESS.has(op);
}

/** Is the operation one of those? */
export function isWaiting({ op }: Operation): boolean {
  return WAITING.has(op);
}

/** Gives the `inv` stamps of all operations that may complete an object, ascending. Each object is looked at once. */
export const settlingStamps: (history: IndexedHistory) => (id: OpId) => readonly number[] = perHistory((history) => {
  const stamps = new Map<OpId, readonly number[]>();
  const find = (id: OpId) =>
    operationsOn(history, id)
      .filter(isSettling)
      .map(({ inv }) => inv.seq);
  return (id) => entryOf(stamps, id, () => find(id));
});

/** Was the object made by createFuture, so that only what the program does to it, or a cancellation, completes it? */
export function isPlainFuture(history: IndexedHistory, id: OpId): boolean {
  return history.operations.get(id)?.op === 'createFuture';
}

export function operationsOn(history: IndexedHistory, id: OpId): readonly Operation[] {
  return history.byRef.get(id) ?? [];
}

/** The object that an operation works on, if it names exactly one. */
export function subjectOf(operation: Operation): OpId | undefined {
  const of = operation.args['of'];
  if (typeof of !== 'object' || of === null || Array.isArray(of)) return undefined;
  return (of as { readonly ref?: OpId | null }).ref ?? undefined;
}

/** The `inv` stamps of all operations that may cancel something, ascending. */
export const cancellingStamps: (history: IndexedHistory) => readonly number[] = perHistory((history) =>
  operationsNamed(history, ...CANCELLING).map((operation) => operation.inv.seq),
);

/** A record that proves the object done from then on, if this operation on it gives one. */
function doneRecord(history: IndexedHistory, operation: Operation, isPlain: boolean): Event | undefined {
  const { ret, resm, op, args } = operation;
  switch (op) {
    case 'setResult':
    case 'setException':
      return isPlain && isAccepted(operation) ? ret : undefined;
    case 'cancelFuture':
      return isPlain && ret?.v === true ? ret : undefined;
    case 'query':
      return (ret?.v as { readonly done?: boolean } | null | undefined)?.done === true ? ret : undefined;
    case 'await':
      return args['body'] === undefined && resm !== undefined && outcomeOf(resm) !== undefined ? resm : undefined;
    case 'result':
      return ret !== undefined && outcomeOf(ret) !== undefined ? ret : undefined;
    case 'addDoneCallback':
      return history.instances.get(operation.id)?.runs[0];
    default:
      return undefined;
  }
}

/**
 * Gives the first record of the loop's thread that proves an object done. What it stands for is certain for everything
 * that the same thread does later. Each object is looked at once: O(n) over a whole history.
 */
export const doneProofs: (history: IndexedHistory) => (id: OpId) => Event | undefined = perHistory((history) => {
  const proofs = new Map<OpId, { readonly proof: Event | undefined }>();
  const find = (id: OpId) => {
    const isPlain = isPlainFuture(history, id);
    let proof: Event | undefined;
    for (const operation of operationsOn(history, id)) {
      const record = doneRecord(history, operation, isPlain);
      if (record !== undefined && isOnLoop(record) && (proof === undefined || record.seq < proof.seq)) proof = record;
    }
    return { proof };
  };
  return (id) => entryOf(proofs, id, () => find(id)).proof;
});

/**
 * Tells whether an object was certainly pending during an operation of the loop's thread. A plain future: nothing that
 * may complete it had begun, and no cancellation can have reached it through those who wait for it. A task: its body
 * had been entered and ended later. O(log n) a question after O(n).
 */
export const pendingProofs: (history: IndexedHistory) => (id: OpId, during: Operation) => boolean = perHistory(
  (history) => {
    const cancels = cancellingStamps(history);
    const settlingOf = settlingStamps(history);
    const firstWaits = new Map<OpId, number>();
    const findWait = (id: OpId) => operationsOn(history, id).find(isWaiting)?.inv.seq ?? Number.POSITIVE_INFINITY;
    return (id, during) => {
      const { inv, ret } = during;
      if (ret === undefined || !isOnLoop(inv)) return false;
      if (isPlainFuture(history, id)) {
        const settling = settlingOf(id);
        const firstWait = entryOf(firstWaits, id, () => findWait(id));
        const other = settling[0] === inv.seq ? settling[1] : settling[0];
        if ((other ?? Number.POSITIVE_INFINITY) < ret.seq) return false;
        const cancel = cancels[0] === inv.seq ? cancels[1] : cancels[0];
        return firstWait > ret.seq || (cancel ?? Number.POSITIVE_INFINITY) > ret.seq;
      }
      const { runs, ends, operation } = history.instances.get(id) ?? {};
      if (operation?.op !== 'createTask' && operation?.op !== 'ensureFuture') return false;
      const [run] = runs!;
      const [end] = ends!;
      if (run === undefined || end === undefined || !isOnLoop(run) || !isOnLoop(end)) return false;
      return run.seq < inv.seq && end.seq > ret.seq;
    };
  },
);

/** Gives the first record of the loop's thread that proves an object cancelled. Each object is looked at once. */
export const cancelledProofs: (history: IndexedHistory) => (id: OpId) => Event | undefined = perHistory((history) => {
  const proofs = new Map<OpId, { readonly proof: Event | undefined }>();
  const find = (id: OpId) => {
    const isPlain = isPlainFuture(history, id);
    const proof = operationsOn(history, id).find(({ op, ret }) => {
      if (ret === undefined || !isOnLoop(ret)) return false;
      if (op === 'query') return (ret.v as { readonly cancelled?: boolean } | null | undefined)?.cancelled === true;
      return isPlain && op === 'cancelFuture' && ret.v === true;
    });
    return { proof: proof?.ret };
  };
  return (id) => entryOf(proofs, id, () => find(id)).proof;
});

/** Someone saw an outcome of an object. */
export type Observation = { readonly outcome: string; readonly event: Event; readonly by: string };

/**
 * What plain awaits, `result` and `runUntil` saw of an object, in the order in which they asked. Errors that they may
 * have failed with themselves, such as their own cancellation, are left out.
 */
export function observationsOf(history: IndexedHistory, id: OpId): readonly Observation[] {
  const observations: Observation[] = [];
  for (const operation of operationsOn(history, id)) {
    const { op, id: by, inv } = operation;
    const event = op === 'await' ? operation.resm : op === 'result' || op === 'runUntil' ? operation.ret : undefined;
    const outcome = event === undefined ? undefined : outcomeOf(event);
    if (event === undefined || outcome === undefined || subjectOf(operation) !== id) continue;
    observations.push({ outcome, event, by: op === 'await' ? `${inv.inst}, which awaited it,` : `${op} ${by}` });
  }
  return observations;
}
