import type { OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task } from './builder.ts';
import { makerOf, outermostTasks } from './cancellation-facts.ts';
import { isPlainFuture, isWaiting, operationsOn, subjectOf } from './futures-facts.ts';
import { entryOf, isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

const INFINITE: number = Number.POSITIVE_INFINITY;

/** The task that performs a body: the body itself, or the task that awaits it inline. Remembers what it found. */
function taskFinder(history: IndexedHistory): (inst: OpId) => OpId | undefined {
  const found = new Map<OpId, OpId | undefined>();
  return (inst) => {
    const path: OpId[] = [];
    let at: OpId | undefined = inst;
    while (at !== undefined && !found.has(at) && path.length <= history.instances.size) {
      path.push(at);
      const operation: Operation | undefined = history.operations.get(at);
      if (operation?.op !== 'await') {
        found.set(at, makerOf(history, at)?.id);
        break;
      }
      at = operation.inv.inst;
    }
    const task = at === undefined ? undefined : found.get(at);
    for (const id of path) found.set(id, task);
    return task;
  };
}

type Requests = {
  /** Requests, withdrawals and queries of each task, by the loop's thread, in order. */
  readonly byTask: ReadonlyMap<OpId, readonly Operation[]>;
  /** From this stamp on, something that names no task may have cancelled any of them. */
  readonly hiddenFrom: number;
  /** The first request for each of the two tasks that were asked first: of another task than one's own, the first. */
  readonly firstOfTwo: readonly (readonly [task: OpId, stamp: number])[];
};

function isHidden(history: IndexedHistory, operation: Operation): boolean {
  if (operation.op !== 'cancelFuture') return true;
  const of = subjectOf(operation);
  return of === undefined || !isPlainFuture(history, of);
}

function requestsOf(history: IndexedHistory): Requests {
  const findTask = taskFinder(history);
  const byTask = new Map<OpId, Operation[]>();
  const firstOfTwo: [OpId, number][] = [];
  const hidden = operationsNamed(history, 'waitFor', 'timeout', 'runner', 'gather', 'concurrentCancel', 'cancelFuture');
  let hiddenFrom = hidden.find((operation) => isHidden(history, operation))?.inv.seq ?? INFINITE;
  for (const operation of operationsNamed(history, 'cancelTask', 'uncancel', 'query')) {
    const isOwn = operation.op !== 'query' && operation.args['of'] === undefined;
    const target = isOwn ? findTask(operation.inv.inst) : subjectOf(operation);
    const made = makerOf(history, target);
    if (operation.op === 'cancelTask' && (made === undefined || !isOnLoop(operation.inv))) {
      hiddenFrom = Math.min(hiddenFrom, operation.inv.seq);
    }
    if (made === undefined) continue;
    entryOf(byTask, made.id, () => []).push(operation);
    if (operation.op === 'cancelTask' && firstOfTwo.length < 2 && firstOfTwo[0]?.[0] !== made.id) {
      firstOfTwo.push([made.id, operation.inv.seq]);
    }
  }
  return { byTask, hiddenFrom, firstOfTwo };
}

/**
 * From this stamp on the task may have been cancelled by something that does not name it: by way of somebody who waits
 * for it, and who was cancelled, or for whom somebody waits in turn, perhaps the task itself.
 */
function unknownFrom(
  history: IndexedHistory,
  task: OpId,
  { hiddenFrom, firstOfTwo }: Requests,
  isOutermost: (inst: OpId) => boolean,
): number {
  const waits = operationsOn(history, task).filter(isWaiting);
  const wait = waits[0]?.inv.seq ?? INFINITE;
  const cycle = waits.find(({ inv }) => !isOutermost(inv.inst))?.inv.seq ?? INFINITE;
  const other = firstOfTwo.find(([of]) => of !== task)?.[1] ?? INFINITE;
  return Math.min(hiddenFrom, cycle, Math.max(wait, other));
}

/** The count as a record tells it; undefined if it does not. */
function toldCount({ op, ret }: Operation): number | undefined {
  if (op === 'uncancel') return typeof ret?.v === 'number' ? ret.v : undefined;
  const state = op === 'query' ? (ret?.v as { readonly cancelling?: number } | null | undefined) : undefined;
  return typeof state?.cancelling === 'number' ? state.cancelling : undefined;
}

function judgeTask(operations: readonly Operation[], until: number, name: string): Judgement {
  let count = 0;
  let evidence = 0;
  for (const operation of operations) {
    const { op, ret, inv, id } = operation;
    if (ret === undefined || ret.err !== undefined || ret.seq > until || !isOnLoop(inv)) break;
    if (op === 'cancelTask' && ret.v === true) count++;
    if (op === 'uncancel') count = Math.max(0, count - 1);
    const told = toldCount(operation);
    if (told === undefined) continue;
    if (told !== count) {
      const requests = operations.filter((other) => other.op !== 'query' && other.inv.seq <= inv.seq);
      const text = `${count} cancellation${count === 1 ? '' : 's'} of ${name} stood, yet ${op} ${id} gave ${told}`;
      return violated(evidence, text, ...requests.map((other) => other.ret), inv, ret);
    }
    evidence++;
  }
  return { evidence };
}

function judgeCount(history: IndexedHistory): Judgement {
  const requests = requestsOf(history);
  const isOutermost = outermostTasks(history);
  let evidence = 0;
  for (const [task, operations] of requests.byTask) {
    const until = unknownFrom(history, task, requests, isOutermost);
    const judgement = judgeTask(operations, until, nameOf(history.operations.get(task)!));
    evidence += judgement.evidence;
    if (judgement.violation !== undefined) return { evidence, violation: judgement.violation };
  }
  return { evidence };
}

const T = 'L inv t createTask body=c ; L ret t';
const CANCEL = (id: string, v = 'true') => `L inv ${id} cancelTask of=t ; L ret ${id} v=${v}`;
const UNCANCEL = (id: string, v: number) => `L inv ${id} uncancel of=t ; L ret ${id} v=${v}`;
const QUERY = (id: string, count: number) =>
  `L inv ${id} query of=t ; L ret ${id} v={"done":false,"cancelled":false,"cancelling":${count}}`;

export const cancellingIsACount: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-13',
  slug: 'cancelling-counts-requests',
  area: 'cancellation',
  basis: 'doc',
  statement: 'Cancelling() = cancels - uncancels, never below 0.',
  source: 'doc task#cancelling',
  evidence: 'a query or uncancel of a task that nothing else can have cancelled, that told the count',
  hint: 'the count of requests: cancel of an unfinished task adds one, uncancel takes one away, and zero is the floor',
  needs: ['uncancel'],
  judge: whenInvoked(['query', 'uncancel'], judgeCount),
  examples: {
    upholds: [
      running(
        `${T} ; ${QUERY('q', 0)} ; ${CANCEL('k')} ; ${CANCEL('l')} ; ${QUERY('r', 2)} ; ${UNCANCEL('z', 1)} ; ${UNCANCEL('y', 0)} ; ${UNCANCEL('x', 0)} ; L end R ; M eot done`,
      ),
    ],
    violates: [
      running(`${T} ; ${CANCEL('k')} ; ${QUERY('q', 0)} ; L end R ; M eot done`),
      running(`${T} ; ${UNCANCEL('z', -1)} ; L end R ; M eot done`),
      running(`${T} ; ${CANCEL('k')} ; ${CANCEL('l')} ; ${UNCANCEL('z', 0)} ; L end R ; M eot done`),
      running(
        `${T} ; L end R ; L run t c ; L inv k cancelTask ; L ret k v=true ; ${QUERY('q', 0)} ; L end t ; M eot done`,
      ),
    ],
    unexercised: [running(`${T} ; ${CANCEL('k')} ; L end R ; M eot done`)],
    noFalseAlarm: [
      // Refused by a finished task; an implementation that does not tell the count.
      running(`${T} ; ${CANCEL('k', 'false')} ; ${QUERY('q', 0)} ; L end R ; M eot done`),
      running(`${T} ; ${CANCEL('k')} ; L inv q query of=t ; L ret q v={"done":false,"cancelled":false} ; L end R`),
      // Whoever awaits it is cancelled, and passes that on; a time-out cancels and withdraws by itself.
      running(
        `${T} ; L inv u createTask body=d ; L ret u ; L inv p yield ; L susp R id=p on=p ; L run u d ; L inv w await of=t ; L susp u id=w on=t ; L resm R id=p ; L ret p ; L inv k cancelTask of=u ; L ret k v=true ; ${QUERY('q', 1)} ; L end R ; M eot done`,
      ),
      running(
        `${T} ; L end R ; L run t c ; L inv o timeout timeoutUs=1 ; L inv s sleep delayUs=9 ; L susp t id=s on=s ; L run x other ; ${QUERY('q', 1)} ; L end x ; M eot done`,
      ),
      // Two tasks wait for each other: a cancellation comes back.
      running(
        `${T} ; L inv u createTask body=d ; L ret u ; L inv p yield ; L susp R id=p on=p ; L run u d ; L inv w await of=t ; L susp u id=w on=t ; L run t c ; L inv x await of=u ; L susp t id=x on=u ; L resm R id=p ; L ret p ; ${CANCEL('k')} ; ${QUERY('q', 2)} ; L end R ; M eot done`,
      ),
      // The cancel never came back.
      running(`${T} ; L inv k cancelTask of=t ; ${QUERY('q', 0)} ; M eot deadline`),
    ],
  },
  program: fixedProgram('A-CAN-13', {
    needs: ['ON-LOOP', 'uncancel'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'never' },
        { op: 'createFuture', to: 'begun' },
        { op: 'createTask', body: 'waiting', to: 'task' },
        { op: 'query', of: 'task' },
        { op: 'uncancel', of: 'task' },
        { op: 'await', of: 'begun' },
        { op: 'cancelTask', of: 'task' },
        { op: 'cancelTask', of: 'task' },
        { op: 'query', of: 'task' },
        { op: 'uncancel', of: 'task' },
        { op: 'query', of: 'task' },
        { op: 'cancelTask', of: 'task' },
        { op: 'query', of: 'task' },
        { op: 'yield' },
        { op: 'yield' },
        { op: 'query', of: 'task' },
      ),
      waiting: task({ op: 'setResult', of: 'begun', value: 1 }, { op: 'await', of: 'never' }),
    },
  }),
};
