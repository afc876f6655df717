import type { IndexedHistory, Operation } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { idle, task } from './builder.ts';
import { unlessMisused, witness } from './inbound-facts.ts';
import {
  isSameValue,
  isStuck,
  type Submission,
  selfCancelling,
  submissionsOf,
  uncancelledCalls,
  windingDownFrom,
} from './inbound-outcome.ts';
import { expecting, finished, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** `unknown` is no evidence: the call says nothing about the coroutine. */
type Answer = 'right' | 'unknown' | { readonly wrong: string };

function outcome({ v, err }: { readonly v?: unknown; readonly err?: string }): string {
  return err ?? JSON.stringify(v);
}

/** The answer of a call that returned before the coroutine ended, or without its ever ending. */
function answerBeforeEnd(history: IndexedHistory, { name, end }: Submission, call: Operation): Answer {
  const ret = call.ret!;
  const isOutcome = ret.err === undefined || ret.err.startsWith('USER(');
  if (!isOutcome || (end === undefined && history.eot === undefined)) return 'unknown';
  const how = end === undefined ? 'never ended' : 'had not ended';
  return { wrong: `concurrentResult on ${call.inv.th} answered ${outcome(ret)} although ${name} ${how}.` };
}

/**
 * Compares what a call answered with what the coroutine ended with. Not judged: an expiry; errors that a loop
 * which winds down may answer; errors whose class has no kind of its own.
 */
function answerOf(history: IndexedHistory, submission: Submission, call: Operation, windingDown: number): Answer {
  const { end, name, wasEntered } = submission;
  const ret = call.ret!;
  if (ret.err === 'TIMEOUT' && typeof call.args['timeoutUs'] === 'number') return 'unknown';
  if (ret.err === 'CANCELLED' && !wasEntered) return 'unknown';
  if (end === undefined || end.seq > ret.seq) return answerBeforeEnd(history, submission, call);
  if (end.err === ret.err && isSameValue(end.v, ret.v)) return 'right';
  if (ret.err !== undefined && ret.seq > windingDown) return 'unknown';
  if (/^(FATAL|OTHER)/.test(end.err ?? '')) return 'unknown';
  return {
    wrong: `${name} ended with ${outcome(end)}, yet concurrentResult on ${call.inv.th} answered ${outcome(ret)}.`,
  };
}

function shown({ future, end }: Submission, call: Operation, explanation: string): Violation {
  return witness([future.made.inv, end, call.inv, call.ret], explanation);
}

function stuckAnswer({ name, end }: Submission, call: Operation): string {
  return `${name} ended with ${outcome(end!)}, yet concurrentResult of it on ${call.inv.th} never returned.`;
}

/** What a coroutine ends with is what result() answers, and it answers. */
function judgeResult(history: IndexedHistory): Judgement {
  const tainted = selfCancelling(history);
  const windingDown = windingDownFrom(history);
  let evidence = 0;
  for (const submission of submissionsOf(history)) {
    if (tainted.has(submission.future.made.id)) continue;
    for (const call of uncancelledCalls(submission)) {
      const answer =
        call.ret !== undefined
          ? answerOf(history, submission, call, windingDown)
          : isStuck(history, submission, call)
            ? { wrong: stuckAnswer(submission, call) }
            : 'unknown';
      if (answer === 'unknown') continue;
      evidence++;
      if (answer !== 'right') return { evidence, violation: shown(submission, call, answer.wrong) };
    }
  }
  return { evidence };
}

/** Kinds that a closed or stopped loop may answer instead of the outcome. */
const NO_OUTCOME: ReadonlySet<string> = new Set(['CLOSED', 'SHUTDOWN', 'NOT_RUNNING']);

/** A coroutine that ended cancelled, by whatever cancelled it inside the loop, answers CANCELLED. */
function judgeCancelledInside(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const submission of submissionsOf(history)) {
    if (submission.end?.err !== 'CANCELLED') continue;
    for (const call of uncancelledCalls(submission)) {
      const { ret } = call;
      const isExpiry = ret?.err === 'TIMEOUT' && typeof call.args['timeoutUs'] === 'number';
      if (ret === undefined ? !isStuck(history, submission, call) : isExpiry || NO_OUTCOME.has(ret.err ?? '')) continue;
      evidence++;
      if (ret?.err === 'CANCELLED') continue;
      const explanation =
        ret === undefined
          ? stuckAnswer(submission, call)
          : `${submission.name} ended with CANCELLED, yet concurrentResult on ${call.inv.th} answered ${outcome(ret)}.`;
      return { evidence, violation: shown(submission, call, explanation) };
    }
  }
  return { evidence };
}

const ASKED = `${SUBMITTED} ; F1 inv g concurrentResult of=a timeoutUs=null`;

export const resultIsOutcome: Requirement = {
  id: 'C-RCT-01',
  slug: 'result-is-outcome-of-coroutine',
  scenario: 'C',
  area: 'value',
  level: 'MUST',
  basis: 'doc',
  statement:
    'run_coroutine_threadsafe: result(timeout=none) in the foreign thread returns the value or raises the exception of the coroutine, unless cancel() of the concurrent future returned true.',
  source: 'doc task#run_coroutine_threadsafe; seed L276',
  evidence: 'a foreign concurrentResult that answered with an outcome of its coroutine, and no cancel had a part in it',
  hint: 'the waiter must test "done" and start to wait in one step, completion must wake every waiter, and each future needs its own answer',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeResult),
  examples: {
    upholds: [
      idle(`${ASKED} ; L run a co ; L end a v=25 ; F1 ret g v=25 ; M eot done`),
      idle(`${ASKED} ; L run a co ; L end a err=USER(x) ; F1 ret g err=USER(x) ; M eot done`),
      idle(`${ASKED} ; L run a co ; L end a v={"x":1,"y":[2]} ; F1 ret g v={"y":[2],"x":1} ; M eot done`),
    ],
    violates: [
      idle(`${ASKED} ; L run a co ; L end a v=25 ; F1 ret g v=24 ; M eot done`),
      idle(`${ASKED} ; L run a co ; L end a v=25 ; F1 ret g err=CANCELLED ; M eot done`),
      idle(`${ASKED} ; L run a co ; F1 ret g v=25 ; L end a v=25 ; M eot done`),
      idle(`${ASKED} ; L run a co ; L end a err=USER(x) ; F1 ret g v=null ; M eot done`),
      idle(`${ASKED} ; L run a co ; F1 ret g v=25 ; M eot done`),
      idle(`${ASKED} ; L run a co ; L end a v=25 ; M eot deadlock`),
      idle(`${ASKED} ; L run a co ; L end a v=25 ; @4s M eot deadline`),
      `M meta bounds={"B":null,"G":0} ; ${idle(`${ASKED} ; L run a co ; L end a v=25 ; M eot deadlock`)}`,
      idle(
        `${ASKED} ; F2 inv h concurrentResult of=a ; L run a co ; L end a v=25 ; F1 ret g v=25 ; L inv v callSoon body=b ; L ret v ; L run v b ; M eot deadlock`,
      ),
    ],
    unexercised: [
      idle(`${SUBMITTED} ; F1 inv g concurrentResult of=a timeoutUs=10 ; F1 ret g err=TIMEOUT done=false ; M eot done`),
      idle(`${ASKED} ; L run a co ; M eot deadlock`),
    ],
    noFalseAlarm: [
      idle(`${ASKED} ; L run a co ; L end a err=TIMEOUT ; F1 ret g err=TIMEOUT done=true ; M eot done`),
      idle(`${ASKED} ; F1 ret g err=CANCELLED ; M eot done`),
      idle(
        `${ASKED} ; L run a co ; F2 inv k concurrentCancel of=a ; F1 ret g err=CANCELLED ; L end a v=25 ; F2 ret k v=true`,
      ),
      idle(
        `${ASKED} ; L run a co ; L inv k cancelTask ; L ret k v=true ; L end a v=25 ; F1 ret g err=CANCELLED ; M eot done`,
      ),
      idle(
        `${ASKED} ; L run a co ; L inv i await body=in ; L susp a id=i on=i ; L run i in ; L inv k cancelTask ; L ret k v=true ; L end i ; L resm a id=i ; L ret i ; L end a v=25 ; F1 ret g err=CANCELLED`,
      ),
      idle(`${ASKED} ; L run a co ; L end a v=25 ; L inv v callSoon body=b ; L ret v ; L run v b ; @9s M eot deadline`),
      idle(`${ASKED} ; L run a co ; L end a v=25 ; @9us M eot deadline`),
      idle(`${ASKED} ; L run a co ; L end a v=25 ; @9s M eot step-cap`),
      `M meta bounds={"B":null,"G":0} ; ${idle(`${ASKED} ; L run a co ; L end a v=25 ; @9s M eot deadline`)}`,
      finished(`${ASKED} ; L run a co ; L end a v=25`).replace('M eot done', 'F1 ret g err=CANCELLED ; M eot done'),
      idle(`${ASKED} ; F2 inv s concurrentSet of=a value=3 ; F2 ret s ; L run a co ; L end a v=25 ; F1 ret g v=3`),
      idle(`${ASKED} ; L run a co ; F1 ret g v=25`),
    ],
  },
  program: inboundProgram('C-RCT-01', {
    gates: ['sent'],
    bodies: {
      co: task({ op: 'yield' }, { op: 'return', value: 25 }),
      failing: task({ op: 'raise', error: 'USER(boom)' }),
    },
    threads: {
      // Two threads wait for one future: completion has to wake both.
      asker: [
        {
          op: 'try',
          steps: [{ op: 'runCoroutineThreadsafe', body: 'co', to: 'shared' }],
          finally: [{ op: 'signal', gate: 'sent' }],
        },
        { op: 'concurrentResult', of: 'shared', timeoutUs: null },
      ],
      other: [
        { op: 'waitGate', gate: 'sent' },
        { op: 'concurrentResult', of: 'shared', timeoutUs: null },
        { op: 'runCoroutineThreadsafe', body: 'failing', to: 'wrong' },
        expecting('USER', { op: 'concurrentResult', of: 'wrong', timeoutUs: null }),
      ],
    },
  }),
};

export const cancelledInsideIsCancelled: Requirement = {
  id: 'C-RCT-08',
  slug: 'cancelled-inside-is-cancelled-outside',
  scenario: 'C',
  area: 'cancellation',
  level: 'MUST',
  basis: 'impl',
  statement: 'Cancellation inside the loop shows as CANCELLED in the foreign thread.',
  source: 'test_run_coroutine_threadsafe_task_cancelled',
  evidence: 'a foreign concurrentResult of a coroutine that ended cancelled without a cancel from outside',
  hint: 'how the state of the task is copied to the concurrent future: cancelled is neither a value nor an error',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeCancelledInside),
  examples: {
    upholds: [idle(`${ASKED} ; L run a co ; L end a err=CANCELLED ; F1 ret g err=CANCELLED ; M eot done`)],
    violates: [
      idle(`${ASKED} ; L run a co ; L end a err=CANCELLED ; F1 ret g v=null ; M eot done`),
      idle(`${ASKED} ; L run a co ; L end a err=CANCELLED ; F1 ret g err=OTHER(CancelledError) ; M eot done`),
      idle(`${ASKED} ; L run a co ; L end a err=CANCELLED ; M eot deadlock`),
      idle(`${ASKED} ; L run a co ; L inv k cancelTask ; L ret k v=true ; L end a err=CANCELLED ; @9s M eot deadline`),
    ],
    unexercised: [idle(`${ASKED} ; L run a co ; L end a v=1 ; F1 ret g v=1 ; M eot done`)],
    noFalseAlarm: [
      idle(
        `${SUBMITTED} ; F1 inv g concurrentResult of=a timeoutUs=1 ; L run a co ; L end a err=CANCELLED ; F1 ret g err=TIMEOUT`,
      ),
      idle(`${ASKED} ; L run a co ; F2 inv k concurrentCancel of=a ; L end a err=CANCELLED ; M eot deadlock`),
      idle(`${ASKED} ; L run a co ; L end a err=CANCELLED ; F1 ret g err=CLOSED`),
      idle(`${ASKED} ; L run a co ; L end a err=CANCELLED ; @9us M eot deadline`),
    ],
  },
  program: inboundProgram('C-RCT-08', {
    bodies: { co: task({ op: 'raise', error: 'CANCELLED' }) },
    threads: {
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'co', to: 'sent' },
        expecting('CANCELLED', { op: 'concurrentResult', of: 'sent', timeoutUs: null }),
      ],
    },
  }),
};
