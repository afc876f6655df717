import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import { isPlainFuture, outcomeOf } from './futures-facts.ts';
import { countBelow, isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

/** Someone who waits for an object: since when, and the record of being told. */
type Waiter = { readonly operation: Operation; readonly since: Event; readonly told: Event; readonly isAwait: boolean };

const PASSIVE: ReadonlySet<string> = new Set(['query', 'result', 'exception', 'drop', 'ensureFuture', 'cancelTask']);

/**
 * The record before which an object was pending and after which it was done, if the loop's thread completed it by the
 * only attempt made, and nobody ever stopped to wait for it: the one accepted set of a plain future, the end of a task.
 */
function completionOf(history: IndexedHistory, id: OpId, operations: readonly Operation[]): Event | undefined {
  let point: Event | undefined;
  const isPlain = isPlainFuture(history, id);
  for (const operation of operations) {
    const { op, args } = operation;
    if (op === 'addDoneCallback' || (op === 'await' && args['body'] === undefined)) continue;
    if (PASSIVE.has(op) && (op !== 'cancelTask' || !isPlain)) continue;
    if (!isPlain || point !== undefined || (op !== 'setResult' && op !== 'setException')) return undefined;
    if (!isAccepted(operation) || !isOnLoop(operation.inv)) return undefined;
    point = operation.inv;
  }
  if (isPlain) return point;
  const body = history.instances.get(id);
  const isTask = body?.operation?.op === 'createTask' || body?.operation?.op === 'ensureFuture';
  const [end] = body?.ends ?? [];
  return isTask && body?.runs.length === 1 && end !== undefined && isOnLoop(end) ? end : undefined;
}

/** Those who waited before `point` and were told on the loop's thread, cancelled ones excepted, in order of waiting. */
function waitersOf(history: IndexedHistory, operations: readonly Operation[], point: Event): readonly Waiter[] {
  const waiters: Waiter[] = [];
  for (const operation of operations) {
    const isAwait = operation.op === 'await';
    const since = isAwait ? operation.susp : isAccepted(operation) ? operation.ret : undefined;
    const told = isAwait ? operation.resm : scheduledBody(history, operation)?.runs[0];
    if ((!isAwait && operation.op !== 'addDoneCallback') || since === undefined || told === undefined) continue;
    if (since.seq > point.seq || told.seq < point.seq || !isOnLoop(since) || !isOnLoop(told)) continue;
    if (isAwait && outcomeOf(operation.resm!) === undefined) continue;
    waiters.push({ operation, since, told, isAwait });
  }
  return waiters.sort((a, b) => a.since.seq - b.since.seq);
}

function describe({ operation, isAwait }: Waiter): string {
  return isAwait ? `${operation.inv.inst} (awaiting)` : nameOf(operation);
}

/** Of those who waited for one object, a later one must not be told before an earlier one with which it is compared. */
function judgeWaiters(history: IndexedHistory, isCompared: (earlier: Waiter, waiter: Waiter) => boolean): Judgement {
  let evidence = 0;
  for (const [id, operations] of history.byRef) {
    const point = completionOf(history, id, operations);
    if (point === undefined) continue;
    const last = new Map<boolean, Waiter>();
    for (const waiter of waitersOf(history, operations, point)) {
      const earlier = [last.get(true), last.get(false)].filter((other) => other && isCompared(other, waiter));
      for (const other of earlier as Waiter[]) {
        if (other.told.seq < waiter.told.seq) continue;
        return violated(
          evidence,
          `${describe(other)} waited for ${id} before ${describe(waiter)} did, yet ${describe(waiter)} was told first`,
          other.since,
          waiter.since,
          point,
          waiter.told,
          other.told,
        );
      }
      if (earlier.length > 0) evidence++;
      const before = last.get(waiter.isAwait);
      if (before === undefined || before.told.seq < waiter.told.seq) last.set(waiter.isAwait, waiter);
    }
  }
  return { evidence };
}

/** No done callback may run inside a call that completes, cancels, or adds a callback. */
function judgeNeverSynchronous(history: IndexedHistory): Judgement {
  const calls = operationsNamed(
    history,
    'setResult',
    'setException',
    'cancelFuture',
    'cancelTask',
    'addDoneCallback',
  ).filter(({ inv, ret }) => isOnLoop(inv) && ret !== undefined);
  const stamps = calls.map(({ inv }) => inv.seq);
  let evidence = 0;
  for (const added of operationsNamed(history, 'addDoneCallback')) {
    const run = scheduledBody(history, added)?.runs[0];
    if (run === undefined || !isOnLoop(run) || !isAccepted(added) || !isOnLoop(added.inv)) continue;
    const call = calls[countBelow(stamps, run.seq) - 1];
    if (call !== undefined && run.seq < call.ret!.seq) {
      return violated(
        evidence,
        `the done callback ${nameOf(added)} ran inside ${call.op} ${call.id} instead of later`,
        added.inv,
        call.inv,
        run,
        call.ret,
      );
    }
    evidence++;
  }
  return { evidence };
}

const TWO_CALLBACKS =
  'L inv f createFuture ; L ret f ; L inv a addDoneCallback of=f body=x ; L ret a ; L inv b addDoneCallback of=f body=y ; L ret b';
const SET = 'L inv s setResult of=f value=1 ; L ret s ; L end R';
const X = 'L run a x ; L end a';
const Y = 'L run b y ; L end b';
/** Two tasks wait for f, t before u, while the root has yielded. */
const TWO_AWAITERS =
  'L inv f createFuture ; L ret f ; L inv t createTask body=c ; L ret t ; L inv u createTask body=c ; L ret u ; L inv p yield ; L susp R id=p on=p ; L run t c ; L inv v await of=f ; L susp t id=v on=f ; L run u c ; L inv w await of=f ; L susp u id=w on=f ; L resm R id=p ; L ret p';
const T_GOES_ON = 'L resm t id=v v=1 ; L ret v v=1 ; L end t';
const U_GOES_ON = 'L resm u id=w v=1 ; L ret w v=1 ; L end u';

export const completionKeepsRegistrationOrder: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-08',
  slug: 'completion-queues-in-registration-order',
  area: 'ordering',
  basis: 'impl',
  statement: 'Completing a future queues its callbacks and awaiting tasks in registration order.',
  source: 'Future.__schedule_callbacks',
  evidence: 'a done callback or plain await, told of the completion, behind another of which one is a callback',
  hint: 'the list of callbacks of a future, and whether awaiting tasks are in the same list',
  needs: ['fifo-tasks'],
  judge: whenInvoked(['addDoneCallback'], (history) =>
    judgeWaiters(history, (earlier, waiter) => !(earlier.isAwait && waiter.isAwait)),
  ),
  examples: {
    upholds: [running(`${TWO_CALLBACKS} ; ${SET} ; ${X} ; ${Y} ; M eot done`)],
    violates: [
      running(`${TWO_CALLBACKS} ; ${SET} ; ${Y} ; ${X} ; M eot done`),
      running(
        `${TWO_AWAITERS} ; L inv a addDoneCallback of=f body=x ; L ret a ; ${SET} ; ${X} ; ${T_GOES_ON} ; ${U_GOES_ON} ; M eot done`,
      ),
    ],
    unexercised: [running(`${TWO_AWAITERS} ; ${SET} ; ${T_GOES_ON} ; ${U_GOES_ON} ; M eot done`)],
    noFalseAlarm: [
      // Registered after the completion: that is another requirement's. An await of something done does not wait.
      running(
        `L inv f createFuture ; L ret f ; L inv a addDoneCallback of=f body=x ; L ret a ; L inv s setResult of=f value=1 ; L ret s ; L inv w await of=f ; L susp R id=w on=f ; L resm R id=w v=1 ; L ret w v=1 ; L end R ; ${X} ; M eot done`,
      ),
      // A cancelled awaiter goes on at another time.
      running(
        `${TWO_AWAITERS} ; L inv a addDoneCallback of=f body=x ; L ret a ; L inv k cancelTask of=u ; L ret k v=true ; ${SET} ; L resm u id=w err=CANCELLED ; L ret w err=CANCELLED ; L end u ; ${T_GOES_ON} ; ${X} ; M eot done`,
      ),
      // Callbacks of two futures.
      running(
        `L inv f createFuture ; L ret f ; L inv g createFuture ; L ret g ; L inv a addDoneCallback of=f body=x ; L ret a ; L inv b addDoneCallback of=g body=y ; L ret b ; L inv z setResult of=g value=1 ; L ret z ; ${SET} ; ${Y} ; ${X} ; M eot done`,
      ),
      // Completed from outside at a moment that nobody can know.
      running(`${TWO_CALLBACKS} ; F1 inv k complete of=f value=2 ; F1 ret k ; ${SET} ; ${Y} ; ${X} ; M eot done`),
    ],
  },
  program: fixedProgram('A-ORD-08', {
    needs: ['ON-LOOP', 'fifo-tasks'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'addDoneCallback', of: 'future', body: 'first' },
        { op: 'createTask', body: 'waiter', to: 'one' },
        { op: 'yield' },
        { op: 'addDoneCallback', of: 'future', body: 'second' },
        { op: 'createTask', body: 'waiter', to: 'two' },
        { op: 'yield' },
        { op: 'addDoneCallback', of: 'future', body: 'first' },
        { op: 'setResult', of: 'future', value: 1 },
        { op: 'await', of: 'one' },
        { op: 'await', of: 'two' },
      ),
      waiter: task({ op: 'await', of: 'future' }),
      first: callback(),
      second: callback(),
    },
  }),
};

export const awaitersResumeInOrder: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-09',
  slug: 'awaiters-resume-in-order',
  area: 'ordering',
  basis: 'impl',
  statement: 'Several awaiters of one future resume in the order they began to await.',
  source: 'Future._callbacks list',
  evidence: 'a plain await that went on with the outcome, behind another of the same object',
  hint: 'the list of those who wait for a future, and the order in which it is emptied',
  needs: ['fifo-tasks'],
  judge: whenInvoked(['await'], (history) =>
    judgeWaiters(history, (earlier, waiter) => earlier.isAwait && waiter.isAwait),
  ),
  examples: {
    upholds: [running(`${TWO_AWAITERS} ; ${SET} ; ${T_GOES_ON} ; ${U_GOES_ON} ; M eot done`)],
    violates: [running(`${TWO_AWAITERS} ; ${SET} ; ${U_GOES_ON} ; ${T_GOES_ON} ; M eot done`)],
    unexercised: [running(`${TWO_CALLBACKS} ; ${SET} ; ${Y} ; ${X} ; M eot done`)],
    noFalseAlarm: [
      running(
        `${TWO_AWAITERS} ; L inv k cancelTask of=u ; L ret k v=true ; L end R ; L resm u id=w err=CANCELLED ; L ret w err=CANCELLED ; L end u ; L resm t id=v err=CANCELLED ; L ret v err=CANCELLED ; L end t ; M eot done`,
      ),
      // The second found it done.
      running(
        `L inv f createFuture ; L ret f ; L inv t createTask body=c ; L ret t ; L inv p yield ; L susp R id=p on=p ; L run t c ; L inv v await of=f ; L susp t id=v on=f ; L resm R id=p ; L ret p ; L inv s setResult of=f value=1 ; L ret s ; L inv w await of=f ; L susp R id=w on=f ; L resm R id=w v=1 ; L ret w v=1 ; L end R ; ${T_GOES_ON} ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-ORD-09', {
    needs: ['ON-LOOP', 'fifo-tasks'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'createTask', body: 'waiter', to: 'one' },
        { op: 'createTask', body: 'inliner', to: 'two' },
        { op: 'createTask', body: 'waiter', to: 'three' },
        { op: 'callSoon', body: 'setter' },
        { op: 'await', of: 'future' },
        { op: 'await', of: 'three' },
        { op: 'await', of: 'two' },
        { op: 'await', of: 'one' },
      ),
      waiter: task({ op: 'await', of: 'future' }, { op: 'yield' }),
      inliner: task({ op: 'await', body: 'waiter' }),
      setter: callback({ op: 'setResult', of: 'future', value: 1 }),
    },
  }),
};

export const doneCallbacksAreNeverSynchronous: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-10',
  slug: 'done-callbacks-are-never-synchronous',
  area: 'ordering',
  basis: 'doc',
  statement: 'add_done_callback callbacks are never called synchronously by set_*/cancel or by add_done_callback.',
  source: 'doc future#add_done_callback, Key differences',
  evidence: 'an accepted addDoneCallback whose callback ran',
  hint: 'how a future tells its callbacks: through the ready queue, also when it is done already',
  judge: whenInvoked(['addDoneCallback'], judgeNeverSynchronous),
  examples: {
    upholds: [running(`${TWO_CALLBACKS} ; ${SET} ; ${X} ; ${Y} ; M eot done`)],
    violates: [
      running(`${TWO_CALLBACKS} ; L inv s setResult of=f value=1 ; ${X} ; ${Y} ; L ret s ; L end R ; M eot done`),
      running(`${TWO_CALLBACKS} ; L inv s cancelFuture of=f ; ${X} ; L ret s v=true ; L end R ; ${Y} ; M eot done`),
      running(
        'L inv f createFuture ; L ret f ; L inv s setResult of=f value=1 ; L ret s ; L inv a addDoneCallback of=f body=x ; L run a x ; L end a ; L ret a ; L end R ; M eot done',
      ),
    ],
    unexercised: [running(`${TWO_CALLBACKS} ; L end R ; M eot done`)],
    noFalseAlarm: [
      // Callbacks of a concurrent future are called at once, and are none of these.
      running(
        'L inv c createConcurrent ; L ret c ; L inv a concurrentAddDoneCallback of=c body=x ; L ret a ; L inv s concurrentSet of=c value=1 ; L run a x ; L end a ; L ret s ; L end R ; M eot done',
      ),
    ],
  },
  program: fixedProgram('A-ORD-10', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'value' },
        { op: 'createFuture', to: 'error' },
        { op: 'createTask', body: 'child', to: 'task' },
        { op: 'addDoneCallback', of: 'value', body: 'told' },
        { op: 'addDoneCallback', of: 'error', body: 'told' },
        { op: 'addDoneCallback', of: 'task', body: 'told' },
        { op: 'setResult', of: 'value', value: 1 },
        { op: 'addDoneCallback', of: 'value', body: 'told' },
        { op: 'setException', of: 'error', error: 'USER(e)' },
        { op: 'yield' },
        { op: 'addDoneCallback', of: 'value', body: 'told' },
        { op: 'await', of: 'task' },
        { op: 'try', steps: [{ op: 'await', of: 'error' }], on: 'USER', then: [] },
      ),
      child: task({ op: 'yield' }),
      told: callback(),
    },
  }),
};
