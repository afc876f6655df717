import type { EndEvent, RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import { firstAbove } from './inbound-facts.ts';

/** One piece of executor work: the operation that submitted it, and what is known of its body. */
export type Work = {
  readonly operation: Operation;
  readonly name: string;
  readonly run: RunEvent | undefined;
  readonly end: EndEvent | undefined;
  /** The body was entered more than once, so that its records do not belong together. */
  readonly doubled: boolean;
};

/** A suspended await of executor work by a task: `await` of its future, or the `toThread` that submitted it. */
export type Wait = Operation & { readonly susp: NonNullable<Operation['susp']> };

/** Operations that may cancel a task or a future which they do not name. */
const CANCELLING: readonly string[] = [
  'cancelTask',
  'cancelFuture',
  'concurrentCancel',
  'waitFor',
  'timeout',
  'runner',
  'gather',
];
const SETTLING: ReadonlySet<string> = new Set(['setResult', 'setException', 'complete', 'cancelFuture']);

/** Ten judges ask for the same list of a history; it is a function of the history alone. */
const known: WeakMap<IndexedHistory, readonly Work[]> = new WeakMap();

/** All executor work that was passed as what it is, in the order of submission. O(n log n) once a history. */
export function executorWork(history: IndexedHistory): readonly Work[] {
  const before = known.get(history);
  if (before !== undefined) return before;
  const works = collectWork(history);
  known.set(history, works);
  return works;
}

function collectWork(history: IndexedHistory): readonly Work[] {
  return operationsNamed(history, 'runInExecutor', 'toThread').flatMap((operation) => {
    if (operation.args['as'] !== undefined) return [];
    const body = scheduledBody(history, operation);
    const doubled = (body?.runs.length ?? 0) > 1 || (body?.ends.length ?? 0) > 1;
    return [{ operation, name: String(operation.args['body']), run: body?.runs[0], end: body?.ends[0], doubled }];
  });
}

/** The executor took the work: `runInExecutor` returned without an error. A `toThread` tells only by running it. */
export function isTaken({ operation, run }: Work): boolean {
  if (operation.op === 'toThread') return run !== undefined;
  return operation.ret !== undefined && operation.ret.err === undefined;
}

/** The plain awaits of this work that may have suspended. */
export function waitsFor(history: IndexedHistory, work: Work): readonly Wait[] {
  const { operation } = work;
  const waits =
    operation.op === 'toThread'
      ? [operation]
      : (history.byRef.get(operation.id) ?? []).filter((other) => other.op === 'await');
  return waits.filter((wait): wait is Wait => wait.susp !== undefined);
}

/** The program itself may have completed the future of this work. */
export function isSettledByProgram(history: IndexedHistory, work: Work): boolean {
  return (history.byRef.get(work.operation.id) ?? []).some((other) => SETTLING.has(other.op));
}

/** Nothing in the whole history can have cancelled a task or a future; `also` names further suspects. */
export function nothingCancels(history: IndexedHistory, ...also: readonly string[]): boolean {
  return [...CANCELLING, ...also].every((name) => !history.byOp.has(name));
}

/** Every record that was made is here, so that a missing one means that the thing had not happened when it ended. */
export function isWhole(history: IndexedHistory): boolean {
  return history.eot !== undefined && history.eot.reason !== 'crashed';
}

/**
 * The first successful `cancelTask` of the awaiting task itself between the suspension and the resumption of its
 * await. Windows of one task do not overlap, so that asking for every await costs O(n log n) in all.
 */
export function cancelDuring(history: IndexedHistory, wait: Wait): Operation | undefined {
  const uses = history.byRef.get(wait.inv.inst) ?? [];
  const resumed = wait.resm?.seq ?? Number.POSITIVE_INFINITY;
  let position = firstAbove(uses.length, (index) => uses[index]!.inv.seq, wait.susp.seq);
  for (; position < uses.length && uses[position]!.inv.seq < resumed; position++) {
    const use = uses[position]!;
    if (use.op === 'cancelTask' && use.ret?.v === true) return use;
  }
  return undefined;
}

/** The work had provably not ended when the await was resumed. */
export function outlasts(history: IndexedHistory, work: Work, wait: Wait): boolean {
  if (wait.resm === undefined || work.run === undefined || work.doubled) return false;
  return work.end === undefined ? isWhole(history) : precedes(wait.resm, work.end);
}
