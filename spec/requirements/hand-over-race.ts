import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, idle, running, task, thread } from './builder.ts';
import { isForeign } from './inbound-facts.ts';
import { violated } from './violated.ts';

/** A callback that a foreign thread handed over, and whose attempt to complete a future failed and ended it. */
type Loser = { readonly setter: Operation; readonly handOver: Operation; readonly end: Event };

/** What was handed over from a foreign thread and performed this setter, if that is where it came from. */
function handedOverBy(history: IndexedHistory, setter: Operation): Operation | undefined {
  const origin = history.instances.get(setter.inv.inst)?.operation;
  return origin?.op === 'callSoonThreadsafe' && isForeign(origin.inv) ? origin : undefined;
}

function loserOf(history: IndexedHistory, setter: Operation): Loser | undefined {
  const handOver = handedOverBy(history, setter);
  if (handOver === undefined || setter.ret?.err !== 'INVALID_STATE') return undefined;
  const ends = history.instances.get(handOver.id)?.ends ?? [];
  const end = ends.find(({ err }) => err === 'INVALID_STATE');
  return end === undefined || ends.length > 1 ? undefined : { setter, handOver, end };
}

/** Handler calls with INVALID_STATE by the instance that the exception first left; null: the adapter cannot tell. */
function reports(history: IndexedHistory): ReadonlyMap<OpId | null, readonly Event[]> {
  const bySource = new Map<OpId | null, Event[]>();
  for (const hnd of history.handlers) {
    if (hnd.err !== 'INVALID_STATE') continue;
    const list = bySource.get(hnd.src);
    if (list === undefined) bySource.set(hnd.src, [hnd]);
    else list.push(hnd);
  }
  return bySource;
}

/** The loser's error was reported twice, or, in a program that ended, nowhere. */
function misreported(
  history: IndexedHistory,
  { setter, handOver, end }: Loser,
  bySource: ReadonlyMap<OpId | null, readonly Event[]>,
  evidence: number,
): Judgement | undefined {
  const reported = bySource.get(handOver.id) ?? [];
  const name = handOver.args['body'];
  if (reported.length > 1) {
    const explanation = `${name} failed with INVALID_STATE once, yet the exception handler was called ${reported.length} times.`;
    return violated(evidence, explanation, setter.inv, end, ...reported.slice(0, 2));
  }
  if (reported.length === 1 || bySource.has(null) || history.eot?.reason !== 'done') return undefined;
  const explanation = `${name} came too late and failed with INVALID_STATE, yet the exception handler was never called for it.`;
  return violated(evidence, explanation, handOver.inv, setter.inv, setter.ret, end);
}

/** Of several hand-overs that complete one future one wins, every other is reported once, and awaits go on once. */
function judgeRace(history: IndexedHistory): Judgement {
  const bySource = reports(history);
  const winners = new Map<OpId, Operation>();
  let evidence = 0;
  for (const setter of operationsNamed(history, 'setResult', 'setException')) {
    const of = setter.args['of'] as { readonly ref?: OpId | null } | undefined;
    if (of?.ref == null || handedOverBy(history, setter) === undefined) continue;
    const winner = winners.get(of.ref);
    if (isAccepted(setter)) {
      if (winner === undefined) {
        winners.set(of.ref, setter);
        continue;
      }
      const explanation = `Two hand-overs, ${winner.inv.inst} and ${setter.inv.inst}, completed the same future, and neither failed.`;
      return violated(evidence + 1, explanation, winner.inv, winner.ret, setter.inv, setter.ret);
    }
    const loser = winner === undefined ? undefined : loserOf(history, setter);
    if (loser === undefined) continue;
    evidence++;
    const wrong = misreported(history, loser, bySource, evidence);
    if (wrong !== undefined) return wrong;
  }
  for (const future of winners.keys()) {
    const twice = history.byRef.get(future)?.find((wait) => wait.op === 'await' && wait.extraResms.length > 0);
    if (twice === undefined) continue;
    const explanation = 'Several hand-overs completed one future, and the task that awaited it was resumed twice.';
    return violated(evidence + 1, explanation, twice.susp, twice.resm, twice.extraResms[0]);
  }
  return { evidence };
}

const RACE = (second: string) =>
  drained(
    `L inv f createFuture ; L ret f ; L inv w await of=f ; L susp R id=w on=f ; F1 inv a callSoonThreadsafe body=s ; F1 ret a ; F2 inv b callSoonThreadsafe body=s ; F2 ret b ; L run a s ; L inv p setResult of=f value=1 ; L ret p ; L end a ; L run b s ; L inv q2 setResult of=f value=1 ; ${second} ; L resm R id=w v=1 ; L ret w v=1`,
  );
const LOSES = 'L ret q2 err=INVALID_STATE ; L end b err=INVALID_STATE';

export const racingHandOversHaveOneWinner: Requirement = {
  id: 'B-FCB-03',
  slug: 'racing-hand-overs-have-one-winner',
  scenario: 'B',
  area: 'exactly-once',
  level: 'MUST',
  basis: 'impl',
  statement: 'If several foreign hand-overs race, one wins and each loser is reported once.',
  source: 'Future.set_result; Handle._run',
  evidence: 'a hand-over that found its future completed by another one',
  hint: 'what completing a completed future does, and who catches what a handed-over callback raises',
  needs: ['strict-settle'],
  voidedBy: [],
  deviations: [],
  judge: judgeRace,
  examples: {
    upholds: [RACE(`${LOSES} ; L hnd b err=INVALID_STATE`)],
    violates: [
      RACE('L ret q2 ; L end b'),
      RACE(LOSES),
      RACE(`${LOSES} ; L hnd b err=INVALID_STATE ; L hnd b err=INVALID_STATE`),
      RACE(
        `${LOSES} ; L hnd b err=INVALID_STATE ; L resm R id=w v=1 ; L ret w v=1 ; L inv w2 await of=f ; L susp R id=w2 on=f`,
      ),
    ],
    unexercised: [
      idle(
        'F1 inv a callSoonThreadsafe body=s ; F1 ret a ; L run a s ; L inv p setResult of=f value=1 ; L ret p ; L end a',
      ),
    ],
    noFalseAlarm: [
      // The adapter cannot attribute; the callback caught its error; the history is cut before the report.
      RACE(`${LOSES} ; L hnd null err=INVALID_STATE`),
      RACE('L ret q2 err=INVALID_STATE ; L end b'),
      idle(
        'F1 inv a callSoonThreadsafe body=s ; F1 ret a ; F2 inv b callSoonThreadsafe body=s ; F2 ret b ; L run a s ; L inv p setResult of=f value=1 ; L ret p ; L end a ; L run b s ; L inv p2 setResult of=f value=1 ; L ret p2 err=INVALID_STATE ; L end b err=INVALID_STATE',
      ),
      RACE('L ret q2 err=OTHER(TypeError) ; L end b err=OTHER(TypeError)'),
    ],
  },
  program: fixedProgram('B-FCB-03', {
    needs: ['INBOUND', 'ON-LOOP', 'strict-settle'],
    gates: ['made', 'together'],
    bodies: {
      root: task({ op: 'createFuture', to: 'future' }, { op: 'signal', gate: 'made' }, { op: 'await', of: 'future' }),
      setter: thread(
        { op: 'waitGate', gate: 'made' },
        { op: 'meet', gate: 'together', count: 3 },
        { op: 'callSoonThreadsafe', body: 'set' },
      ),
      set: callback({ op: 'setResult', of: 'future', value: 25 }),
    },
    main: [
      { op: 'newLoop' },
      { op: 'spawn', body: 'setter' },
      { op: 'spawn', body: 'setter' },
      { op: 'spawn', body: 'setter' },
      { op: 'runUntil', body: 'root' },
      { op: 'join' },
      { op: 'quiesce' },
      { op: 'close' },
    ],
  }),
};

/** A hand-over that comes after the awaiter was cancelled resumes nobody, and its error is reported once. */
function judgeTooLate(history: IndexedHistory): Judgement {
  const bySource = reports(history);
  const released = cancelledAwaits(history);
  let evidence = 0;
  for (const setter of operationsNamed(history, 'setResult', 'setException')) {
    const of = setter.args['of'] as { readonly ref?: OpId | null } | undefined;
    if (of?.ref == null || handedOverBy(history, setter) === undefined) continue;
    const wait = released.get(of.ref);
    if (wait === undefined || !precedes(wait.resm!, setter.inv)) continue;
    evidence++;
    const again = wait.extraResms[0];
    if (again !== undefined) {
      const explanation = `The await of a future had been cancelled, yet the later hand-over ${setter.inv.inst} resumed it again.`;
      return violated(evidence, explanation, wait.resm, setter.inv, again);
    }
    const loser = loserOf(history, setter);
    const wrong = loser && misreported(history, loser, bySource, evidence);
    if (wrong !== undefined) return wrong;
  }
  return { evidence };
}

/** For each future, the first plain await of it that ended with CANCELLED. */
function cancelledAwaits(history: IndexedHistory): ReadonlyMap<OpId, Operation> {
  const first = new Map<OpId, Operation>();
  for (const wait of operationsNamed(history, 'await')) {
    const of = wait.args['of'] as { readonly ref?: OpId | null } | undefined;
    if (of?.ref == null || wait.susp === undefined || wait.resm?.err !== 'CANCELLED') continue;
    const before = first.get(of.ref);
    if (before === undefined || wait.resm.seq < before.resm!.seq) first.set(of.ref, wait);
  }
  return first;
}

const GONE = (setter: string) =>
  drained(
    `L inv f createFuture ; L ret f ; L inv T createTask body=t ; L ret T ; L inv y yield ; L susp R id=y on=y ; L run T t ; L inv w await of=f ; L susp T id=w on=f ; L resm R id=y ; L ret y ; L inv c cancelTask of=T ; L ret c v=true ; L inv z yield ; L susp R id=z on=z ; L resm T id=w err=CANCELLED ; L ret w err=CANCELLED ; L end T err=CANCELLED ; F1 inv a callSoonThreadsafe body=s ; F1 ret a ; L run a s ; L inv p setResult of=f value=1 ; ${setter} ; L resm R id=z ; L ret z`,
  );

export const handOverAfterCancelIsHarmless: Requirement = {
  id: 'B-FCB-04',
  slug: 'hand-over-after-cancel-is-harmless',
  scenario: 'B',
  area: 'cancellation',
  level: 'MUST',
  basis: 'impl',
  statement:
    'A hand-over after the awaiter was cancelled is harmless: awaiter stays CANCELLED, the setter error goes to the handler.',
  source: 'as above',
  evidence: 'a handed-over attempt to complete a future after its awaiter had gone on with CANCELLED',
  hint: 'what a cancelled future still knows of its awaiter, and who catches what a handed-over callback raises',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeTooLate,
  examples: {
    upholds: [GONE('L ret p err=INVALID_STATE ; L end a err=INVALID_STATE ; L hnd a err=INVALID_STATE')],
    violates: [
      GONE('L ret p err=INVALID_STATE ; L end a err=INVALID_STATE'),
      GONE(
        'L ret p err=INVALID_STATE ; L end a err=INVALID_STATE ; L hnd a err=INVALID_STATE ; L hnd a err=INVALID_STATE',
      ),
      GONE('L ret p ; L end a ; L resm T id=w v=1 ; L susp T id=w'),
    ],
    unexercised: [
      idle(
        'F1 inv a callSoonThreadsafe body=s ; F1 ret a ; L run a s ; L inv p setResult of=f value=1 ; L ret p ; L end a',
      ),
    ],
    noFalseAlarm: [
      // Futures that ignore a second completion, or outlive their awaiter; a setter that guards itself.
      GONE('L ret p ; L end a'),
      GONE('L ret p err=INVALID_STATE ; L end a'),
      GONE('L ret p err=INVALID_STATE ; L end a err=INVALID_STATE ; L hnd null err=INVALID_STATE'),
      running('L inv p setResult of=null value=1 ; L ret p err=UNSET ; M eot done'),
    ],
  },
  program: fixedProgram('B-FCB-04', {
    needs: ['INBOUND', 'ON-LOOP'],
    gates: ['go'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'createFuture', to: 'entered' },
        { op: 'createFuture', to: 'released' },
        { op: 'createFuture', to: 'finished' },
        { op: 'createTask', body: 'waiter', to: 'waiting' },
        { op: 'await', of: 'entered' },
        { op: 'cancelTask', of: 'waiting' },
        { op: 'await', of: 'released' },
        { op: 'signal', gate: 'go' },
        { op: 'await', of: 'finished' },
      ),
      waiter: task(
        { op: 'setResult', of: 'entered', value: null },
        {
          op: 'try',
          steps: [{ op: 'await', of: 'future' }],
          finally: [{ op: 'setResult', of: 'released', value: null }],
        },
      ),
      foreign: thread(
        { op: 'waitGate', gate: 'go' },
        {
          op: 'try',
          steps: [{ op: 'callSoonThreadsafe', body: 'set' }],
          finally: [{ op: 'callSoonThreadsafe', body: 'finish' }],
        },
      ),
      set: callback({ op: 'setResult', of: 'future', value: 25 }),
      finish: callback({ op: 'setResult', of: 'finished', value: null }),
    },
    spawn: ['foreign'],
  }),
};
