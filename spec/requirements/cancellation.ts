import type { Event } from '../history.ts';
import type { IndexedHistory, Instance, Operation } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task } from './builder.ts';
import { firstCancels, type TaskCancel, taskMadeBy, undisturbedWaits, waitOf } from './cancellation-facts.ts';
import { operationsOn } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { countBelow, hasOneLoop, isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

type Found = { readonly told: string; readonly events: readonly (Event | undefined)[] };

/** The loop's thread went on after these stamps: nothing behind one of them is "before the loop goes on". */
function turnStamps(history: IndexedHistory): readonly number[] {
  return history.loopThread
    .filter(({ ev }) => ev !== 'inv' && ev !== 'ret' && ev !== 'mark' && ev !== 'hnd')
    .map(({ seq }) => seq);
}

/** What a cancel of an unfinished task must not do: refuse, or finish the task on the spot. */
function wrongAtOnce(
  { cancel, target }: TaskCancel,
  task: Instance,
  history: IndexedHistory,
  turns: readonly number[],
): Found | undefined {
  const { inv, ret, id } = cancel;
  const name = nameOf(task.operation!);
  const [end] = task.ends;
  if (end !== undefined && isOnLoop(end) && end.seq > inv.seq && end.seq < ret!.seq) {
    return { told: `${name} ended inside the cancel ${id} instead of later`, events: [inv, end, ret] };
  }
  if (ret!.v === false) {
    return { told: `${name} was unfinished, yet the cancel ${id} returned false`, events: [task.runs[0], inv, ret] };
  }
  const next = turns[countBelow(turns, ret!.seq)] ?? Number.POSITIVE_INFINITY;
  const query = operationsOn(history, target).find(
    (other) => other.op === 'query' && other.inv.seq > ret!.seq && isOnLoop(other.inv),
  );
  const isDone = (query?.ret?.v as { readonly done?: boolean } | null | undefined)?.done === true;
  if (query === undefined || !isDone || query.ret!.seq > next) return undefined;
  return { told: `${name} was done as soon as ${id} had cancelled it`, events: [inv, ret, query.inv, query.ret] };
}

/** What the cancelled wait must end with: CANCELLED, and before the idle loop is late. */
function wrongDelivery(
  { cancel }: TaskCancel,
  task: Instance,
  wait: Operation,
  history: IndexedHistory,
): Found | undefined {
  const { inv, ret, id } = cancel;
  const where = `the ${wait.op} in which ${nameOf(task.operation!)} waited`;
  if (hasOneLoop(history) && isLate(history, ret!, wait.resm)) {
    const how = wait.resm === undefined ? 'never went on' : 'went on late';
    return { told: `${id} cancelled ${where}, yet that ${how}`, events: [wait.susp, inv, ret, wait.resm] };
  }
  if (wait.resm === undefined || wait.resm.err === 'CANCELLED' || wait.resm.seq < ret!.seq) return undefined;
  const got = wait.resm.err ?? JSON.stringify(wait.resm.v);
  return { told: `${id} cancelled ${where}, yet that went on with ${got}`, events: [wait.susp, inv, ret, wait.resm] };
}

/** Somebody may have taken the request back before it was delivered. */
function isWithdrawn(history: IndexedHistory, { cancel, target }: TaskCancel): boolean {
  return operationsOn(history, target).some(({ op, inv }) => op === 'uncancel' && inv.seq > cancel.inv.seq);
}

function judgeDelivery(history: IndexedHistory): Judgement {
  const turns = turnStamps(history);
  const isUndisturbed = undisturbedWaits(history);
  let evidence = 0;
  for (const item of firstCancels(history)) {
    const { cancel, target } = item;
    const task = taskMadeBy(history, target);
    const [run] = task?.runs ?? [];
    if (task === undefined || run === undefined || run.seq > cancel.inv.seq || task.runs.length > 1) continue;
    if (task.ends[0] !== undefined && task.ends[0].seq < cancel.inv.seq) continue;
    const wait = waitOf(history, task, cancel.inv.seq);
    const isCertain = wait !== undefined && isUndisturbed(wait, cancel) && !isWithdrawn(history, item);
    const found =
      wrongAtOnce(item, task, history, turns) ?? (isCertain ? wrongDelivery(item, task, wait, history) : undefined);
    if (found !== undefined) return violated(evidence, found.told, ...found.events);
    evidence++;
  }
  return { evidence };
}

/** t waits for f; the root cancels it. */
const WAITING =
  'L inv t createTask body=c ; L ret t ; L inv f createFuture ; L ret f ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; L resm R id=y ; L ret y';
const CANCEL = 'L inv k cancelTask of=t ; L ret k v=true';
const QUERY = 'L inv u query of=t ; L ret u';
const DELIVERED = 'L resm t id=w err=CANCELLED ; L ret w err=CANCELLED ; L end t err=CANCELLED';
const VALUE = 'L resm t id=w v=1 ; L ret w v=1 ; L end t v=1';

export const cancelRaisesAtTheAwait: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-01',
  slug: 'cancel-raises-at-the-await',
  area: 'cancellation',
  basis: 'doc',
  statement:
    'Task.cancel of an unfinished task returns true and does not finish it synchronously. If the task is suspended in a plain await of a future, of sleep, or of a task that does not suppress cancellation, and is not uncancelled, CANCELLED is raised at that await.',
  source: 'doc task#Task.cancel',
  evidence: 'the first cancelTask of a task whose body had begun and had not ended',
  hint: 'what cancel does to a suspended task: it cancels what the task waits for, and the task goes on in a later turn',
  judge: whenInvoked(['cancelTask'], judgeDelivery),
  examples: {
    upholds: [
      running(
        `${WAITING} ; ${CANCEL} ; ${QUERY} v={"done":false,"cancelled":false} ; L end R ; ${DELIVERED} ; M eot done`,
      ),
    ],
    violates: [
      running(`${WAITING} ; L inv k cancelTask of=t ; L ret k v=false ; L end R ; M eot done`),
      running(`${WAITING} ; ${CANCEL} ; ${QUERY} v={"done":true,"cancelled":true} ; L end R ; M eot done`),
      running(`${WAITING} ; ${CANCEL} ; L end R ; ${VALUE} ; M eot done`),
      running(`${WAITING} ; L inv k cancelTask of=t ; L end t err=CANCELLED ; L ret k v=true ; L end R ; M eot done`),
      running(`${WAITING} ; ${CANCEL} ; L inv p await of=t ; L susp R id=p on=t ; M eot deadlock`),
      running(`${WAITING} ; ${CANCEL} ; L inv p await of=t ; L susp R id=p on=t ; @4s ${DELIVERED}`),
    ],
    unexercised: [
      running(
        'L inv t createTask body=c ; L ret t ; L inv k cancelTask of=t ; L ret k v=true ; L inv l cancelTask of=t ; L ret l v=false ; L end R ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // Completed before the cancel, from within or perhaps from outside; uncancelled.
      running(`${WAITING} ; L inv z setResult of=f value=1 ; L ret z ; ${CANCEL} ; L end R ; ${VALUE} ; M eot done`),
      running(`${WAITING} ; F1 inv z complete of=f value=1 ; ${CANCEL} ; L end R ; F1 ret z ; ${VALUE} ; M eot done`),
      running(
        `${WAITING} ; ${CANCEL} ; L inv z uncancel of=t ; L ret z v=0 ; L inv s setResult of=f value=1 ; L ret s ; L end R ; ${VALUE} ; M eot done`,
      ),
      // A sleep that was due already.
      running(
        'L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w sleep delayUs=100 ; L susp t id=w on=w ; L resm R id=y ; L ret y ; @1ms L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm t id=w ; L ret w ; L end t ; M eot done',
      ),
      // In a block with a time-out the cancellation may become TIMEOUT; behind a shield it stops there.
      running(
        'L inv f createFuture ; L ret f ; L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv o timeout timeoutUs=5 ; L inv w await of=f ; L susp t id=w on=f ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm t id=w v=1 ; L ret w v=1 ; L ret o ; L end t ; M eot done',
      ),
      running(
        'L inv f createFuture ; L ret f ; L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w shield of=f ; L susp t id=w on=f ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm t id=w v=1 ; L ret w v=1 ; L end t ; M eot done',
      ),
      // The loop had gone on before anybody looked.
      running(
        `${WAITING} ; ${CANCEL} ; L inv p yield ; L susp R id=p on=p ; ${DELIVERED} ; L resm R id=p ; L ret p ; ${QUERY} v={"done":true,"cancelled":true} ; L end R ; M eot done`,
      ),
      // Destroyed while suspended: nothing is recorded of it from then on.
      running(
        `${WAITING} ; ${CANCEL} ; L end R ; M loop stop ; M ret R ; M inv c close ; M ret c ; M loop closed ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-CAN-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'never' },
        { op: 'createTask', body: 'awaiting', to: 'one' },
        { op: 'createTask', body: 'inline', to: 'two' },
        { op: 'createTask', body: 'sleeping', to: 'three' },
        { op: 'createFuture', to: 'begun' },
        { op: 'createTask', body: 'last', to: 'four' },
        { op: 'await', of: 'begun' },
        { op: 'cancelTask', of: 'one' },
        { op: 'query', of: 'one' },
        { op: 'cancelTask', of: 'two' },
        { op: 'cancelTask', of: 'three' },
        { op: 'query', of: 'three' },
        { op: 'cancelTask', of: 'four' },
        ...['one', 'two', 'three', 'four'].map((of) => expecting('CANCELLED', { op: 'await', of })),
      ),
      awaiting: task({ op: 'await', of: 'never' }),
      inline: task({ op: 'await', body: 'sleeping' }),
      sleeping: task({ op: 'sleep', delayUs: 1_000_000 }),
      last: task({ op: 'setResult', of: 'begun', value: 1 }, { op: 'repeat', count: 20, steps: [{ op: 'yield' }] }),
    },
  }),
};
