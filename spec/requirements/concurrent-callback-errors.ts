import type { Event } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { callback, fixedProgram } from './builder.ts';
import { type ConcurrentFuture, concurrentFutures } from './concurrent-completion.ts';
import { type Added, addedBefore, callbacksOf, completionOf } from './concurrent-notification.ts';
import { drainedAfter, unlessMisused, witness } from './inbound-facts.ts';
import { finished, SUBMITTED } from './inbound-program.ts';

/** Kinds of error that are, or may be, more than an exception: what they do to the other callbacks is undefined. */
const BEYOND_EXCEPTION = /^(FATAL|CANCELLED|OTHER)/;

/** The callback that failed first, with an error that is an exception and nothing more. */
function firstToFail(callbacks: readonly Added[]): Added | undefined {
  let first: Added | undefined;
  for (const added of callbacks) {
    if (added.end?.err === undefined || BEYOND_EXCEPTION.test(added.end.err)) continue;
    if (first === undefined || added.end.seq < first.end!.seq) first = added;
  }
  return first;
}

/** The error of a callback came out of an operation that completed the future, or tried to. */
function escaped({ operations }: ConcurrentFuture, failed: Added): Violation | undefined {
  const { err } = failed.end!;
  if (!err!.startsWith('USER(')) return undefined;
  const raised = operations.find(
    ({ op, ret }) => (op === 'concurrentSet' || op === 'concurrentCancel') && ret?.err === err,
  );
  if (raised === undefined) return undefined;
  const explanation = `${failed.operation.args['body']} failed with ${err}, and ${raised.op} on ${raised.inv.th} raised that.`;
  return witness([raised.inv, failed.run, failed.end, raised.ret], explanation);
}

/** Callbacks that had to run after the failed one: added after it, before completion. The rest is unknown. */
function judgeRest(failed: Added, before: readonly Added[], over: Event | undefined, isOver: boolean): Judgement {
  let evidence = 0;
  for (const { operation, run } of before) {
    if (!precedes(failed.ret, operation.inv) || (run === undefined && !isOver)) continue;
    if (run !== undefined && run.seq < failed.end!.seq) continue;
    evidence++;
    if (run !== undefined) continue;
    const explanation = `${failed.operation.args['body']} failed with ${failed.end!.err}, and ${operation.args['body']}, added after it, never ran.`;
    return { evidence, violation: witness([failed.ret, operation.inv, failed.end, over], explanation) };
  }
  return { evidence };
}

/** A callback that fails keeps no other from being called, and its error from nobody who completes the future. */
function judgeCallbackErrors(history: IndexedHistory): Judgement {
  const isDrained = drainedAfter(history);
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    const callbacks = callbacksOf(history, future);
    if (callbacks.length === 0) continue;
    const completion = completionOf(history, future);
    const before = addedBefore(callbacks, completion);
    const failed = firstToFail(before);
    if (failed === undefined) continue;
    const out = escaped(future, failed);
    if (out !== undefined) return { evidence: evidence + 1, violation: out };
    const isDone = history.eot?.reason === 'done';
    const isOver = isDone && (completion.over !== undefined || isDrained(failed.end!, future.made.loop));
    const judged = judgeRest(failed, before, completion.over, isOver);
    evidence += judged.evidence;
    if (judged.violation !== undefined) return { evidence, violation: judged.violation };
  }
  return { evidence };
}

const ONE = 'M inv a concurrentAddDoneCallback of=c body=one ; M ret a';
const TWO = 'M inv b concurrentAddDoneCallback of=c body=two ; M ret b';
const SETTING = 'F1 inv s concurrentSet of=c value=1';
const FAILS = 'F1 run a one ; F1 end a err=USER(boom)';
const RUNS = 'F1 run b two ; F1 end b';

function made(events: string): string {
  return `M inv N newLoop ; M ret N ; M inv c createConcurrent ; M ret c v={"ref":"c"} ; ${events}`;
}

export const callbackErrorsStopNothing: Requirement = {
  id: 'C-CF-10',
  slug: 'concurrent-callback-error-stops-nothing',
  scenario: 'C',
  area: 'error',
  level: 'MUST',
  basis: 'doc',
  statement:
    'An Exception in a concurrent future callback is logged and the rest still run; BaseException is undefined.',
  source: 'doc concurrent.futures#add_done_callback',
  evidence: 'a done callback that came after one that had failed',
  hint: 'each callback needs its own catch, and completion must not pass the error on to whoever completes',
  needs: ['concurrent-callbacks'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeCallbackErrors),
  examples: {
    upholds: [
      made(`${ONE} ; ${TWO} ; ${SETTING} ; ${FAILS} ; ${RUNS} ; F1 ret s ; M eot done`),
      finished(
        `${SUBMITTED} ; F1 inv d concurrentAddDoneCallback of=a body=one ; F1 ret d ; F1 inv e concurrentAddDoneCallback of=a body=two ; F1 ret e ; L run a co ; L end a ; L run d one ; L end d err=USER(x) ; L run e two ; L end e`,
      ),
    ],
    violates: [
      made(`${ONE} ; ${TWO} ; ${SETTING} ; ${FAILS} ; F1 ret s ; M eot done`),
      made(`${ONE} ; ${SETTING} ; ${FAILS} ; F1 ret s err=USER(boom) ; M eot done`),
      finished(
        `${SUBMITTED} ; F1 inv d concurrentAddDoneCallback of=a body=one ; F1 ret d ; F1 inv e concurrentAddDoneCallback of=a body=two ; F1 ret e ; L run a co ; L end a ; L run d one ; L end d err=USER(x)`,
      ),
    ],
    unexercised: [
      made(`${ONE} ; ${TWO} ; ${SETTING} ; F1 run a one ; F1 end a ; ${RUNS} ; F1 ret s ; M eot done`),
      made(`${ONE} ; ${SETTING} ; ${FAILS} ; F1 ret s ; M eot done`),
    ],
    noFalseAlarm: [
      made(
        `${ONE} ; ${TWO} ; ${SETTING} ; ${FAILS.replace('USER(boom)', 'FATAL(SystemExit)')} ; F1 ret s ; M eot done`,
      ),
      made(`${ONE} ; ${TWO} ; ${SETTING} ; ${FAILS} ; M eot deadline`),
      made(`${TWO} ; ${ONE} ; ${SETTING} ; ${RUNS} ; ${FAILS} ; F1 ret s ; M eot done`),
      made(`${ONE} ; ${SETTING} ; ${TWO} ; ${FAILS} ; F1 ret s ; M eot done`),
      made(`${SETTING} ; F1 ret s ; ${ONE.replaceAll('M ', 'F1 ')} ; ${FAILS} ; M eot done`),
    ],
  },
  program: fixedProgram('C-CF-10', {
    needs: ['INBOUND', 'concurrent-callbacks', 'concurrent-direct'],
    bodies: {
      failing: callback({ op: 'raise', error: 'USER(boom)' }),
      next: callback(),
      setter: { kind: 'thread', steps: [{ op: 'concurrentSet', of: 'future', value: 1 }] },
    },
    main: [
      { op: 'newLoop' },
      { op: 'createConcurrent', to: 'future' },
      { op: 'concurrentAddDoneCallback', of: 'future', body: 'failing' },
      { op: 'concurrentAddDoneCallback', of: 'future', body: 'next' },
      { op: 'spawn', body: 'setter' },
      { op: 'join' },
      { op: 'close' },
    ],
  }),
};
