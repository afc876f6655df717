import type { Event, OpId } from '../history.ts';
import type { IndexedHistory, Instance, Operation } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task } from './builder.ts';
import { cancelDeliveries, firstCancels, outermostTasks, soleCancelling, taskMadeBy } from './cancellation-facts.ts';
import { operationsOn, outcomeOf } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

/** A task that was cancelled once, caught that, and ended in another way, untouched by any other cancellation. */
type Survivor = { readonly id: OpId; readonly task: Instance; readonly cancel: Operation; readonly caught: Event };

function survivorsOf(history: IndexedHistory): readonly Survivor[] {
  const isDelivery = cancelDeliveries(history);
  const isSole = soleCancelling(history);
  return firstCancels(history).flatMap(({ cancel, target }): Survivor[] => {
    const task = taskMadeBy(history, target);
    const [end] = task?.ends ?? [];
    if (task === undefined || end === undefined || !isOnLoop(end) || task.runs.length !== 1) return [];
    if (cancel.ret!.v !== true || cancel.inv.inst === target || !isSole(cancel, end.seq)) return [];
    const delivery = task.operations.find(
      (wait) => isDelivery(wait) && wait.resm!.seq > cancel.ret!.seq && (wait.susp?.seq ?? 0) < cancel.inv.seq,
    );
    return delivery === undefined ? [] : [{ id: target, task, cancel, caught: delivery.resm! }];
  });
}

/** What an operation says of a task that ended with this outcome; undefined if it is no contradiction. */
function contradicts(
  operation: Operation,
  expected: string,
  isUnreached: (awaiter: OpId, before: number) => boolean,
): string | undefined {
  const { op, args, inv, ret, resm } = operation;
  switch (op) {
    case 'query': {
      const state = ret?.v as { readonly done?: boolean; readonly cancelled?: boolean } | null | undefined;
      return state?.done === true && state.cancelled === true ? 'found it cancelled' : undefined;
    }
    case 'result':
    case 'await': {
      const seen = op === 'result' ? ret : args['body'] === undefined ? resm : undefined;
      if (seen === undefined) return undefined;
      if (seen.err === 'CANCELLED') {
        return op === 'result' || isUnreached(inv.inst, seen.seq) ? 'got CANCELLED' : undefined;
      }
      const outcome = outcomeOf(seen);
      return outcome === undefined || outcome === expected ? undefined : `got ${outcome}`;
    }
    default:
      return undefined;
  }
}

function isLooking({ op, args, ret, resm }: Operation): boolean {
  if (op === 'await') return args['body'] === undefined && resm !== undefined;
  return (op === 'query' || op === 'result') && ret !== undefined;
}

/** Whoever looks at such a task after its end must see how its body ended, and not a cancellation. */
function judgeSurvivors(history: IndexedHistory, wanted: 'value' | 'error'): Judgement {
  const isSole = soleCancelling(history);
  const isOutermost = outermostTasks(history);
  let evidence = 0;
  for (const { id, task, cancel, caught } of survivorsOf(history)) {
    const end = task.ends[0]!;
    const expected = outcomeOf(end);
    if (expected === undefined || (end.err === undefined) !== (wanted === 'value')) continue;
    const isUnreached = (awaiter: OpId, before: number) => isOutermost(awaiter) && isSole(cancel, before);
    const looks = operationsOn(history, id).filter(
      (operation) =>
        isLooking(operation) && isOnLoop(operation.inv) && (operation.resm ?? operation.ret)!.seq > end.seq,
    );
    for (const look of looks) {
      const saw = contradicts(look, expected, isUnreached);
      if (saw === undefined) continue;
      const name = nameOf(task.operation!);
      const told = `${name} caught its cancellation and ended with ${expected}, yet ${look.op} ${look.id} ${saw}`;
      return violated(evidence, told, cancel.inv, caught, end, look.resm ?? look.ret);
    }
    if (looks.length > 0) evidence++;
  }
  return { evidence };
}

/** t waits for f, is cancelled, and catches that. */
const CAUGHT =
  'L inv t createTask body=c ; L ret t ; L inv f createFuture ; L ret f ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L inv p await of=t ; L susp R id=p on=t ; L resm t id=w err=CANCELLED ; L ret w err=CANCELLED';
const SEES = (outcome: string) => `L resm R id=p ${outcome} ; L ret p ${outcome}`;
const FOUND = (state: string) =>
  `L inv u query of=t ; L ret u v={"done":true,"cancelled":${state}} ; L end R ; M eot done`;
const SECOND = 'L inv l cancelTask of=R ; L ret l v=true';

export const suppressedCancelKeepsValue: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-05',
  slug: 'suppressed-cancellation-keeps-the-value',
  area: 'cancellation',
  basis: 'doc',
  statement: 'A coroutine may suppress cancellation; the task then is not cancelled and keeps its value.',
  source: 'doc task#Task.cancel',
  evidence: 'a task that was cancelled once, caught it, returned a value, and was looked at afterwards',
  hint: 'when the flag that a cancellation is due is cleared: as it is thrown into the coroutine',
  needs: ['suppressible-cancel'],
  judge: whenInvoked(['cancelTask'], (history) => judgeSurvivors(history, 'value')),
  examples: {
    upholds: [running(`${CAUGHT} ; L end t v=7 ; ${SEES('v=7')} ; ${FOUND('false')}`)],
    violates: [
      running(`${CAUGHT} ; L end t v=7 ; ${SEES('err=CANCELLED')} ; L end R ; M eot done`),
      running(`${CAUGHT} ; L end t v=7 ; ${SEES('v=null')} ; L end R ; M eot done`),
      running(`${CAUGHT} ; L end t v=7 ; ${SEES('v=7')} ; ${FOUND('true')}`),
    ],
    unexercised: [running(`${CAUGHT} ; L end t err=CANCELLED ; ${SEES('err=CANCELLED')} ; ${FOUND('true')}`)],
    noFalseAlarm: [
      // Cancelled again while it cleaned up, by another request or by whatever else can cancel.
      running(
        `${CAUGHT} ; L inv l cancelTask of=t ; L ret l v=true ; L end t v=7 ; ${SEES('err=CANCELLED')} ; ${FOUND('true')}`,
      ),
      running(`${CAUGHT} ; L inv l cancelTask ; L ret l v=true ; L end t v=7 ; ${SEES('err=CANCELLED')} ; L end R`),
      // It was the awaiter that was cancelled.
      running(`${CAUGHT} ; L end t v=7 ; ${SECOND} ; ${SEES('err=CANCELLED')} ; L end R ; M eot done`),
      // The cancelled task waited for its awaiter before, so that its cancellation came back to that one.
      running(
        'L inv t createTask body=c ; L ret t ; L inv u createTask body=d ; L ret u ; L inv f createFuture ; L ret f ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; L run u d ; L inv x await of=t ; L susp u id=x on=t ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm t id=w err=CANCELLED ; L ret w err=CANCELLED ; L inv z await of=u ; L susp t id=z on=u ; L resm t id=z err=OTHER(RuntimeError) ; L ret z err=OTHER(RuntimeError) ; L end t v=7 ; L resm u id=x err=CANCELLED ; L ret x err=CANCELLED ; L end u err=CANCELLED ; M eot done',
      ),
      // Not over yet; never cancelled, but awaiting something that was.
      running(
        `${CAUGHT} ; L inv u query of=t ; L ret u v={"done":false,"cancelled":false} ; L end t v=7 ; L end R ; M eot done`,
      ),
      running(
        'L inv f createFuture ; L ret f ; L inv k cancelFuture of=f ; L ret k v=true ; L inv w await of=f ; L susp R id=w on=f ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; L end R v=1 ; M eot done',
      ),
    ],
  },
  program: fixedProgram('A-CAN-05', {
    needs: ['ON-LOOP', 'suppressible-cancel'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'never' },
        { op: 'createFuture', to: 'begun' },
        { op: 'createTask', body: 'stubborn', to: 'task' },
        { op: 'await', of: 'begun' },
        { op: 'cancelTask', of: 'task' },
        { op: 'await', of: 'task' },
        { op: 'query', of: 'task' },
      ),
      stubborn: task({ op: 'setResult', of: 'begun', value: 1 }, expecting('CANCELLED', { op: 'await', of: 'never' }), {
        op: 'return',
        value: 'kept',
      }),
    },
  }),
};

export const convertedCancelIsTheOutcome: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-15',
  slug: 'converted-cancellation-is-the-outcome',
  area: 'cancellation',
  basis: 'doc',
  statement: 'If the awaited task turns cancellation into another exception, that exception is its outcome.',
  source: 'doc task#Task.cancel',
  evidence: 'a task that was cancelled once, caught it, raised an error of its own, and was looked at afterwards',
  hint: 'the step of a task: an error other than a cancellation is its outcome, whatever was requested',
  judge: whenInvoked(['cancelTask'], (history) => judgeSurvivors(history, 'error')),
  examples: {
    upholds: [running(`${CAUGHT} ; L end t err=USER(e) ; ${SEES('err=USER(e)')} ; ${FOUND('false')}`)],
    violates: [
      running(`${CAUGHT} ; L end t err=USER(e) ; ${SEES('err=CANCELLED')} ; L end R ; M eot done`),
      running(`${CAUGHT} ; L end t err=USER(e) ; ${SEES('err=USER(e)')} ; ${FOUND('true')}`),
      running(`${CAUGHT} ; L end t err=USER(e) ; ${SEES('err=USER(other)')} ; L end R ; M eot done`),
    ],
    unexercised: [running(`${CAUGHT} ; L end t v=7 ; ${SEES('v=7')} ; ${FOUND('false')}`)],
    noFalseAlarm: [
      running(`${CAUGHT} ; L end t err=USER(e) ; ${SECOND} ; ${SEES('err=CANCELLED')} ; L end R ; M eot done`),
      // Errors that an await may fail with itself are not compared.
      running(`${CAUGHT} ; L end t err=USER(e) ; ${SEES('err=OTHER(RuntimeError)')} ; L end R ; M eot done`),
      running(`${CAUGHT} ; L end t err=OTHER(ValueError) ; ${SEES('err=OTHER(ValueError)')} ; L end R ; M eot done`),
    ],
  },
  program: fixedProgram('A-CAN-15', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'never' },
        { op: 'createFuture', to: 'begun' },
        { op: 'createTask', body: 'converting', to: 'task' },
        { op: 'await', of: 'begun' },
        { op: 'cancelTask', of: 'task' },
        expecting('USER', { op: 'await', of: 'task' }),
        { op: 'query', of: 'task' },
      ),
      converting: task(
        { op: 'setResult', of: 'begun', value: 1 },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'never' }],
          on: 'CANCELLED',
          then: [{ op: 'raise', error: 'USER(converted)' }],
        },
      ),
    },
  }),
};
