import { osThread } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, idle } from './builder.ts';
import { type ConcurrentFuture, concurrentFutures } from './concurrent-completion.ts';
import { type Added, addedBefore, type Completion, callbacksOf, completionOf } from './concurrent-notification.ts';
import { nameOf, unlessMisused, witness } from './inbound-facts.ts';
import { SUBMITTED } from './inbound-program.ts';

/** Added one after the other before completion, and run the other way round. One sweep, O(k). */
function judgeOrder(callbacks: readonly Added[]): Judgement {
  let evidence = 0;
  let last: Added | undefined;
  for (const added of callbacks) {
    if (added.run === undefined) continue;
    if (last !== undefined && precedes(last.ret, added.operation.inv)) {
      evidence++;
      if (precedes(added.run, last.run!)) {
        const explanation = `${last.run!.body} was added before ${added.run.body}, yet ${added.run.body} ran first.`;
        return { evidence, violation: witness([last.ret, added.operation.inv, added.run, last.run], explanation) };
      }
    }
    if (last === undefined || last.run!.seq < added.run.seq) last = added;
  }
  return { evidence };
}

/** The thread that completes a future runs its callbacks: the setter or canceller, or the loop's for a coroutine. */
function judgeCompleter(future: ConcurrentFuture, completion: Completion, callbacks: readonly Added[]): Judgement {
  const isTouched = future.operations.some(({ op }) => op === 'concurrentSet' || op === 'concurrentCancel');
  const isByLoop = future.made.op === 'runCoroutineThreadsafe' && !isTouched;
  const th = isByLoop ? 'L' : completion.by?.inv.th;
  let evidence = 0;
  for (const { operation, run } of callbacks) {
    if (th === undefined || run === undefined) continue;
    evidence++;
    if (osThread(run.th) === osThread(th)) continue;
    const explanation = `${run.body} was added to ${nameOf(future.made)} before its completion on ${th}, yet it ran on ${run.th}.`;
    return { evidence, violation: witness([operation.inv, completion.by?.inv, run], explanation) };
  }
  return { evidence };
}

/** Added when completion was over: called at once, by the adding thread, before the call returns. */
function judgeAddedLate(history: IndexedHistory, { over }: Completion, callbacks: readonly Added[]): Judgement {
  let evidence = 0;
  for (const { operation, ret, run } of callbacks) {
    if (over === undefined || !precedes(over, operation.inv)) continue;
    if (run === undefined && history.eot === undefined) continue;
    evidence++;
    const isAtOnce = run !== undefined && osThread(run.th) === osThread(operation.inv.th) && run.seq < ret.seq;
    if (isAtOnce) continue;
    const where = run === undefined ? 'it never ran' : `it ran on ${run.th}, not inside that call`;
    const explanation = `${operation.args['body']} was added on ${operation.inv.th} to a future that was done, yet ${where}.`;
    return { evidence, violation: witness([over, operation.inv, ret, run], explanation) };
  }
  return { evidence };
}

function judgeCallbacks(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    const callbacks = callbacksOf(history, future);
    if (callbacks.length === 0) continue;
    const completion = completionOf(history, future);
    const before = addedBefore(callbacks, completion);
    for (const judged of [
      judgeOrder(before),
      judgeCompleter(future, completion, before),
      judgeAddedLate(history, completion, callbacks),
    ]) {
      evidence += judged.evidence;
      if (judged.violation !== undefined) return { evidence, violation: judged.violation };
    }
  }
  return { evidence };
}

const CREATED = 'M inv c createConcurrent ; M ret c v={"ref":"c"}';
const ONE = 'F1 inv a concurrentAddDoneCallback of=c body=one ; F1 ret a';
const TWO = 'F1 inv b concurrentAddDoneCallback of=c body=two ; F1 ret b';
const SETTING = 'F2 inv s concurrentSet of=c value=1';
const SET = 'F2 ret s';
const BOTH = 'F2 run a one ; F2 end a ; F2 run b two ; F2 end b';

/** Outside a running loop: `main` makes the future and foreign threads do the rest. */
function made(events: string): string {
  return `M inv N newLoop ; M ret N ; ${CREATED} ; ${events}`;
}

export const callbacksRunInOrder: Requirement = {
  id: 'C-CF-08',
  slug: 'concurrent-callbacks-order-and-thread',
  scenario: 'C',
  area: 'ordering',
  level: 'MUST',
  basis: 'doc',
  statement:
    'Callbacks of the concurrent future added before completion run in order, in the completing thread; one added to a done future runs at once in the adding thread.',
  source: 'doc concurrent.futures#add_done_callback',
  evidence: 'a done callback whose order, or whose thread, the order of adding and completing decides',
  hint: 'the test "done already" and the adding to the list must be one atomic step, and the list is called first to last',
  needs: ['concurrent-callbacks'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeCallbacks),
  examples: {
    upholds: [
      made(`${ONE} ; ${TWO} ; ${SETTING} ; ${BOTH} ; ${SET} ; M eot done`),
      made(
        `${SETTING} ; ${SET} ; F1 inv a concurrentAddDoneCallback of=c body=one ; F1 run a one ; F1 end a ; F1 ret a ; M eot done`,
      ),
      idle(
        `${SUBMITTED} ; F1 inv d concurrentAddDoneCallback of=a body=one ; F1 ret d ; L run a co ; L end a v=1 ; L run d one ; L end d ; M eot done`,
      ),
    ],
    violates: [
      made(`${ONE} ; ${TWO} ; ${SETTING} ; F2 run b two ; F2 end b ; F2 run a one ; F2 end a ; ${SET} ; M eot done`),
      made(`${ONE} ; ${SETTING} ; F1 run a one ; F1 end a ; ${SET} ; M eot done`),
      made(`${SETTING} ; ${SET} ; ${ONE} ; M eot done`),
      made(`${SETTING} ; ${SET} ; ${ONE} ; F1 run a one ; F1 end a ; M eot done`),
      made(
        `${SETTING} ; ${SET} ; F1 inv a concurrentAddDoneCallback of=c body=one ; F2 run a one ; F2 end a ; F1 ret a ; M eot done`,
      ),
      idle(
        `${SUBMITTED} ; F1 inv d concurrentAddDoneCallback of=a body=one ; F1 ret d ; L run a co ; L end a v=1 ; F1 run d one ; F1 end d ; M eot done`,
      ),
    ],
    unexercised: [made(`${ONE} ; M eot done`), made(`${SETTING} ; ${SET} ; M eot done`)],
    noFalseAlarm: [
      made(`${SETTING} ; ${ONE} ; ${TWO} ; F2 run b two ; F2 end b ; F2 run a one ; F2 end a ; ${SET} ; M eot done`),
      made(
        `${ONE} ; ${SETTING} ; F1 inv b concurrentAddDoneCallback of=c body=two ; F1 run b two ; F1 end b ; F1 ret b ; F2 run a one ; F2 end a ; ${SET}`,
      ),
      made(
        `${ONE} ; F1 inv k concurrentCancel of=c ; ${SETTING} ; F1 run a one ; F1 end a ; ${SET} err=INVALID_STATE ; F1 ret k v=true`,
      ),
      made(`F1 inv k concurrentCancel of=c ; F1 ret k v=false ; ${ONE}`),
      made(`${SETTING} ; ${SET} ; F1 inv a concurrentAddDoneCallback of=c body=one ; M eot deadline`),
      idle(
        `${SUBMITTED} ; F1 inv d concurrentAddDoneCallback of=a body=one ; F1 run d one ; F1 end d ; F1 ret d ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('C-CF-08', {
    needs: ['INBOUND', 'concurrent-callbacks', 'concurrent-direct'],
    bodies: {
      one: callback(),
      two: callback(),
      late: callback(),
      setter: { kind: 'thread', steps: [{ op: 'concurrentSet', of: 'future', value: 1 }] },
      racer: { kind: 'thread', steps: [{ op: 'concurrentAddDoneCallback', of: 'future', body: 'two' }] },
    },
    main: [
      { op: 'newLoop' },
      { op: 'createConcurrent', to: 'future' },
      { op: 'concurrentAddDoneCallback', of: 'future', body: 'one' },
      { op: 'concurrentAddDoneCallback', of: 'future', body: 'two' },
      { op: 'spawn', body: 'setter' },
      { op: 'spawn', body: 'racer' },
      { op: 'join' },
      { op: 'concurrentAddDoneCallback', of: 'future', body: 'late' },
      { op: 'close' },
    ],
  }),
};
