import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, scheduledBody } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, running, task } from './builder.ts';
import { pendingProofs, subjectOf } from './futures-facts.ts';
import { drainedAfter } from './inbound-facts.ts';
import {
  entryOf,
  hasOneLoop,
  isOnLoop,
  MUST_ON_LOOP,
  nameOf,
  UNJUDGED,
  violated,
  whenInvoked,
} from './on-loop-facts.ts';

type Facts = {
  readonly history: IndexedHistory;
  readonly isPending: ReturnType<typeof pendingProofs>;
  readonly isDrainedAfter: ReturnType<typeof drainedAfter>;
};

/** Adds and removes of one body at one future, by the loop's thread, in order. */
function groupsOf(history: IndexedHistory): ReadonlyMap<OpId, ReadonlyMap<string, readonly Operation[]>> {
  const groups = new Map<OpId, Map<string, Operation[]>>();
  for (const [id, operations] of history.byRef) {
    for (const operation of operations) {
      if (operation.op !== 'addDoneCallback' && operation.op !== 'removeDoneCallback') continue;
      if (subjectOf(operation) !== id) continue;
      const bodies = entryOf(groups, id, () => new Map<string, Operation[]>());
      entryOf(bodies, String(operation.args['body']), () => []).push(operation);
    }
  }
  return groups;
}

function runOf(facts: Facts, added: Operation): Event | undefined {
  return scheduledBody(facts.history, added)?.runs[0];
}

/**
 * All registrations of one body that were made in the same way must share its fate: if one ran, the future was
 * completed, and at the latest when the loop has been drained after that all of them have run.
 */
function judgeKept(facts: Facts, kept: readonly Operation[]): Judgement {
  const ran = kept.find((added) => runOf(facts, added) !== undefined);
  if (kept.length < 2 || ran === undefined || !hasOneLoop(facts.history)) return UNJUDGED;
  const run = runOf(facts, ran)!;
  for (const [index, added] of kept.entries()) {
    const since = added.ret!.seq > run.seq ? added.ret! : run;
    if (runOf(facts, added) !== undefined || !facts.isDrainedAfter(since, ran.loop)) continue;
    return violated(
      index,
      `${nameOf(added)} is the same done callback as ${nameOf(ran)}, which ran; the loop was drained afterwards, yet this registration never ran`,
      ran.inv,
      added.inv,
      added.ret,
      run,
    );
  }
  return { evidence: kept.length };
}

/** Follows the registrations of one body at one future as long as what is registered is certain. */
function judgeGroup(facts: Facts, of: OpId, operations: readonly Operation[]): Judgement {
  let evidence = 0;
  let registered: Operation[] = [];
  let isCertain = true;
  for (const operation of operations) {
    if (!isOnLoop(operation.inv) || !isAccepted(operation)) {
      isCertain = false;
      break;
    }
    if (operation.op === 'addDoneCallback') {
      registered.push(operation);
      continue;
    }
    if (!facts.isPending(of, operation)) {
      isCertain = false;
      break;
    }
    const { v } = operation.ret!;
    const count = registered.length;
    const what = `${count} registration${count === 1 ? '' : 's'} of ${operation.args['body']} at ${of}`;
    if (v !== count) {
      const told = `removeDoneCallback ${operation.id} removed ${what}, yet it returned ${v}`;
      return violated(evidence, told, ...registered.map(({ ret }) => ret), operation.inv, operation.ret);
    }
    for (const added of registered) {
      const run = runOf(facts, added);
      if (run === undefined || !isOnLoop(run) || run.seq < operation.ret!.seq) continue;
      const told = `${nameOf(added)} was removed by removeDoneCallback ${operation.id}, yet it ran`;
      return violated(evidence, told, added.inv, operation.inv, operation.ret, run);
    }
    evidence++;
    registered = [];
  }
  const { evidence: more, violation } = isCertain ? judgeKept(facts, registered) : UNJUDGED;
  return { evidence: evidence + more, ...(violation === undefined ? {} : { violation }) };
}

function judgeRegistrations(history: IndexedHistory): Judgement {
  const facts = { history, isPending: pendingProofs(history), isDrainedAfter: drainedAfter(history) };
  let evidence = 0;
  for (const [of, bodies] of groupsOf(history)) {
    for (const operations of bodies.values()) {
      const judgement = judgeGroup(facts, of, operations);
      evidence += judgement.evidence;
      if (judgement.violation !== undefined) return { evidence, violation: judgement.violation };
    }
  }
  return { evidence };
}

const TWICE =
  'L inv f createFuture ; L ret f ; L inv a addDoneCallback of=f body=x ; L ret a ; L inv b addDoneCallback of=f body=x ; L ret b';
const SET = 'L inv s setResult of=f value=1 ; L ret s';
const PAUSED = 'L inv p yield ; L susp R id=p on=p';
const RESUMED = 'L resm R id=p ; L ret p';

export const doneCallbacksCountEach: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ONE-02',
  slug: 'done-callback-registrations-count-each',
  area: 'exactly-once',
  basis: 'impl',
  statement:
    'A done callback added twice runs twice; remove_done_callback removes all its registrations and returns their number.',
  source: 'doc future#remove_done_callback',
  evidence: 'a removeDoneCallback of a pending future, or one of several equal registrations of which one ran',
  hint: 'the callbacks of a future are a list, not a set; removal filters it by equality',
  needs: ['remove-done-callback'],
  judge: whenInvoked(['addDoneCallback', 'removeDoneCallback'], judgeRegistrations),
  examples: {
    upholds: [
      drained(`${TWICE} ; ${SET} ; ${PAUSED} ; L run a x ; L end a ; L run b x ; L end b ; ${RESUMED}`),
      drained(`${TWICE} ; L inv m removeDoneCallback of=f body=x ; L ret m v=2 ; ${SET}`),
    ],
    violates: [
      drained(`${TWICE} ; ${SET} ; ${PAUSED} ; L run a x ; L end a ; ${RESUMED}`),
      running(`${TWICE} ; L inv m removeDoneCallback of=f body=x ; L ret m v=1 ; ${SET} ; L end R ; M eot done`),
      running(
        `${TWICE} ; L inv m removeDoneCallback of=f body=x ; L ret m v=2 ; ${SET} ; L end R ; L run b x ; L end b ; M eot done`,
      ),
    ],
    unexercised: [
      drained(
        `L inv f createFuture ; L ret f ; L inv a addDoneCallback of=f body=x ; L ret a ; ${SET} ; ${PAUSED} ; L run a x ; L end a ; ${RESUMED}`,
      ),
    ],
    noFalseAlarm: [
      // Done already: the callbacks are under way and no longer registered.
      running(
        `${TWICE} ; ${SET} ; L inv m removeDoneCallback of=f body=x ; L ret m v=0 ; L end R ; L run a x ; L end a ; L run b x ; L end b ; M eot done`,
      ),
      // Cancelled, perhaps, by way of the task that awaits it.
      running(
        `L inv f createFuture ; L ret f ; L inv t createTask body=c ; L ret t ; ${PAUSED} ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; ${RESUMED} ; L inv a addDoneCallback of=f body=x ; L ret a ; L inv k cancelTask of=t ; L ret k v=true ; L inv m removeDoneCallback of=f body=x ; L ret m v=0 ; L end R ; L run a x ; L end a ; M eot done`,
      ),
      // Completed from outside.
      running(
        `${TWICE} ; F1 inv k complete of=f value=1 ; L inv m removeDoneCallback of=f body=x ; L ret m v=0 ; L end R ; M eot done`,
      ),
      // Never drained; another body.
      running(`${TWICE} ; ${SET} ; L end R ; L run a x ; L end a ; M eot done`),
      drained(
        `L inv f createFuture ; L ret f ; L inv a addDoneCallback of=f body=x ; L ret a ; L inv b addDoneCallback of=f body=y ; L ret b ; L inv m removeDoneCallback of=f body=y ; L ret m v=1 ; ${SET} ; ${PAUSED} ; L run a x ; L end a ; ${RESUMED}`,
      ),
    ],
  },
  program: fixedProgram('A-ONE-02', {
    needs: ['ON-LOOP', 'remove-done-callback'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'addDoneCallback', of: 'future', body: 'twice' },
        { op: 'addDoneCallback', of: 'future', body: 'removed' },
        { op: 'addDoneCallback', of: 'future', body: 'twice' },
        { op: 'addDoneCallback', of: 'future', body: 'removed' },
        { op: 'removeDoneCallback', of: 'future', body: 'removed' },
        { op: 'removeDoneCallback', of: 'future', body: 'removed' },
        { op: 'setResult', of: 'future', value: 1 },
        { op: 'yield' },
      ),
      twice: callback(),
      removed: callback(),
    },
  }),
};
