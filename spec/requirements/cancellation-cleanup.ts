import type { Event, OpId } from '../history.ts';
import type { IndexedHistory, Instance } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task } from './builder.ts';
import { firstCancels, lastRecordOf, outermostTasks, soleCancelling, taskMadeBy } from './cancellation-facts.ts';
import { doneProofs, operationsOn } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import { isOnLoop, MUST_ON_LOOP, nameOf, violated, whenInvoked } from './on-loop-facts.ts';

/** The record with which a cancellation was thrown into a body, and a later wait of its clean-up that went on. */
type CleanUp = { readonly thrown: Event; readonly waited: boolean };

function cleanUpOf({ operations }: Instance): CleanUp | undefined {
  const thrown = operations.find(({ resm }) => resm?.err === 'CANCELLED')?.resm;
  if (thrown === undefined || !isOnLoop(thrown)) return undefined;
  return { thrown, waited: operations.some(({ susp, resm }) => susp && susp.seq > thrown.seq && resm !== undefined) };
}

/**
 * A record that proves a task done: a query, a callback, somebody who has its outcome, or somebody who got CANCELLED from
 * it and whom no cancellation of his own can have reached.
 */
function doneRecord(
  history: IndexedHistory,
  task: Instance,
  proofOf: ReturnType<typeof doneProofs>,
  isUnreached: (awaiter: OpId, before: number) => boolean,
): Event | undefined {
  const known = proofOf(task.id);
  const got = operationsOn(history, task.id).find(
    ({ op, args, inv, resm }) =>
      op === 'await' && args['body'] === undefined && resm?.err === 'CANCELLED' && isUnreached(inv.inst, resm.seq),
  )?.resm;
  return got !== undefined && isOnLoop(got) && (known === undefined || got.seq < known.seq) ? got : known;
}

/** As long as a body still does something its task is not done, clean-up after a cancellation included. */
function judgeCleanUp(history: IndexedHistory): Judgement {
  const proofOf = doneProofs(history);
  const isSole = soleCancelling(history);
  const isOutermost = outermostTasks(history);
  let evidence = 0;
  for (const { cancel, target } of firstCancels(history)) {
    const task = taskMadeBy(history, target);
    const cleanUp = task === undefined || task.runs.length > 1 ? undefined : cleanUpOf(task);
    if (task === undefined || cleanUp === undefined) continue;
    const last = lastRecordOf(task);
    const done = doneRecord(
      history,
      task,
      proofOf,
      (awaiter, before) => isOutermost(awaiter) && isSole(cancel, before),
    );
    if (done !== undefined && last !== undefined && isOnLoop(last) && done.seq < last.seq) {
      const told = `${nameOf(task.operation!)} was still cleaning up after its cancellation when it was done already`;
      return violated(evidence, told, cancel.inv, cleanUp.thrown, done, last);
    }
    if (cleanUp.waited && task.ends.length > 0) evidence++;
  }
  return { evidence };
}

/** t waits for f, is cancelled, and cleans up in a sleep while the root waits for it. */
const CLEANING =
  'L inv t createTask body=c ; L ret t ; L inv f createFuture ; L ret f ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L inv p await of=t ; L susp R id=p on=t ; L resm t id=w err=CANCELLED ; L ret w err=CANCELLED ; L inv s sleep delayUs=100 ; L susp t id=s on=s';
const CLEANED = 'L resm t id=s ; L ret s ; L mark cleaned ; L end t err=CANCELLED';
const ROOT_TOLD = 'L resm R id=p err=CANCELLED ; L ret p err=CANCELLED';

export const cleanUpComesBeforeDone: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-CAN-06',
  slug: 'clean-up-comes-before-done',
  area: 'cancellation',
  basis: 'doc',
  statement: 'Clean-up after cancellation may await; done only after it.',
  source: 'doc task#Task Cancellation',
  evidence: 'a cancelled task that waited for something in its clean-up and then ended',
  hint: 'what makes a cancelled task done: the end of its coroutine, never the request',
  judge: whenInvoked(['cancelTask'], judgeCleanUp),
  examples: {
    upholds: [running(`${CLEANING} ; ${CLEANED} ; ${ROOT_TOLD} ; L end R ; M eot done`)],
    violates: [
      running(`${CLEANING} ; ${ROOT_TOLD} ; ${CLEANED} ; L end R ; M eot done`),
      running(
        `${CLEANING} ; L run q other ; L inv u query of=t ; L ret u v={"done":true,"cancelled":true} ; L end q ; ${CLEANED} ; M eot done`,
      ),
      running(
        `L inv d addDoneCallback of=t body=x ; L ret d ; ${CLEANING} ; L run d x ; L end d ; ${CLEANED} ; M eot done`,
      ),
    ],
    unexercised: [
      running(
        'L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w yield ; L susp t id=w on=w ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm t id=w err=CANCELLED ; L ret w err=CANCELLED ; L end t err=CANCELLED ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // The awaiter was cancelled too, and went on before what it awaited.
      running(
        `${CLEANING} ; L run q other ; L inv l cancelTask of=R ; L ret l v=true ; L end q ; ${ROOT_TOLD} ; ${CLEANED} ; L end R ; M eot done`,
      ),
      // The awaiter is the task itself, or somebody for whom it waits, so its cancellation comes back to him.
      running(
        'L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w await of=t ; L susp t id=w on=t ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm t id=w err=CANCELLED ; L ret w err=CANCELLED ; L end t err=CANCELLED ; M eot done',
      ),
      running(
        'L inv t createTask body=c ; L ret t ; L inv u createTask body=d ; L ret u ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w await of=u ; L susp t id=w on=u ; L run u d ; L inv x await of=t ; L susp u id=x on=t ; L resm R id=y ; L ret y ; L inv k cancelTask of=t ; L ret k v=true ; L end R ; L resm u id=x err=CANCELLED ; L ret x err=CANCELLED ; L end u err=CANCELLED ; L resm t id=w err=CANCELLED ; L ret w err=CANCELLED ; L end t err=CANCELLED ; M eot done',
      ),
      // Destroyed in its clean-up.
      running(`${CLEANING} ; M loop stop ; M inv c close ; M ret c ; M loop closed ; M eot done`),
      // Not done, whoever asks.
      running(
        `${CLEANING} ; L run q other ; L inv u query of=t ; L ret u v={"done":false,"cancelled":false} ; L end q ; ${CLEANED} ; ${ROOT_TOLD} ; L end R ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-CAN-06', {
    needs: ['ON-LOOP', 'edge-cancel'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'never' },
        { op: 'createFuture', to: 'begun' },
        { op: 'createTask', body: 'cleaning', to: 'task' },
        { op: 'await', of: 'begun' },
        { op: 'cancelTask', of: 'task' },
        { op: 'yield' },
        { op: 'query', of: 'task' },
        expecting('CANCELLED', { op: 'await', of: 'task' }),
        { op: 'query', of: 'task' },
      ),
      cleaning: task(
        { op: 'setResult', of: 'begun', value: 1 },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'never' }],
          finally: [{ op: 'sleep', delayUs: 1000 }, { op: 'yield' }, { op: 'mark', tag: 'cleaned' }],
        },
      ),
    },
  }),
};
