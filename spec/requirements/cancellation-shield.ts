import type { Event } from '../history.ts';
import { type IndexedHistory, type Instance, type Operation, scheduledBody } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task } from './builder.ts';
import {
  cancelDeliveries,
  firstCancels,
  soleCancelling,
  type TaskCancel,
  taskMadeBy,
  waitOf,
} from './cancellation-facts.ts';
import { isPlainFuture, operationsOn, subjectOf } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

/** A task that was cancelled, and by nothing else, while it waited in a shield for something unfinished. */
type Shielded = {
  readonly task: Instance;
  readonly cancel: Operation;
  readonly shield: Operation;
  /** What was shielded, if it is a body. */
  readonly inner: Instance | undefined;
};

/** The shielded body; null if what was shielded may have been over when the cancel came. */
function innerOf(history: IndexedHistory, shield: Operation, cancel: Operation): Instance | undefined | null {
  const of = subjectOf(shield);
  if (of !== undefined && isPlainFuture(history, of)) {
    const settles = operationsOn(history, of).some(({ op, inv }) => SETTLES.has(op) && inv.seq < cancel.ret!.seq);
    return settles ? null : undefined;
  }
  const inner = of === undefined ? scheduledBody(history, shield) : taskMadeBy(history, of);
  const [run] = inner?.runs ?? [];
  const [end] = inner?.ends ?? [];
  if (inner === undefined || run === undefined || inner.runs.length > 1) return null;
  return end !== undefined && end.seq < cancel.ret!.seq ? null : inner;
}

const SETTLES: ReadonlySet<string> = new Set(['setResult', 'setException', 'complete', 'cancelFuture', 'cancelTask']);

function shieldedIn(
  history: IndexedHistory,
  { cancel, target }: TaskCancel,
  isSole: ReturnType<typeof soleCancelling>,
): Shielded | undefined {
  const task = taskMadeBy(history, target);
  const shield = task === undefined ? undefined : waitOf(history, task, cancel.inv.seq);
  const resm = shield?.resm;
  if (task === undefined || shield?.op !== 'shield' || cancel.ret!.v !== true) return undefined;
  if (resm === undefined || resm.seq < cancel.ret!.seq || !isOnLoop(resm) || !isSole(cancel, resm.seq))
    return undefined;
  const isWithdrawn = operationsOn(history, target).some(({ op }) => op === 'uncancel');
  const inner = innerOf(history, shield, cancel);
  return inner === null || inner?.id === target || isWithdrawn ? undefined : { task, cancel, shield, inner };
}

/** A record by which a cancellation reached what was shielded, although the only one was that of the outer task. */
function leak(
  history: IndexedHistory,
  { shield, cancel, inner }: Shielded,
  isDelivery: (wait: Operation) => boolean,
  isSole: ReturnType<typeof soleCancelling>,
): Event | undefined {
  const hit = inner?.operations.find(
    (wait) => isDelivery(wait) && wait.resm!.seq > cancel.ret!.seq && isSole(cancel, wait.resm!.seq),
  );
  if (hit !== undefined) return hit.resm;
  const of = subjectOf(shield);
  const query = of === undefined ? undefined : operationsOn(history, of).find(isCancelledQuery);
  if (query === undefined || !isSole(cancel, query.ret!.seq)) return undefined;
  // A body may end as cancelled of its own will.
  const [end] = inner?.ends ?? [];
  return end !== undefined && end.err !== undefined && end.seq < query.ret!.seq ? undefined : query.ret;
}

function isCancelledQuery({ op, ret }: Operation): boolean {
  return op === 'query' && (ret?.v as { readonly cancelled?: boolean } | null | undefined)?.cancelled === true;
}

function judgeShield(history: IndexedHistory): Judgement {
  const isSole = soleCancelling(history);
  const isDelivery = cancelDeliveries(history);
  let evidence = 0;
  for (const item of firstCancels(history)) {
    const shielded = shieldedIn(history, item, isSole);
    if (shielded === undefined) continue;
    const { task, cancel, shield } = shielded;
    const name = nameOf(task.operation!);
    if (shield.resm!.err !== 'CANCELLED') {
      const got = shield.resm!.err ?? JSON.stringify(shield.resm!.v);
      const told = `${name} was cancelled while it waited in a shield, yet it went on with ${got}`;
      return violated(evidence, told, shield.susp, cancel.inv, cancel.ret, shield.resm);
    }
    const leaked = leak(history, shielded, isDelivery, isSole);
    if (leaked !== undefined) {
      const told = `${name} was cancelled while it waited in a shield, and what it shielded was cancelled too`;
      return violated(evidence, told, shield.susp, cancel.inv, cancel.ret, leaked);
    }
    evidence++;
  }
  return { evidence };
}

/** t shields u, which sleeps; the root cancels t. */
const SHIELDED =
  'L inv t createTask body=c ; L ret t ; L inv u createTask body=d ; L ret u ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w shield of=u ; L susp t id=w on=u ; L run u d ; L inv s sleep delayUs=100 ; L susp u id=s on=s ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L end R';
const OUTER = 'L resm t id=w err=CANCELLED ; L ret w err=CANCELLED ; L end t err=CANCELLED';
const INNER = 'L resm u id=s ; L ret s ; L end u v=1';
const INNER_HIT = 'L resm u id=s err=CANCELLED ; L ret s err=CANCELLED ; L end u err=CANCELLED';

export const shieldProtectsTheInner: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-14',
  slug: 'shield-protects-the-inner',
  area: 'cancellation',
  basis: 'doc',
  statement: 'shield: cancelling the outer raises CANCELLED there while the inner goes on to its result.',
  source: 'doc task#shield',
  evidence: 'the only cancellation of a history, of a task waiting in a shield of something unfinished',
  hint: 'what the task waits for inside shield: a future of its own, whose cancellation stops there',
  needs: ['shield'],
  judge: whenInvoked(['shield'], judgeShield),
  examples: {
    upholds: [running(`${SHIELDED} ; ${OUTER} ; ${INNER} ; M eot done`)],
    violates: [
      running(`${SHIELDED} ; ${OUTER} ; ${INNER_HIT} ; M eot done`),
      running(`${SHIELDED} ; ${INNER} ; L resm t id=w v=1 ; L ret w v=1 ; L end t ; M eot done`),
      running(
        `${SHIELDED} ; ${OUTER} ; L run q x ; L inv z query of=u ; L ret z v={"done":true,"cancelled":true} ; L end q ; M eot done`,
      ),
    ],
    unexercised: [running(`${SHIELDED} ; M eot done`)],
    noFalseAlarm: [
      // Something else cancelled the inner; the inner was over; it ended as cancelled of its own will.
      running(
        `${SHIELDED} ; ${OUTER} ; L run q x ; L inv l cancelTask of=u ; L ret l v=true ; L end q ; ${INNER_HIT} ; M eot done`,
      ),
      running(
        'L inv f createFuture ; L ret f ; L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w shield of=f ; L susp t id=w on=f ; L resm R id=y ; L ret y ; L inv s setResult of=f value=1 ; L ret s ; L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm t id=w v=1 ; L ret w v=1 ; L end t ; M eot done',
      ),
      running(
        `${SHIELDED} ; ${OUTER} ; L resm u id=s ; L ret s ; L end u err=CANCELLED ; L run q x ; L inv z query of=u ; L ret z v={"done":true,"cancelled":true} ; L end q ; M eot done`,
      ),
      running(
        `${SHIELDED} ; L run q x ; L inv z uncancel of=t ; L ret z v=0 ; L end q ; ${INNER} ; L resm t id=w v=1 ; L ret w v=1`,
      ),
    ],
  },
  program: fixedProgram('A-CAN-14', {
    needs: ['ON-LOOP', 'shield'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'begun' },
        { op: 'createFuture', to: 'release' },
        { op: 'createTask', body: 'inner', to: 'inner' },
        { op: 'await', of: 'begun' },
        { op: 'createTask', body: 'outer', to: 'outer' },
        { op: 'createFuture', to: 'shielding' },
        { op: 'await', of: 'shielding' },
        { op: 'cancelTask', of: 'outer' },
        expecting('CANCELLED', { op: 'await', of: 'outer' }),
        { op: 'query', of: 'inner' },
        { op: 'setResult', of: 'release', value: 1 },
        { op: 'await', of: 'inner' },
      ),
      inner: task(
        { op: 'setResult', of: 'begun', value: 1 },
        { op: 'await', of: 'release' },
        { op: 'return', value: 'kept' },
      ),
      outer: task({ op: 'setResult', of: 'shielding', value: 1 }, { op: 'shield', of: 'inner' }),
    },
  }),
};
