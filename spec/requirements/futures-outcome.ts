import { type IndexedHistory, madeBy, type Operation, operationsNamed } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import {
  givenOutcome,
  isPlainFuture,
  isSettling,
  type Observation,
  observationsOf,
  subjectOf,
} from './futures-facts.ts';
import { isOnLoop, MUST_ON_LOOP, violated, whenInvoked } from './on-loop-facts.ts';

/** What a plain future was given, if the loop's thread tried once to complete it and nobody else did. */
function soleGift(history: IndexedHistory, operations: readonly Operation[]): readonly Observation[] {
  const settling = operations.filter(isSettling);
  const [set] = settling;
  if (set === undefined || settling.length > 1 || !isAccepted(set) || !isOnLoop(set.inv)) return [];
  if (set.op !== 'setResult' && set.op !== 'setException') return [];
  const subject = subjectOf(set);
  const outcome = givenOutcome(set);
  if (subject === undefined || outcome === undefined || !isPlainFuture(history, subject)) return [];
  return [{ outcome, event: set.inv, by: `${set.op} ${set.id}, which completed it,` }];
}

function judgeSameOutcome(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const [id, operations] of history.byRef) {
    const seen = observationsOf(history, id);
    const all = [...soleGift(history, operations), ...seen];
    const [first] = all;
    const other = all.find(({ outcome }) => outcome !== first!.outcome);
    if (first !== undefined && other !== undefined) {
      const told = `of ${id}, ${first.by} had ${first.outcome}, yet ${other.by} had ${other.outcome}`;
      return violated(evidence, told, first.event, other.event);
    }
    if (seen.length > 0) evidence += all.length - 1;
  }
  return { evidence };
}

const AWAITABLE: ReadonlySet<string> = new Set(['createFuture', 'createTask', 'ensureFuture', 'runInExecutor']);

function judgeUnchanged(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const operation of operationsNamed(history, 'ensureFuture')) {
    const of = subjectOf(operation);
    const made = of === undefined ? undefined : history.operations.get(of);
    if (made === undefined || !AWAITABLE.has(made.op) || !isAccepted(operation)) continue;
    const given = madeBy(operation.ret);
    if (given === undefined) continue;
    if (given !== of) {
      const told = `ensureFuture ${operation.id} of ${of}, which is a future already, returned ${given} instead`;
      return violated(evidence, told, made.ret, operation.inv, operation.ret);
    }
    evidence++;
  }
  return { evidence };
}

const F = 'L inv f createFuture ; L ret f v={"ref":"f"}';
const SET = 'L inv s setResult of=f value=[1,{"a":2,"b":3}] ; L ret s';
const VALUE = '[1,{"b":3,"a":2}]';
const awaiting = (id: string, outcome: string) =>
  `L inv ${id} await of=f ; L susp R id=${id} on=f ; L resm R id=${id} ${outcome} ; L ret ${id} ${outcome}`;

export const everyoneSeesOneOutcome: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-FUT-05',
  slug: 'everyone-sees-the-same-outcome',
  area: 'value',
  basis: 'doc',
  statement: 'Every awaiter that is not itself cancelled and result() observe the same outcome, any number of times.',
  source: 'doc future class text',
  evidence: 'a plain await or result that saw an outcome, beyond the first one or beside what was set',
  hint: 'where a future keeps its outcome, and whether anything takes it away when it is read',
  judge: whenInvoked(['await', 'result', 'runUntil'], judgeSameOutcome),
  examples: {
    upholds: [
      running(`${F} ; ${SET} ; ${awaiting('v', `v=${VALUE}`)} ; ${awaiting('w', `v=${VALUE}`)} ; L end R ; M eot done`),
    ],
    violates: [
      running(`${F} ; ${SET} ; ${awaiting('v', 'v=2')} ; L end R ; M eot done`),
      running(
        'L inv x runInExecutor body=k ; L ret x ; L inv v await of=x ; L susp R id=v on=x ; L resm R id=v v=1 ; L ret v v=1 ; L inv u result of=x ; L ret u v=null ; L end R ; M eot done',
      ),
      running(
        `${F} ; L inv s setException of=f error=USER(a) ; L ret s ; ${awaiting('v', 'err=USER(b)')} ; L end R ; M eot done`,
      ),
    ],
    unexercised: [running(`${F} ; ${awaiting('v', 'v=1')} ; L end R ; M eot done`)],
    noFalseAlarm: [
      // One awaiter was cancelled, one asked too early, one was refused.
      running(
        `${F} ; ${awaiting('v', 'err=CANCELLED')} ; ${SET} ; ${awaiting('w', `v=${VALUE}`)} ; L end R ; M eot done`,
      ),
      running(
        `${F} ; L inv u result of=f ; L ret u err=INVALID_STATE ; ${SET} ; ${awaiting('w', `v=${VALUE}`)} ; L end R ; M eot done`,
      ),
      running(
        'L inv t createTask body=c ; L ret t ; L inv p yield ; L susp R id=p on=p ; L run t c ; L inv v await of=t ; L susp t id=v on=t ; L resm t id=v err=OTHER(RuntimeError) ; L ret v err=OTHER(RuntimeError) ; L end t v=1 ; L resm R id=p ; L ret p ; L inv w await of=t ; L susp R id=w on=t ; L resm R id=w v=1 ; L ret w v=1 ; L end R ; M eot done',
      ),
      // Completed from outside first, and the second attempt silently ignored.
      running(
        `${F} ; F1 inv k complete of=f value=9 ; F1 ret k ; ${SET} ; ${awaiting('v', 'v=9')} ; ${awaiting('w', 'v=9')} ; L end R ; M eot done`,
      ),
      // Gathered and waited for: more than a plain await.
      running(
        `${F} ; ${SET} ; L inv g gather of=["f"] ; L susp R id=g on=g ; L resm R id=g v=[7] ; L ret g v=[7] ; L end R ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-FUT-05', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'value' },
        { op: 'createFuture', to: 'error' },
        { op: 'createTask', body: 'waiter', to: 'one' },
        { op: 'createTask', body: 'waiter', to: 'two' },
        { op: 'callSoon', body: 'setter' },
        { op: 'await', of: 'value' },
        { op: 'await', of: 'one' },
        { op: 'await', of: 'two' },
        { op: 'await', of: 'value' },
        { op: 'try', steps: [{ op: 'await', of: 'error' }], on: 'USER', then: [] },
      ),
      waiter: task({ op: 'await', of: 'value' }, { op: 'try', steps: [{ op: 'await', of: 'error' }], on: 'USER' }),
      setter: callback(
        { op: 'setResult', of: 'value', value: { of: ['everyone', 1] } },
        { op: 'setException', of: 'error', error: 'USER(everyone)' },
      ),
    },
  }),
};

export const ensureFutureKeepsFutures: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-FUT-10',
  slug: 'ensure-future-keeps-futures',
  area: 'value',
  basis: 'doc',
  statement: 'ensure_future returns a future/task argument unchanged.',
  source: 'doc future#ensure_future; seed L64',
  evidence: 'an accepted ensureFuture of a future or task',
  hint: 'the first thing ensure_future asks: is it a future of this loop already',
  needs: ['ensure-future'],
  judge: whenInvoked(['ensureFuture'], judgeUnchanged),
  examples: {
    upholds: [running(`${F} ; L inv e ensureFuture of=f ; L ret e v={"ref":"f"} ; L end R ; M eot done`)],
    violates: [running(`${F} ; L inv e ensureFuture of=f ; L ret e v={"ref":"e"} ; L end R ; M eot done`)],
    unexercised: [
      running('L inv e ensureFuture body=c ; L ret e v={"ref":"e"} ; L end R ; L run e c ; L end e ; M eot done'),
    ],
    noFalseAlarm: [
      running(
        'L inv c createConcurrent ; L ret c ; L inv e ensureFuture of=c ; L ret e err=TYPE ; L end R ; M eot done',
      ),
      running(`${F} ; L inv e ensureFuture of=f ; L ret e err=CLOSED ; L end R ; M eot done`),
      running(`${F} ; L inv e ensureFuture of=null ; L ret e err=UNSET ; L end R ; M eot done`),
    ],
  },
  program: fixedProgram('A-FUT-10', {
    needs: ['ON-LOOP', 'ensure-future'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'ensureFuture', of: 'future', to: 'sameFuture' },
        { op: 'createTask', body: 'child', to: 'task' },
        { op: 'ensureFuture', of: 'task', to: 'sameTask' },
        { op: 'setResult', of: 'sameFuture', value: 1 },
        { op: 'await', of: 'future' },
        { op: 'await', of: 'sameTask' },
      ),
      child: task({ op: 'return', value: 2 }),
    },
  }),
};
