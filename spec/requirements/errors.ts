import type { EndEvent, HndEvent, OpId } from '../history.ts';
import { type IndexedHistory, type Instance, type Operation, operationsNamed } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import { makerOf } from './cancellation-facts.ts';
import { operationsOn } from './futures-facts.ts';
import { expecting } from './inbound-program.ts';
import {
  countBelow,
  entryOf,
  isLoopBody,
  isMisused,
  isOnLoop,
  MUST_ON_LOOP,
  nameOf,
  UNJUDGED,
  violated,
  whenInvoked,
} from './on-loop-facts.ts';

/** Calls of the exception handler for each instance that an exception first left, and the errors that came from nowhere. */
type Handled = { readonly bySource: ReadonlyMap<OpId, readonly HndEvent[]>; readonly unknown: ReadonlySet<string> };

function handledOf(history: IndexedHistory): Handled {
  const bySource = new Map<OpId, HndEvent[]>();
  const unknown = new Set<string>();
  for (const event of history.handlers) {
    if (event.src === null) unknown.add(event.err);
    else entryOf(bySource, event.src, () => []).push(event);
  }
  return { bySource, unknown };
}

/** The body itself made the error: none of its operations had failed with that error before. */
function isOwnError({ operations, ends }: Instance): boolean {
  const err = ends[0]?.err;
  return !operations.some(({ ret, resm }) => ret?.err === err || resm?.err === err);
}

const CALLBACKS: ReadonlySet<string> = new Set(['callSoon', 'callLater', 'callAt', 'addDoneCallback']);

/** The end of a callback of the loop that raised an error of its own, other than a fatal one. */
function raisingEnd(instance: Instance): EndEvent | undefined {
  const { operation, runs, ends } = instance;
  const [end] = ends;
  if (operation === undefined || !CALLBACKS.has(operation.op) || !isLoopBody(operation)) return undefined;
  if (end?.err === undefined || end.err.startsWith('FATAL') || !isOnLoop(end)) return undefined;
  return runs.length === 1 && ends.length === 1 && isOwnError(instance) ? end : undefined;
}

/** Tells which run operation of the loop's thread was under way at a stamp and failed with an error that was not its own. */
function failedRuns(history: IndexedHistory): (err: string, at: number) => Operation | undefined {
  const left = new Map<string, Operation[]>();
  for (const operation of operationsNamed(history, 'runForever', 'quiesce', 'runUntil')) {
    const { ret, op, args } = operation;
    if (!ret?.err?.startsWith('USER(') || !isOnLoop(ret)) continue;
    if (op === 'runUntil' && (args['body'] === undefined || mayRaise(history, operation, ret.err))) continue;
    entryOf(left, ret.err, () => []).push(operation);
  }
  const stamps = new Map([...left].map(([err, runs]) => [err, runs.map(({ inv }) => inv.seq)]));
  return (err, at) => {
    const run = left.get(err)?.[countBelow(stamps.get(err)!, at) - 1];
    return run !== undefined && at < run.ret!.seq ? run : undefined;
  };
}

function mayRaise(history: IndexedHistory, root: Operation, err: string): boolean {
  const end = history.instances.get(root.id)?.ends[0];
  return end?.err === err;
}

function judgeHandlerCalled(history: IndexedHistory): Judgement {
  if (isMisused(history)) return UNJUDGED;
  const { bySource, unknown } = handledOf(history);
  const failedRun = failedRuns(history);
  let evidence = 0;
  for (const instance of history.instances.values()) {
    const end = raisingEnd(instance);
    if (end === undefined) continue;
    const name = nameOf(instance.operation!);
    const calls = bySource.get(instance.id) ?? [];
    if (calls.length > 1) {
      return violated(
        evidence,
        `${name} raised ${end.err} once, and the handler was called ${calls.length} times`,
        end,
        ...calls,
      );
    }
    if (calls.length === 0 && history.eot?.reason === 'done' && !unknown.has(end.err!)) {
      return violated(evidence, `${name} raised ${end.err}, and the exception handler was never called with it`, end);
    }
    const run = failedRun(end.err!, end.seq);
    if (run !== undefined) {
      return violated(
        evidence,
        `${name} raised ${end.err}, and that ended ${run.op} ${run.id}`,
        end,
        ...calls,
        run.ret,
      );
    }
    if (calls.length === 1) evidence++;
  }
  return { evidence };
}

const RETRIEVING: ReadonlySet<string> = new Set([
  'await',
  'shield',
  'waitFor',
  'gather',
  'result',
  'exception',
  'runUntil',
  'cancelTask',
]);

/** Did a task end with an error of its own, which it then keeps? */
function isHeldFailure(history: IndexedHistory, instance: Instance): boolean {
  const [end] = instance.ends;
  if (makerOf(history, instance.id) === undefined || instance.runs.length !== 1 || instance.ends.length !== 1)
    return false;
  return end?.err !== undefined && end.err !== 'CANCELLED' && !end.err.startsWith('FATAL') && isOwnError(instance);
}

function judgeNotReported(history: IndexedHistory): Judgement {
  const { bySource } = handledOf(history);
  let evidence = 0;
  for (const instance of history.instances.values()) {
    if (!isHeldFailure(history, instance)) continue;
    const end = instance.ends[0]!;
    const uses = operationsOn(history, instance.id);
    const last = uses.at(-1);
    if (last === undefined || last.inv.seq < end.seq) continue;
    // From the first retrieval on the error may have gone on into another body, and be reported as that one's.
    const retrieved = uses.find(({ op }) => RETRIEVING.has(op))?.inv.seq ?? Number.POSITIVE_INFINITY;
    const report = (bySource.get(instance.id) ?? []).find(
      (event) => event.seq < retrieved && precedes(event, last.inv),
    );
    if (report !== undefined) {
      const told = `the task ${nameOf(instance.operation!)} raised ${end.err} and was still held, since ${last.op} ${last.id} used it later, yet the handler was called`;
      return violated(evidence, told, end, report, last.inv);
    }
    evidence++;
  }
  return { evidence };
}

const A = 'L inv a callSoon body=x ; L ret a ; L inv b callSoon body=y ; L ret b ; L end R';
const A_RAISES = 'L run a x ; L end a err=USER(e)';
const HANDLED = 'L hnd a err=USER(e)';
const B_RUNS = 'L run b y ; L end b';
/** The task t has raised while the root yielded. */
const T_RAISED =
  'L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L end t err=USER(e) ; L resm R id=y ; L ret y';
const USED = 'L inv w await of=t ; L susp R id=w on=t ; L resm R id=w err=USER(e) ; L ret w err=USER(e)';

export const callbackErrorIsHandled: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ERR-01',
  slug: 'callback-error-reaches-the-handler-once',
  area: 'error',
  basis: 'pep',
  statement: 'An exception in a callback reaches the exception handler once and the loop goes on.',
  source: 'PEP 3156 Exceptions; Handle._run',
  evidence: 'a callback that raised an error of its own, with which the handler was called',
  hint: 'what surrounds the call of a callback: it catches everything but fatal errors and calls the handler',
  judge: judgeHandlerCalled,
  examples: {
    upholds: [running(`${A} ; ${A_RAISES} ; ${HANDLED} ; ${B_RUNS} ; M eot done`)],
    violates: [
      running(`${A} ; ${A_RAISES} ; ${B_RUNS} ; M eot done`),
      running(`${A} ; ${A_RAISES} ; ${HANDLED} ; ${HANDLED} ; ${B_RUNS} ; M eot done`),
      running(`${A} ; ${A_RAISES} ; ${HANDLED} ; M loop stop err=USER(e) ; M ret R err=USER(e) ; M eot done`),
    ],
    unexercised: [running(`${A} ; L run a x ; L end a ; ${B_RUNS} ; M eot done`)],
    noFalseAlarm: [
      // Fatal errors leave the loop; an error of the root is its own; a handler that was told of no exception it knows.
      running(
        `${A} ; L run a x ; L end a err=FATAL(SystemExit) ; M loop stop ; M ret R err=FATAL(SystemExit) ; M eot done`,
      ),
      'M inv N newLoop ; M ret N ; M inv R runUntil body=root ; L run R root ; L inv a callSoon body=x ; L ret a ; L inv y yield ; L susp R id=y on=y ; L run a x ; L end a err=USER(e) ; L hnd a err=USER(e) ; L resm R id=y ; L ret y ; L end R err=USER(e) ; M ret R err=USER(e) ; M eot done',
      running(`${A} ; ${A_RAISES} ; L hnd null err=USER(e) ; ${B_RUNS} ; M eot done`),
      // Cut or hung before the handler.
      running(`${A} ; ${A_RAISES} ; M eot deadline`),
      // The error came out of a failed task, and first left that one.
      running(
        `${T_RAISED} ; ${A} ; L run a x ; L inv u result of=t ; L ret u err=USER(e) ; L end a err=USER(e) ; L hnd t err=USER(e) ; ${B_RUNS} ; M eot done`,
      ),
      // A task keeps its error.
      running(`${T_RAISED} ; ${USED} ; L end R err=USER(e) ; M eot done`),
    ],
  },
  program: fixedProgram('A-ERR-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'done' },
        { op: 'addDoneCallback', of: 'done', body: 'raising' },
        { op: 'callSoon', body: 'raising' },
        { op: 'callSoon', body: 'plain' },
        { op: 'callLater', delayUs: 300, body: 'raising' },
        { op: 'callLater', delayUs: 800, body: 'setter' },
        { op: 'await', of: 'done' },
        { op: 'yield' },
      ),
      raising: callback({ op: 'raise', error: 'USER(e)' }),
      plain: callback(),
      setter: callback({ op: 'setResult', of: 'done', value: 1 }, { op: 'raise', error: 'OTHER(ValueError)' }),
    },
  }),
};

export const heldTaskErrorIsNotReported: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ERR-02',
  slug: 'task-error-is-kept-not-reported',
  area: 'error',
  basis: 'impl',
  statement: 'An exception in a task does not reach the handler while its result can still be retrieved.',
  source: 'doc dev#never-retrieved',
  evidence: 'a task that raised an error of its own and that an operation still used afterwards',
  hint: 'when a failed task is reported: when the last reference to it goes, and nobody has retrieved its error',
  judge: whenInvoked(['createTask', 'ensureFuture'], judgeNotReported),
  examples: {
    upholds: [running(`${T_RAISED} ; ${USED} ; L end R ; M eot done`)],
    violates: [
      running(`${T_RAISED} ; L hnd t err=USER(e) ; ${USED} ; L end R ; M eot done`),
      running(`${T_RAISED} ; L hnd t err=USER(e) ; L inv d drop of=t ; L ret d ; L end R ; M eot done`),
    ],
    unexercised: [running(`${T_RAISED} ; L end R ; M eot done`)],
    noFalseAlarm: [
      // Dropped, and reported then.
      running(`${T_RAISED} ; L inv d drop of=t ; L hnd t err=USER(e) ; L ret d ; L end R ; M eot done`),
      // Retrieved by a task that failed with it and was dropped: the report is of that one.
      running(
        `${T_RAISED} ; L inv u createTask body=d ; L ret u ; L inv p yield ; L susp R id=p on=p ; L run u d ; L inv w await of=t ; L susp u id=w on=t ; L resm u id=w err=USER(e) ; L ret w err=USER(e) ; L end u err=USER(e) ; L hnd t err=USER(e) ; L resm R id=p ; L ret p ; L inv q query of=t ; L ret q v={"done":true,"cancelled":false} ; L end R ; M eot done`,
      ),
      // The error came to it from a future that others awaited too.
      running(
        'L inv t createTask body=c ; L ret t ; L inv y yield ; L susp R id=y on=y ; L run t c ; L inv w await of=f ; L susp t id=w on=f ; L resm t id=w err=USER(e) ; L ret w err=USER(e) ; L end t err=USER(e) ; L hnd t err=USER(e) ; L resm R id=y ; L ret y ; L inv q query of=t ; L ret q v={"done":true,"cancelled":false} ; L end R ; M eot done',
      ),
      running(`${T_RAISED} ; ${USED} ; L hnd a err=USER(e) ; L end R ; M eot done`),
    ],
  },
  program: fixedProgram('A-ERR-02', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createTask', body: 'raising', to: 'task' },
        { op: 'repeat', count: 3, steps: [{ op: 'yield' }] },
        { op: 'sleep', delayUs: 1000 },
        { op: 'query', of: 'task' },
        expecting('USER', { op: 'await', of: 'task' }),
      ),
      raising: task({ op: 'raise', error: 'USER(kept)' }),
    },
  }),
};
