import type { OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import type { Step } from '../program.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { drained, fixedProgram, running, task } from './builder.ts';
import { makerOf } from './cancellation-facts.ts';
import { doneProofs, operationsOn, subjectOf } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { entryOf, isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

/** What a query that found its object done says of it. */
function doneState({ op, ret }: Operation): { readonly cancelled: boolean } | undefined {
  if (op !== 'query' || ret === undefined) return undefined;
  const state = ret.v as { readonly done?: boolean; readonly cancelled?: boolean } | null | undefined;
  return state?.done === true && typeof state.cancelled === 'boolean' ? { cancelled: state.cancelled } : undefined;
}

/** A task whose cancel was granted before its first step must never begin, and must end as cancelled. */
function judgeUnstarted(history: IndexedHistory): Judgement {
  const seen = new Set<OpId>();
  let evidence = 0;
  for (const cancel of operationsNamed(history, 'cancelTask')) {
    const made = makerOf(history, subjectOf(cancel));
    if (made === undefined || seen.has(made.id) || cancel.ret?.v !== true || !isOnLoop(cancel.inv)) continue;
    const run = scheduledBody(history, made)?.runs[0];
    if (run !== undefined && (!isOnLoop(run) || run.seq < cancel.ret.seq)) continue;
    seen.add(made.id);
    const operations = operationsOn(history, made.id);
    if (operations.some(({ op }) => op === 'uncancel')) continue;
    const what = `the task ${nameOf(made)} was cancelled by ${cancel.id} before its first step`;
    if (run !== undefined) {
      return violated(evidence, `${what}, yet its body ran`, made.ret, cancel.inv, cancel.ret, run);
    }
    const query = operations.find((operation) => doneState(operation)?.cancelled === false);
    if (query !== undefined) {
      return violated(evidence, `${what}, yet it ended uncancelled`, cancel.inv, cancel.ret, query.inv, query.ret);
    }
    evidence++;
  }
  return { evidence };
}

/** What the queries of each task said after it was done, in order. Each task is looked at once. */
function doneStates(history: IndexedHistory): (id: OpId) => readonly Operation[] {
  const states = new Map<OpId, readonly Operation[]>();
  const find = (id: OpId) =>
    operationsOn(history, id).filter((other) => isOnLoop(other.inv) && doneState(other) !== undefined);
  return (id) => entryOf(states, id, () => find(id));
}

function judgeFinished(history: IndexedHistory): Judgement {
  const doneBy = doneProofs(history);
  const statesOf = doneStates(history);
  let evidence = 0;
  for (const cancel of operationsNamed(history, 'cancelTask')) {
    const { inv, ret, id } = cancel;
    const made = makerOf(history, subjectOf(cancel));
    const done = made === undefined ? undefined : doneBy(made.id);
    if (made === undefined || done === undefined || done.seq > inv.seq || !isOnLoop(inv)) continue;
    if (typeof ret?.v !== 'boolean') continue;
    if (ret.v) {
      return violated(evidence, `${nameOf(made)} was done, yet the cancel ${id} returned true`, done, inv, ret);
    }
    const states = statesOf(made.id);
    const [first] = states;
    const last = states.at(-1);
    if (first !== undefined && first.ret!.seq < inv.seq && last!.inv.seq > ret.seq) {
      if (doneState(first)!.cancelled !== doneState(last!)!.cancelled) {
        const told = `${nameOf(made)} was done when ${id} cancelled it, and whether it is cancelled changed`;
        return violated(evidence, told, first.ret, inv, ret, last!.ret);
      }
    }
    evidence++;
  }
  return { evidence };
}

const T = 'L inv t createTask body=c ; L ret t';
const CANCEL = 'L inv k cancelTask of=t ; L ret k';
const T_RUNS = 'L run t c ; L end t v=1';
const AWAITED = `L inv w await of=t ; L susp R id=w on=t ; ${T_RUNS} ; L resm R id=w v=1 ; L ret w v=1`;
const PAUSE = 'L inv p yield ; L susp R id=p on=p';
const RESUMED = 'L resm R id=p ; L ret p';

export const unstartedTaskNeverRuns: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-02',
  slug: 'task-cancelled-before-first-step-never-runs',
  area: 'cancellation',
  basis: 'impl',
  statement: 'A task cancelled before its first step never executes its body.',
  source: 'Task.__step (_must_cancel)',
  evidence: 'a cancelTask that returned true before the body of the task was entered',
  hint: 'the first step of a task: it throws a pending cancellation into the coroutine instead of starting it',
  judge: whenInvoked(['cancelTask'], judgeUnstarted),
  examples: {
    upholds: [
      drained(
        `${T} ; ${CANCEL} v=true ; ${PAUSE} ; ${RESUMED} ; L inv u query of=t ; L ret u v={"done":true,"cancelled":true}`,
      ),
    ],
    violates: [
      running(`${T} ; ${CANCEL} v=true ; L end R ; L run t c ; L end t ; M eot done`),
      running(`${T} ; ${CANCEL} v=true ; L inv u query of=t ; L ret u v={"done":true,"cancelled":false} ; L end R`),
    ],
    unexercised: [running(`${T} ; ${PAUSE} ; ${T_RUNS} ; ${RESUMED} ; ${CANCEL} v=false ; L end R ; M eot done`)],
    noFalseAlarm: [
      // Refused; not done yet; withdrawn before the first step; a task that ran before it was cancelled.
      running(`${T} ; ${CANCEL} v=false ; L end R ; ${T_RUNS} ; M eot done`),
      running(`${T} ; ${CANCEL} v=true ; L inv u query of=t ; L ret u v={"done":false,"cancelled":false} ; L end R`),
      running(`${T} ; ${CANCEL} v=true ; L inv z uncancel of=t ; L ret z v=0 ; L end R ; ${T_RUNS} ; M eot done`),
      running(
        `${T} ; ${PAUSE} ; L run t c ; L inv o yield ; L susp t id=o on=o ; ${RESUMED} ; ${CANCEL} v=true ; L inv u query of=t ; L ret u v={"done":false,"cancelled":false} ; L end R`,
      ),
      // Another task of the same body.
      running(
        `${T} ; L inv u createTask body=c ; L ret u ; ${CANCEL} v=true ; L end R ; L run u c ; L end u ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-CAN-02', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createTask', body: 'never', to: 'task' },
        { op: 'cancelTask', of: 'task' },
        expecting('CANCELLED', { op: 'await', of: 'task' }),
        { op: 'query', of: 'task' },
      ),
      never: task({ op: 'mark', tag: 'never' }, { op: 'yield' }),
    },
  }),
};

export const finishedTaskRefusesCancel: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-03',
  slug: 'finished-task-refuses-cancel',
  area: 'cancellation',
  basis: 'doc',
  statement: 'Cancel of a finished task returns false and changes nothing.',
  source: 'doc task; Task.cancel',
  evidence: 'a cancelTask of a task that was provably done',
  hint: 'the first thing cancel asks: is the task done',
  judge: whenInvoked(['cancelTask'], judgeFinished),
  examples: {
    upholds: [running(`${T} ; ${AWAITED} ; ${CANCEL} v=false ; L end R ; M eot done`)],
    violates: [
      running(`${T} ; ${AWAITED} ; ${CANCEL} v=true ; L end R ; M eot done`),
      running(
        `${T} ; ${AWAITED} ; L inv u query of=t ; L ret u v={"done":true,"cancelled":false} ; ${CANCEL} v=false ; L inv z query of=t ; L ret z v={"done":true,"cancelled":true} ; L end R ; M eot done`,
      ),
    ],
    unexercised: [running(`${T} ; ${CANCEL} v=true ; L end R ; M eot done`)],
    noFalseAlarm: [
      // The body has ended, and nobody has seen the task done yet.
      running(`${T} ; ${PAUSE} ; ${T_RUNS} ; ${RESUMED} ; ${CANCEL} v=true ; L end R ; M eot done`),
      // An awaiter that was cancelled proves nothing of what it awaited.
      running(
        `${T} ; L inv w await of=t ; L susp R id=w on=t ; L resm R id=w err=CANCELLED ; L ret w err=CANCELLED ; ${CANCEL} v=true ; L end R ; M eot done`,
      ),
      running(`${T} ; ${AWAITED} ; ${CANCEL} err=CLOSED ; L end R ; M eot done`),
    ],
  },
  program: fixedProgram('A-CAN-03', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createTask', body: 'returning', to: 'value' },
        { op: 'createTask', body: 'raising', to: 'error' },
        { op: 'createTask', body: 'returning', to: 'cancelled' },
        { op: 'cancelTask', of: 'cancelled' },
        ...['value', 'error', 'cancelled'].map(
          (of): Step => ({ op: 'try', steps: [{ op: 'await', of }], on: 'ANY', then: [] }),
        ),
        ...['value', 'error', 'cancelled'].flatMap((of): readonly Step[] => [
          { op: 'query', of },
          { op: 'cancelTask', of },
          { op: 'query', of },
        ]),
        { op: 'await', of: 'value' },
      ),
      returning: task({ op: 'return', value: 1 }),
      raising: task({ op: 'raise', error: 'USER(e)' }),
    },
  }),
};
