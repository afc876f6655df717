import type { EndEvent, Event } from '../history.ts';
import type { IndexedHistory, Operation } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, worker } from './builder.ts';
import { cancelDuring, executorWork, type Wait, type Work, waitsFor } from './offload-work.ts';
import { violated } from './violated.ts';

/** An await that let go of running work: its task was cancelled, or its waitFor timed out. */
type Abandoned = {
  readonly work: Work;
  readonly wait: Wait;
  /** The work is abandoned at the earliest after this record, and for certain from `released` on. */
  readonly since: Event;
  readonly released: Event;
  readonly end: EndEvent | undefined;
};

function* abandonedWork(history: IndexedHistory): Generator<Abandoned> {
  for (const work of executorWork(history)) {
    const { run, end, operation } = work;
    if (run === undefined || work.doubled) continue;
    for (const wait of waitsFor(history, work)) {
      const cancel = cancelDuring(history, wait);
      if (cancel === undefined || wait.resm?.err !== 'CANCELLED' || wait.resm.seq < run.seq) continue;
      yield { work, wait, since: cancel.inv, released: cancel.ret!, end };
    }
    for (const wait of history.byRef.get(operation.id) ?? []) {
      if (wait.op !== 'waitFor' || wait.susp === undefined || wait.resm?.err !== 'TIMEOUT') continue;
      if (wait.resm.seq > run.seq) {
        yield { work, wait: wait as Wait, since: wait.susp, released: wait.resm, end };
      }
    }
  }
}

/** Features whose own mistakes may reach the exception handler in the same form. */
const OTHER_SUSPECTS: readonly string[] = [
  'complete',
  'createConcurrent',
  'gather',
  'runCoroutineThreadsafe',
  'shield',
  'shutdownDefaultExecutor',
];

/**
 * A handler call with INVALID_STATE that left no body of the program can come from nothing but the copy of an
 * executor's result onto a future: no body ended with that error, and no other feature that copies results was used.
 */
function strayCopies(history: IndexedHistory): readonly Event[] {
  const stray = history.handlers.filter(({ err, src }) => err === 'INVALID_STATE' && src === null);
  if (stray.length === 0 || OTHER_SUSPECTS.some((name) => history.byOp.has(name))) return [];
  const handlers = history.byOp.get('setExceptionHandler') ?? [];
  if (handlers.some(({ args }) => args['body'] !== null)) return [];
  for (const { ends } of history.instances.values()) if (ends.some(({ err }) => err === 'INVALID_STATE')) return [];
  return stray;
}

/** A handler call that the late completion of this work made, if there is one. */
function handlerCall(
  history: IndexedHistory,
  { work, since, released, end }: Abandoned,
  stray: readonly Event[],
  named: readonly Event[],
): Event | undefined {
  if (end === undefined) return undefined;
  const copied = stray.find((hnd) => hnd.seq > end.seq && precedes(since, hnd));
  if (copied !== undefined) return copied;
  // The error of work that was abandoned for certain, and that nobody else uses, should have been dropped.
  const isUsedOnce = (history.byRef.get(work.operation.id) ?? []).length <= 1;
  return isUsedOnce && precedes(released, end) ? named.find((hnd) => hnd.seq > end.seq) : undefined;
}

/** Work that nobody waits for any more ends quietly. */
function judgeQuietEnd(history: IndexedHistory): Judgement {
  const stray = strayCopies(history);
  const bySource = new Map<Operation['id'], Event[]>();
  for (const hnd of history.handlers) {
    if (hnd.src === null) continue;
    const list = bySource.get(hnd.src);
    if (list === undefined) bySource.set(hnd.src, [hnd]);
    else list.push(hnd);
  }
  let evidence = 0;
  for (const abandoned of abandonedWork(history)) {
    const { work, wait, since, end } = abandoned;
    evidence++;
    const again = wait.extraResms[0];
    if (again !== undefined) {
      const explanation = `The await of ${work.name} had ended with ${wait.resm!.err}, yet it was resumed a second time.`;
      return violated(evidence, explanation, since, wait.resm, end, again);
    }
    const hnd = handlerCall(history, abandoned, stray, bySource.get(work.operation.id) ?? []);
    if (hnd !== undefined) {
      const explanation = `The await of ${work.name} had been given up, yet the completion of ${work.name} reached the exception handler.`;
      return violated(evidence, explanation, since, wait.resm, end, hnd);
    }
  }
  return { evidence };
}

const AWAITED = running(
  'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L inv T createTask body=t ; L ret T ; L inv y yield ; L susp R id=y on=y ; L run T t ; L inv w await of=x ; L susp T id=w on=x ; L resm R id=y ; L ret y',
);
const CANCELLED = 'L inv c cancelTask of=T ; L ret c v=true ; L end R';
const RELEASED = 'L resm T id=w err=CANCELLED ; L ret w err=CANCELLED ; L end T err=CANCELLED';

export const lateCompletionIsQuiet: Requirement = {
  id: 'B-EXE-09',
  slug: 'late-completion-of-abandoned-work-is-quiet',
  scenario: 'B',
  area: 'cancellation',
  level: 'MUST',
  basis: 'impl',
  statement: 'Late completion of abandoned work causes no handler call and no second resume.',
  source: '_call_set_state',
  evidence: 'an await that was cancelled, or timed out, after its work had begun',
  hint: 'whether the copy of a result onto a future asks again, on the loop, if the future is done',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeQuietEnd,
  examples: {
    upholds: [
      `${AWAITED} ; ${CANCELLED} ; ${RELEASED} ; W1 end x v=1 ; M eot done`,
      `${AWAITED} ; W1 end x v=1 ; ${CANCELLED} ; ${RELEASED} ; M eot done`,
    ],
    violates: [
      `${AWAITED} ; W1 end x v=1 ; ${CANCELLED} ; L hnd null err=INVALID_STATE ; ${RELEASED} ; M eot done`,
      `${AWAITED} ; ${CANCELLED} ; ${RELEASED} ; W1 end x v=1 ; L hnd null err=INVALID_STATE ; M eot done`,
      `${AWAITED} ; ${CANCELLED} ; ${RELEASED} ; W1 end x v=1 ; L resm T id=w v=1 ; M eot done`,
      `${AWAITED} ; ${CANCELLED} ; ${RELEASED} ; W1 end x err=USER(boom) ; L hnd x err=USER(boom) ; M eot done`,
      running(
        'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L inv w waitFor of=x timeoutUs=1000 ; L susp R id=w on=x ; @2ms L resm R id=w err=TIMEOUT ; L ret w err=TIMEOUT ; W1 end x v=1 ; L hnd null err=INVALID_STATE',
      ),
    ],
    unexercised: [
      `${AWAITED} ; W1 end x v=1 ; L resm T id=w v=1 ; L ret w v=1 ; L end T ; L inv c cancelTask of=T ; L ret c v=false ; L end R ; M eot done`,
    ],
    noFalseAlarm: [
      // Another future's INVALID_STATE; one that came before the work ended; another feature's; the handler's own.
      `${AWAITED} ; L inv s callSoon body=z ; L ret s ; ${CANCELLED} ; ${RELEASED} ; W1 end x v=1 ; L run s z ; L end s err=INVALID_STATE ; L hnd s err=INVALID_STATE ; M eot done`,
      `${AWAITED} ; L inv s callSoon body=z ; L ret s ; ${CANCELLED} ; ${RELEASED} ; W1 end x v=1 ; L run s z ; L end s err=INVALID_STATE ; L hnd null err=INVALID_STATE ; M eot done`,
      `${AWAITED} ; ${CANCELLED} ; ${RELEASED} ; L hnd null err=INVALID_STATE ; W1 end x v=1 ; M eot done`,
      `${AWAITED} ; F1 inv p complete of=x value=2 ; F1 ret p ; ${CANCELLED} ; ${RELEASED} ; W1 end x v=1 ; L hnd null err=INVALID_STATE ; M eot done`,
      // The work had failed before it was abandoned, and its error was retrieved by nobody.
      `${AWAITED} ; W1 end x err=USER(boom) ; ${CANCELLED} ; ${RELEASED} ; L hnd x err=USER(boom) ; M eot done`,
      `${AWAITED} ; ${CANCELLED} ; ${RELEASED} ; L hnd T err=OTHER(none) ; W1 end x v=1 ; M eot done`,
    ],
  },
  // The loop is blocked from before the work ends until it cancels, so the completion cannot be taken in between: the
  // first round races the two, the second gives the completion time to be queued first.
  program: fixedProgram('B-EXE-09', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    gates: ['ending1', 'ending2', 'go1', 'go2'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'entered1' },
        { op: 'createFuture', to: 'released1' },
        { op: 'runInExecutor', body: 'work1', to: 'working1' },
        { op: 'createTask', body: 'waiter1', to: 'waiting1' },
        { op: 'await', of: 'entered1' },
        { op: 'signal', gate: 'go1' },
        { op: 'waitGate', gate: 'ending1' },
        { op: 'cancelTask', of: 'waiting1' },
        { op: 'await', of: 'released1' },
        { op: 'createFuture', to: 'entered2' },
        { op: 'createFuture', to: 'released2' },
        { op: 'runInExecutor', body: 'work2', to: 'working2' },
        { op: 'createTask', body: 'waiter2', to: 'waiting2' },
        { op: 'await', of: 'entered2' },
        { op: 'signal', gate: 'go2' },
        { op: 'waitGate', gate: 'ending2' },
        { op: 'spin', delayUs: 1000 },
        { op: 'cancelTask', of: 'waiting2' },
        { op: 'await', of: 'released2' },
      ),
      work1: worker({ op: 'waitGate', gate: 'go1' }, { op: 'signal', gate: 'ending1' }),
      work2: worker({ op: 'waitGate', gate: 'go2' }, { op: 'signal', gate: 'ending2' }),
      waiter1: task(
        { op: 'setResult', of: 'entered1', value: null },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'working1' }],
          finally: [{ op: 'setResult', of: 'released1', value: null }],
        },
      ),
      waiter2: task(
        { op: 'setResult', of: 'entered2', value: null },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'working2' }],
          finally: [{ op: 'setResult', of: 'released2', value: null }],
        },
      ),
    },
  }),
};
