import type { InvEvent, OpId, RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import type { Body, Step } from '../program.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, idle } from './builder.ts';
import { firstAbove, firstRun, isForeign, isPassedPlainly, unlessMisused } from './inbound-facts.ts';
import { inboundProgram } from './inbound-program.ts';

/**
 * How many times in a row the loop may take up a callback that the one before scheduled, before it has to look at
 * timers and its inbox. A loop that looks once a turn needs one or two; the rest is leave for loops that look rarely.
 */
const GENERATIONS_MAX = 16;

/** A chain of GENERATIONS_MAX callbacks, each scheduled by the one before: its first callSoon and its last entry. */
type Chain = { readonly start: InvEvent; readonly last: RunEvent };

/** Chains of one loop in the order of their starts; `firstToEnd[i]` is the one that ends first of chains i, i+1, … */
type Chains = { readonly starts: readonly Chain[]; readonly firstToEnd: readonly Chain[] };

function chainEndingWith(history: IndexedHistory, operation: Operation): Chain | undefined {
  const last = firstRun(history, operation);
  if (last === undefined || isForeign(last)) return undefined;
  let first = operation;
  for (let generation = 1; generation < GENERATIONS_MAX; generation++) {
    const parent = history.instances.get(first.inv.inst)?.operation;
    if (parent?.op !== 'callSoon' || parent.loop !== operation.loop) return undefined;
    first = parent;
  }
  return isForeign(first.inv) ? undefined : { start: first.inv, last };
}

function chainsByLoop(history: IndexedHistory): ReadonlyMap<OpId | null, Chains> {
  const lists = new Map<OpId | null, Chain[]>();
  for (const operation of operationsNamed(history, 'callSoon')) {
    const chain = chainEndingWith(history, operation);
    if (chain === undefined) continue;
    const list = lists.get(operation.loop);
    if (list === undefined) lists.set(operation.loop, [chain]);
    else list.push(chain);
  }
  const chains = new Map<OpId | null, Chains>();
  for (const [loop, starts] of lists) {
    starts.sort((a, b) => a.start.seq - b.start.seq);
    const firstToEnd = [...starts];
    for (let at = starts.length - 2; at >= 0; at--) {
      if (firstToEnd[at + 1]!.last.seq < firstToEnd[at]!.last.seq) firstToEnd[at] = firstToEnd[at + 1]!;
    }
    chains.set(loop, { starts, firstToEnd });
  }
  return chains;
}

/** When a timer has to be seen as due, in nanoseconds; infinite where time proves nothing. */
function dueT(history: IndexedHistory, timer: Operation): number {
  const { B: bound, G: early } = history.bounds;
  const delayUs = timer.args['delayUs'];
  if (bound === null || typeof delayUs !== 'number') return Number.POSITIVE_INFINITY;
  return timer.ret!.t + Math.max(0, delayUs) * 1000 + bound + early;
}

/** Judges one waiting operation against the chains that began after it was accepted and, for a timer, due. */
function judgeWaiting(history: IndexedHistory, waiting: Operation, chains: Chains): Judgement {
  const { starts, firstToEnd } = chains;
  const ret = waiting.ret!;
  const run = firstRun(history, waiting);
  if (run === undefined ? history.eot === undefined : isForeign(run)) return { evidence: 0 };
  const runSeq = run?.seq ?? Number.POSITIVE_INFINITY;
  const accepted = firstAbove(starts.length, (at) => starts[at]!.start.seq, ret.seq);
  let from = accepted;
  if (waiting.op !== 'callSoonThreadsafe') {
    const due = firstAbove(starts.length, (at) => starts[at]!.start.t, dueT(history, waiting));
    from = Math.max(accepted, due);
  }
  const isPending = accepted < starts.length && starts[accepted]!.start.seq < runSeq;
  if (!isPending || from >= starts.length) return { evidence: 0 };
  const chain = firstToEnd[from]!;
  if (chain.last.seq >= runSeq || !precedes(ret, chain.start)) return { evidence: 1 };
  const explanation = `${waiting.op} of ${waiting.args['body']} waited while ${GENERATIONS_MAX} callbacks, each scheduled by the one before, ran from ${chain.start.args['body']} to ${chain.last.body}.`;
  const events = [waiting.inv, ret, chain.start, chain.last, ...(run === undefined ? [] : [run])];
  return { evidence: 1, violation: { events, explanation } };
}

/** Neither a handed-over callback nor a due timer waits while callbacks schedule each other for many turns. */
function judgeStarvation(history: IndexedHistory): Judgement {
  const chains = chainsByLoop(history);
  let evidence = 0;
  if (chains.size === 0) return { evidence };
  for (const waiting of operationsNamed(history, 'callSoonThreadsafe', 'callLater', 'callAt')) {
    const ofLoop = chains.get(waiting.loop);
    if (ofLoop === undefined || !isAccepted(waiting) || !isPassedPlainly(waiting)) continue;
    if (cancelOf(history, waiting) !== undefined) continue;
    const judged = judgeWaiting(history, waiting, ofLoop);
    evidence += judged.evidence;
    if (judged.violation !== undefined) return { evidence, violation: judged.violation };
  }
  return { evidence };
}

/** Generations `from` to `to` of callbacks that schedule each other, as an example. */
function generations(from: number, to: number, clock = ''): string {
  return Array.from({ length: to - from + 1 }, (_, at) => {
    const next = from + at + 1;
    return `${clock}L run c${next - 1} c ; L inv c${next} callSoon body=c ; L ret c${next} ; L end c${next - 1}`;
  }).join(' ; ');
}

const FIRST = 'L inv c0 callSoon body=c ; L ret c0';
const A = 'F1 inv a callSoonThreadsafe body=x ; F1 ret a';
const TIMER = 'L inv a callLater body=x delayUs=1 ; L ret a';
const RUN = 'L run a x ; L end a';

const LINKS = 40;
const SPIN_US = 100;

/** LINKS callbacks that schedule each other. */
function linkBodies(): { readonly [name: string]: Body } {
  const bodies: { [name: string]: Body } = {};
  for (let link = 0; link < LINKS; link++) {
    const next: Step =
      link + 1 < LINKS ? { op: 'callSoon', body: `link${link + 1}` } : { op: 'setResult', of: 'chained', value: null };
    bodies[`link${link}`] = callback({ op: 'spin', delayUs: SPIN_US }, next);
  }
  return bodies;
}

export const doesNotStarve: Requirement = {
  id: 'C-TS-06',
  slug: 'rescheduling-starves-nobody',
  scenario: 'C',
  area: 'liveness',
  level: 'MUST',
  basis: 'impl',
  statement: 'Self-rescheduling callbacks starve neither timers nor threadsafe calls.',
  source: '_run_once polls every batch',
  evidence: `a callSoonThreadsafe or a timer that waited when a chain of ${GENERATIONS_MAX} callbacks began`,
  hint: 'a turn must run what was ready when it began, and then look at timers and the inbox before the next',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeStarvation),
  examples: {
    upholds: [
      idle(
        `${A} ; ${FIRST} ; L run c0 c ; L inv c1 callSoon body=c ; L ret c1 ; L end c0 ; ${RUN} ; ${generations(1, 20)}`,
      ),
      `M meta B=0 ; ${idle(`${TIMER} ; ${FIRST} ; ${generations(0, 3)} ; ${RUN} ; ${generations(4, 30)}`)}`,
    ],
    violates: [
      idle(`${A} ; ${FIRST} ; ${generations(0, 16)} ; ${RUN}`),
      idle(`${A} ; ${FIRST} ; ${generations(0, 16)} ; M eot step-cap`),
      `M meta B=0 ; ${idle(`${TIMER} ; ${FIRST} ; ${generations(0, 20)} ; ${RUN}`)}`,
    ],
    unexercised: [
      idle(`${A} ; ${FIRST} ; ${RUN} ; ${generations(0, 4)}`),
      idle(`${A} ; ${RUN} ; ${FIRST} ; ${generations(0, 20)}`),
    ],
    noFalseAlarm: [
      idle(`F1 inv a callSoonThreadsafe body=x ; ${FIRST} ; ${generations(0, 20)} ; F1 ret a ; ${RUN}`),
      idle(`${A} ; ${FIRST} ; ${generations(0, 20)}`),
      idle(`${A} err=CLOSED ; ${FIRST} ; ${generations(0, 20)} ; M eot done`),
      idle(`${A} ; F1 inv k cancelHandle of=a ; ${FIRST} ; ${generations(0, 20)} ; M eot done`),
      idle(`${TIMER} ; ${FIRST} ; ${generations(0, 20)} ; ${RUN}`),
      `M meta bounds={"B":null,"G":0} ; ${idle(`${TIMER} ; ${FIRST} ; ${generations(0, 20)} ; ${RUN}`)}`,
      idle(`${A.replace('body=x', 'body=x loop=N2')} ; ${FIRST} ; ${generations(0, 20)} ; M eot done`),
    ],
  },
  program: inboundProgram('C-TS-06', {
    gates: ['started', 'handed'],
    bodies: {
      // Holds the loop until the foreign thread has handed its callback over.
      start: callback(
        { op: 'signal', gate: 'started' },
        { op: 'waitGate', gate: 'handed' },
        { op: 'callSoon', body: 'link0' },
      ),
      handed: callback({ op: 'setResult', of: 'called', value: null }),
      due: callback({ op: 'setResult', of: 'fired', value: null }),
      ...linkBodies(),
    },
    prepare: [
      { op: 'createFuture', to: 'called' },
      { op: 'createFuture', to: 'fired' },
      { op: 'createFuture', to: 'chained' },
      { op: 'callLater', delayUs: 10 * SPIN_US, body: 'due' },
      { op: 'callSoon', body: 'start' },
    ],
    threads: {
      sender: [
        { op: 'waitGate', gate: 'started' },
        {
          op: 'try',
          steps: [{ op: 'callSoonThreadsafe', body: 'handed' }],
          finally: [{ op: 'signal', gate: 'handed' }],
        },
      ],
    },
    awaits: ['called', 'fired', 'chained'],
  }),
};
