import type { Event } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement, Violation } from '../verdict.ts';
import { callback, idle, task } from './builder.ts';
import { hungSince, isForeign, isPassedPlainly, unlessMisused, witness } from './inbound-facts.ts';
import { expecting, finished, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** The first record of the coroutine's own steps that another thread than the loop's made. */
function strayRecord(history: IndexedHistory, submission: Operation): Event | undefined {
  const body = scheduledBody(history, submission);
  if (body === undefined) return undefined;
  const records: (Event | undefined)[] = [...body.runs, ...body.ends];
  for (const { inv, susp, resm } of body.operations) records.push(inv, susp, resm);
  return records.find((record) => record !== undefined && isForeign(record));
}

function wrongCoroutine(history: IndexedHistory, submission: Operation, run: Event): Violation | undefined {
  const { inv, ret, args } = submission;
  const stray = strayRecord(history, submission);
  if (stray !== undefined) {
    return witness([inv, stray], `a step of ${args['body']} ran on ${stray.th} and not on the loop's thread.`);
  }
  if (ret !== undefined || !isForeign(inv) || !hungSince(history, run)) return undefined;
  return {
    events: [inv, run],
    explanation: `${args['body']} was entered, yet its submission on ${inv.th} never returned: it waits for more than the hand-over.`,
  };
}

/** Coroutines step on the loop's thread, and a submission whose coroutine was entered does not stay blocked. */
function judgeSteps(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const submission of operationsNamed(history, 'runCoroutineThreadsafe')) {
    const run = scheduledBody(history, submission)?.runs[0];
    if (run === undefined) continue;
    evidence++;
    const violation = wrongCoroutine(history, submission, run);
    if (violation !== undefined) return { evidence, violation };
  }
  return { evidence };
}

/** A coroutine function, or any other function, is no coroutine. A loop that is closed may say that first. */
function judgeKind(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const submission of operationsNamed(history, 'runCoroutineThreadsafe')) {
    const { inv, ret, args } = submission;
    if (isPassedPlainly(submission)) continue;
    const run = scheduledBody(history, submission)?.runs[0];
    if (run === undefined && (ret === undefined || ret.err === 'CLOSED' || ret.err === 'UNSET')) continue;
    evidence++;
    if (run === undefined && ret?.err === 'TYPE') continue;
    const how = run !== undefined ? 'was entered' : ret?.err === undefined ? 'was accepted' : `failed with ${ret.err}`;
    const explanation = `${args['body']}, passed as a function to runCoroutineThreadsafe on ${inv.th}, ${how}; it is no coroutine.`;
    return { evidence, violation: witness([inv, run, ret], explanation) };
  }
  return { evidence };
}

export const stepsOnLoopThread: Requirement = {
  id: 'C-RCT-03',
  slug: 'coroutine-steps-on-loop-thread',
  scenario: 'C',
  area: 'thread-safety',
  level: 'MUST',
  basis: 'doc',
  statement: 'Each step of the coroutine runs on the loop thread; submission returns without waiting for it.',
  source: 'doc dev#Concurrency and Multithreading',
  evidence: 'a coroutine submission whose body was entered',
  hint: 'who performs the first step, and whether the submission waits for an answer of the loop',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeSteps),
  examples: {
    upholds: [
      idle(
        `${SUBMITTED} ; L run a co ; L inv y yield ; L susp a id=y on=y ; L resm a id=y ; L ret y ; L end a ; M eot done`,
      ),
      idle('F1 inv a runCoroutineThreadsafe body=co ; L run a co ; L end a ; F1 ret a ; M eot done'),
    ],
    violates: [
      idle('F1 inv a runCoroutineThreadsafe body=co ; F1 run a co ; F1 end a ; F1 ret a ; M eot done'),
      idle(`${SUBMITTED} ; L run a co ; L inv y yield ; L susp a id=y on=y ; F1 resm a id=y ; F1 ret y ; F1 end a`),
      idle(
        'F1 inv a runCoroutineThreadsafe body=co ; L run a co ; L inv v await of=g ; L susp a id=v on=g ; M eot deadlock',
      ),
      idle('F1 inv a runCoroutineThreadsafe body=co ; L run a co ; L end a ; @9s M eot deadline'),
    ],
    unexercised: [
      idle(`${SUBMITTED} ; M eot deadline`),
      idle('F1 inv s callSoonThreadsafe body=x ; F1 ret s ; M eot done'),
    ],
    noFalseAlarm: [
      idle('F1 inv a runCoroutineThreadsafe body=co ; L run a co ; L end a ; @5us M eot deadline'),
      idle('F1 inv a runCoroutineThreadsafe body=co ; M eot deadlock'),
      idle(
        `${SUBMITTED} ; L run a co ; L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; L end a ; M eot done`,
      ),
      `M meta bounds={"B":null,"G":0} ; ${idle('F1 inv a runCoroutineThreadsafe body=co ; L run a co ; L end a ; @9s M eot deadline')}`,
    ],
  },
  program: inboundProgram('C-RCT-03', {
    bodies: {
      // Goes on only after the submission has returned and the thread has handed over the next step.
      co: task({ op: 'await', of: 'go' }, { op: 'yield' }),
      release: callback({ op: 'setResult', of: 'go', value: null }),
    },
    prepare: [{ op: 'createFuture', to: 'go' }],
    threads: {
      asker: [
        { op: 'runCoroutineThreadsafe', body: 'co', to: 'sent' },
        { op: 'callSoonThreadsafe', body: 'release' },
        { op: 'concurrentResult', of: 'sent', timeoutUs: null },
      ],
    },
  }),
};

export const refusesNonCoroutine: Requirement = {
  id: 'C-RCT-04',
  slug: 'non-coroutine-is-type-error',
  scenario: 'C',
  area: 'error',
  level: 'MUST',
  basis: 'impl',
  statement: 'A non-coroutine argument is a TYPE error in the caller; nothing is scheduled.',
  source: 'run_coroutine_threadsafe',
  evidence: 'a runCoroutineThreadsafe that was given a function and answered',
  hint: 'the check of the argument belongs before the hand-over, on the calling thread',
  needs: ['dynamic-args'],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeKind),
  examples: {
    upholds: [finished('F1 inv a runCoroutineThreadsafe body=co as=function ; F1 ret a err=TYPE')],
    violates: [
      finished('F1 inv a runCoroutineThreadsafe body=co as=function ; F1 ret a v={"ref":"a"}'),
      finished('F1 inv a runCoroutineThreadsafe body=co as=function ; F1 ret a err=OTHER(AttributeError)'),
      finished('F1 inv a runCoroutineThreadsafe body=co as=function ; F1 ret a err=TYPE ; L run a co ; L end a'),
    ],
    unexercised: [finished(`${SUBMITTED} ; L run a co ; L end a`)],
    noFalseAlarm: [
      finished('F1 inv a runCoroutineThreadsafe body=co as=function ; F1 ret a err=CLOSED'),
      finished('F1 inv a runCoroutineThreadsafe body=co as=function'),
    ],
  },
  program: inboundProgram('C-RCT-04', {
    needs: ['dynamic-args'],
    bodies: { co: task() },
    threads: { asker: [expecting('TYPE', { op: 'runCoroutineThreadsafe', body: 'co', as: 'function' })] },
  }),
};
