import type { OpId, RetEvent, RunEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { cancelOf, isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { idle } from './builder.ts';
import { firstRun, isForeign, isPassedPlainly, unlessMisused } from './inbound-facts.ts';
import { inboundProgram } from './inbound-program.ts';

/** An accepted foreign submission that nobody began to cancel and whose body ran. */
type Delivered = { readonly submission: Operation; readonly ret: RetEvent; readonly run: RunEvent };

function deliveredOf(history: IndexedHistory, op: 'callSoonThreadsafe' | 'runCoroutineThreadsafe'): Delivered[] {
  return operationsNamed(history, op).flatMap((submission) => {
    const run = firstRun(history, submission);
    if (run === undefined || !isAccepted(submission) || !isForeign(submission.inv)) return [];
    if (!isPassedPlainly(submission) || cancelOf(history, submission) !== undefined) return [];
    if (history.byRef.get(submission.id)?.some((other) => other.op === 'concurrentCancel')) return [];
    return [{ submission, ret: submission.ret!, run }];
  });
}

function groupedBy(list: readonly Delivered[], keyOf: (one: Delivered) => string): readonly Delivered[][] {
  const groups = new Map<string, Delivered[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function loopKey(loop: OpId | null): string {
  return JSON.stringify(loop);
}

function overtaken(earlier: Delivered, later: Delivered): Violation {
  const [first, second] = [earlier, later].map(({ submission }) => submission);
  return {
    events: [earlier.submission.inv, earlier.ret, later.submission.inv, later.run, earlier.run],
    explanation: `${first!.args['body']}'s submission on ${first!.inv.th} returned before ${second!.args['body']}'s on ${second!.inv.th} began, yet ${second!.args['body']} ran first.`,
  };
}

/** Of the submissions taken so far, the one that ran last, and the one of another thread that ran last. */
class LastToRun {
  private last: Delivered | undefined;
  private lastOfOthers: Delivered | undefined;

  take(one: Delivered): void {
    const { last, lastOfOthers } = this;
    const isSameThread = one.submission.inv.th === last?.submission.inv.th;
    if (last === undefined || one.run.seq > last.run.seq) {
      if (last !== undefined && !isSameThread) this.lastOfOthers = last;
      this.last = one;
    } else if (!isSameThread && (lastOfOthers === undefined || one.run.seq > lastOfOthers.run.seq)) {
      this.lastOfOthers = one;
    }
  }

  /** The last to run of any thread, or only of threads other than `th`. */
  notOf(th: string | undefined): Delivered | undefined {
    return th !== undefined && this.last?.submission.inv.th === th ? this.lastOfOthers : this.last;
  }
}

/**
 * Whether a submission that returned before another began ran after it. `across`: only pairs of different threads.
 * One sweep over the submissions of one loop: O(n log n).
 */
function judgeGroup(group: readonly Delivered[], across: boolean): Judgement {
  const byRet = [...group].sort((a, b) => a.ret.seq - b.ret.seq);
  const byInv = [...group].sort((a, b) => a.submission.inv.seq - b.submission.inv.seq);
  const last = new LastToRun();
  let evidence = 0;
  let taken = 0;
  for (const later of byInv) {
    for (; taken < byRet.length && byRet[taken]!.ret.seq < later.submission.inv.seq; taken++) last.take(byRet[taken]!);
    const earlier = last.notOf(across ? later.submission.inv.th : undefined);
    if (earlier === undefined) continue;
    evidence++;
    if (precedes(later.run, earlier.run)) return { evidence, violation: overtaken(earlier, later) };
  }
  return { evidence };
}

function judgeGroups(groups: readonly Delivered[][], across: boolean): Judgement {
  let evidence = 0;
  for (const group of groups) {
    const judged = judgeGroup(group, across);
    evidence += judged.evidence;
    if (judged.violation !== undefined) return { evidence, violation: judged.violation };
  }
  return { evidence };
}

function judgeOfOneThread(history: IndexedHistory, op: 'callSoonThreadsafe' | 'runCoroutineThreadsafe'): Judgement {
  const delivered = deliveredOf(history, op);
  const groups = groupedBy(delivered, ({ submission: { inv, loop } }) => `${inv.th} ${loopKey(loop)}`);
  return judgeGroups(groups, false);
}

function judgeAcrossThreads(history: IndexedHistory): Judgement {
  const groups = groupedBy(deliveredOf(history, 'callSoonThreadsafe'), ({ submission }) => loopKey(submission.loop));
  return judgeGroups(groups, true);
}

const A = 'F1 inv a callSoonThreadsafe body=x ; F1 ret a';
const B = 'F1 inv b callSoonThreadsafe body=y ; F1 ret b';
const B2 = 'F2 inv b callSoonThreadsafe body=y ; F2 ret b';
const A_THEN_B = 'L run a x ; L end a ; L run b y ; L end b';
const B_THEN_A = 'L run b y ; L end b ; L run a x ; L end a';

export const keepsOrderOfThread: Requirement = {
  id: 'C-TS-03',
  slug: 'threadsafe-fifo-per-thread',
  scenario: 'C',
  area: 'ordering',
  level: 'MUST',
  basis: 'impl',
  statement: 'call_soon_threadsafe calls of one thread run in call order.',
  source: 'deque append + FIFO',
  evidence: 'an accepted foreign submission that ran, after an earlier one of the same thread that ran too',
  hint: 'the order in which the loop takes a batch out of its inbox, and what it does with what arrives meanwhile',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused((history) => judgeOfOneThread(history, 'callSoonThreadsafe')),
  examples: {
    upholds: [idle(`${A} ; ${B} ; ${A_THEN_B} ; M eot done`)],
    violates: [
      idle(`${A} ; ${B} ; ${B_THEN_A} ; M eot done`),
      idle(
        `${A} ; ${B} ; F1 inv c callSoonThreadsafe body=x ; F1 ret c ; L run b y ; L end b ; L run c x ; L end c ; L run a x ; L end a`,
      ),
    ],
    unexercised: [idle(`${A} ; ${B2} ; ${B_THEN_A} ; M eot done`), idle(`${A} ; ${B} ; L run a x ; L end a`)],
    noFalseAlarm: [
      idle(`${A} ; F1 inv k cancelHandle of=a ; F1 ret k ; ${B} ; L run b y ; L end b ; M eot done`),
      idle(`F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; ${B} ; L run b y ; L end b ; L run a co ; L end a`),
      idle(`${A} ; ${B} err=CLOSED ; L run a x ; L end a ; M eot done`),
      idle(
        'F1 inv a callSoonThreadsafe body=x loop=N ; F1 ret a ; F1 inv b callSoonThreadsafe body=y loop=N2 ; F1 ret b ; L run b y ; L end b ; L run a x ; L end a ; M eot done',
      ),
    ],
  },
  program: inboundProgram('C-TS-03', {
    bodies: { first: { kind: 'callback', steps: [] }, second: { kind: 'callback', steps: [] } },
    threads: {
      sender: [
        {
          op: 'repeat',
          count: 3,
          steps: [
            { op: 'callSoonThreadsafe', body: 'first' },
            { op: 'callSoonThreadsafe', body: 'second' },
          ],
        },
      ],
    },
  }),
};

export const keepsOrderAcrossThreads: Requirement = {
  id: 'C-TS-08',
  slug: 'threadsafe-fifo-across-threads',
  scenario: 'C',
  area: 'ordering',
  level: 'MUST',
  basis: 'impl',
  statement: 'Across threads, a call_soon_threadsafe that returned before another was made runs first.',
  source: 'deque append + FIFO',
  evidence: 'an accepted foreign submission that ran, made after one of another thread that ran too had returned',
  hint: 'queues per thread that are taken one after the other; the order needs one queue, or tickets',
  needs: ['global-fifo'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeAcrossThreads),
  examples: {
    upholds: [idle(`${A} ; ${B2} ; ${A_THEN_B} ; M eot done`)],
    violates: [
      idle(`${A} ; ${B2} ; ${B_THEN_A} ; M eot done`),
      idle(
        `${A} ; F1 inv c callSoonThreadsafe body=c ; F1 ret c ; ${B2} ; L run a x ; L end a ; L run b y ; L end b ; L run c c ; L end c`,
      ),
    ],
    unexercised: [idle(`${A} ; ${B} ; ${A_THEN_B} ; M eot done`)],
    noFalseAlarm: [
      idle(
        'F1 inv a callSoonThreadsafe body=x ; F2 inv b callSoonThreadsafe body=y ; F1 ret a ; F2 ret b ; L run b y ; L end b ; L run a x ; L end a ; M eot done',
      ),
      idle(`${A} ; F3 inv k cancelHandle of=a ; F3 ret k ; ${B2} ; ${B_THEN_A} ; M eot done`),
      idle(`${A} ; ${B2} err=CLOSED ; ${A_THEN_B.split(' ; L run b')[0]} ; M eot done`),
    ],
  },
  program: inboundProgram('C-TS-08', {
    needs: ['global-fifo'],
    gates: ['one', 'two', 'held', 'three', 'four'],
    bodies: { first: { kind: 'callback', steps: [] }, second: { kind: 'callback', steps: [] } },
    // The loop is held until three submissions wait for it; the fourth and fifth meet it while it takes those.
    meanwhile: [{ op: 'waitGate', gate: 'held' }],
    threads: {
      left: [
        {
          op: 'try',
          steps: [{ op: 'callSoonThreadsafe', body: 'first' }],
          finally: [
            { op: 'signal', gate: 'one' },
            { op: 'waitGate', gate: 'two' },
          ],
        },
        {
          op: 'try',
          steps: [{ op: 'callSoonThreadsafe', body: 'first' }],
          finally: [
            { op: 'signal', gate: 'held' },
            { op: 'signal', gate: 'three' },
            { op: 'waitGate', gate: 'four' },
          ],
        },
      ],
      right: [
        { op: 'waitGate', gate: 'one' },
        { op: 'try', steps: [{ op: 'callSoonThreadsafe', body: 'second' }], finally: [{ op: 'signal', gate: 'two' }] },
        { op: 'waitGate', gate: 'three' },
        { op: 'try', steps: [{ op: 'callSoonThreadsafe', body: 'second' }], finally: [{ op: 'signal', gate: 'four' }] },
      ],
    },
  }),
};

export const startsCoroutinesInOrder: Requirement = {
  id: 'C-RCT-10',
  slug: 'coroutine-submissions-start-in-order',
  scenario: 'C',
  area: 'ordering',
  level: 'MUST',
  basis: 'impl',
  statement: 'Submissions of one thread start in order.',
  source: 'FIFO of C-TS-03',
  evidence: 'an accepted coroutine submission that was entered, after an earlier one of the same thread',
  hint: 'the hop from the inbox to the creation of the task: a batch must create its tasks in the order of the inbox',
  needs: ['fifo-tasks'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused((history) => judgeOfOneThread(history, 'runCoroutineThreadsafe')),
  examples: {
    upholds: [
      idle(
        'F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; F1 inv b runCoroutineThreadsafe body=co ; F1 ret b ; L run a co ; L end a ; L run b co ; L end b ; M eot done',
      ),
    ],
    violates: [
      idle(
        'F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; F1 inv b runCoroutineThreadsafe body=co ; F1 ret b ; L run b co ; L end b ; L run a co ; L end a ; M eot done',
      ),
    ],
    unexercised: [
      idle(
        'F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; F2 inv b runCoroutineThreadsafe body=co ; F2 ret b ; L run b co ; L end b ; L run a co ; L end a ; M eot done',
      ),
    ],
    noFalseAlarm: [
      idle(
        'F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; F1 inv k concurrentCancel of=a ; F1 ret k v=true ; F1 inv b runCoroutineThreadsafe body=co ; F1 ret b ; L run b co ; L end b ; L run a co ; L end a ; M eot done',
      ),
      idle(`F1 inv a runCoroutineThreadsafe body=co ; F1 ret a ; ${B} ; L run b y ; L end b ; L run a co ; L end a`),
    ],
  },
  program: inboundProgram('C-RCT-10', {
    needs: ['fifo-tasks'],
    bodies: { co: { kind: 'task', steps: [] } },
    threads: {
      sender: [
        { op: 'runCoroutineThreadsafe', body: 'co' },
        { op: 'runCoroutineThreadsafe', body: 'co' },
        { op: 'runCoroutineThreadsafe', body: 'co', to: 'last' },
        { op: 'concurrentResult', of: 'last', timeoutUs: null },
      ],
    },
  }),
};
