import type { OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, refsOf } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, worker } from './builder.ts';
import { isPassedPlainly } from './inbound-facts.ts';
import { violated } from './violated.ts';

/** Errors that come before the executor is asked. */
const UNRELATED: ReadonlySet<string> = new Set(['CLOSED', 'TYPE', 'UNSET']);

/** The first shutdown of the default executor of each loop that began for certain: only its caller may have let go. */
function firstShutdowns(history: IndexedHistory): ReadonlyMap<OpId | null, Operation> {
  const first = new Map<OpId | null, Operation>();
  for (const shutdown of operationsNamed(history, 'shutdownDefaultExecutor')) {
    const { susp, resm, loop } = shutdown;
    if (susp === undefined || first.has(loop)) continue;
    if (resm === undefined || resm.err === undefined || resm.err === 'CANCELLED') first.set(loop, shutdown);
  }
  return first;
}

/** What the executor said to a submission: the error, or null for "accepted". Undefined: it was not asked, or may be. */
function answer({ op, ret, resm, susp }: Operation): string | null | undefined {
  if (op === 'toThread') return susp === undefined || resm === undefined ? undefined : (resm.err ?? null);
  return ret === undefined ? undefined : (ret.err ?? null);
}

/** Once its shutdown began the default executor refuses, and the program's own executors do not. */
function judgeRefusalAfterShutdown(history: IndexedHistory): Judgement {
  const first = firstShutdowns(history);
  if (first.size === 0) return { evidence: 0 };
  const shut = new Set(operationsNamed(history, 'shutdownExecutor').flatMap(({ args }) => refsOf(args)));
  let evidence = 0;
  for (const submission of operationsNamed(history, 'runInExecutor', 'toThread')) {
    const shutdown = first.get(submission.loop);
    const { inv, args, op } = submission;
    const said = answer(submission);
    if (shutdown === undefined || said === undefined || !precedes(shutdown.susp!, inv) || !isPassedPlainly(submission))
      continue;
    if (said !== null && UNRELATED.has(said)) continue;
    const [executor] = refsOf(args, 'executor');
    if (executor !== undefined) {
      if (shut.has(executor)) continue;
      evidence++;
      if (said === null) continue;
      const explanation = `${args['body']} was refused with ${said} by an executor of its own, although only the default executor was shut down.`;
      return violated(evidence, explanation, shutdown.inv, shutdown.susp, inv, submission.ret);
    }
    // A toThread also ends with its body's own errors, and with its task's cancellation.
    const ran = history.instances.get(submission.id)?.runs[0];
    if (op === 'toThread' && said !== 'SHUTDOWN' && ran === undefined) continue;
    evidence++;
    if (said === 'SHUTDOWN') continue;
    const outcome = said === null || ran !== undefined ? 'accepted' : `refused with ${said} instead of SHUTDOWN`;
    const explanation = `The shutdown of the default executor had begun, yet ${args['body']}, submitted afterwards, was ${outcome}.`;
    return violated(evidence, explanation, shutdown.inv, shutdown.susp, inv, submission.ret, ran);
  }
  return { evidence };
}

const SHUT = 'L inv s shutdownDefaultExecutor ; L susp R id=s on=s ; L resm R id=s ; L ret s';

export const defaultExecutorRefusesAfterShutdown: Requirement = {
  id: 'S-EXE-03',
  slug: 'default-executor-refuses-once-shutdown-began',
  scenario: 'shutdown',
  area: 'error',
  level: 'MUST',
  basis: 'doc',
  statement: 'Once shutdown began, run_in_executor(default) fails SHUTDOWN; a custom executor still works.',
  source: 'doc eventloop#shutdown_default_executor',
  evidence: 'a submission that began after the shutdown of the default executor had',
  hint: 'when the flag is set: before the shutdown waits for anything',
  needs: ['executor-shutdown'],
  voidedBy: [],
  deviations: [],
  judge: judgeRefusalAfterShutdown,
  examples: {
    upholds: [
      running(`${SHUT} ; L inv x runInExecutor body=k ; L ret x err=SHUTDOWN ; L end R err=SHUTDOWN ; M eot done`),
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running(`${SHUT} ; L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; W1 run x k ; W1 end x ; L end R ; M eot done`)}`,
    ],
    violates: [
      running(`${SHUT} ; L inv x runInExecutor body=k ; L ret x ; L end R ; M eot done`),
      running(
        `${SHUT} ; L inv x runInExecutor body=k ; L ret x err=OTHER(RuntimeError) ; L end R err=OTHER(RuntimeError) ; M eot done`,
      ),
      running(
        `${SHUT} ; L inv x toThread body=k ; L susp R id=x on=x ; W1 run x k ; W1 end x ; L resm R id=x ; L ret x ; L end R ; M eot done`,
      ),
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running(`${SHUT} ; L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x err=SHUTDOWN ; L end R err=SHUTDOWN ; M eot done`)}`,
    ],
    unexercised: [
      running(`L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; ${SHUT} ; L end R ; M eot done`),
    ],
    noFalseAlarm: [
      // The executor was shut down too; the loop is closed; the shutdown failed; the task was cancelled; a new loop.
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; M inv z shutdownExecutor of=e ; M ret z ; ${running(`${SHUT} ; L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x err=SHUTDOWN ; L end R err=SHUTDOWN ; M eot done`)}`,
      running(
        `${SHUT} ; L end R ; M loop stop ; M ret R ; M inv c close ; M ret c ; M inv x runInExecutor body=k ; M ret x err=CLOSED ; M eot done`,
      ),
      running(
        'L inv s shutdownDefaultExecutor ; L susp R id=s on=s ; L resm R id=s err=TYPE ; L ret s err=TYPE ; L inv x runInExecutor body=k ; L ret x ; L end R',
      ),
      running(
        `${SHUT} ; L inv x toThread body=k ; L susp R id=x on=x ; L resm R id=x err=CANCELLED ; L ret x err=CANCELLED ; L end R err=CANCELLED ; M eot done`,
      ),
      running(
        `${SHUT} ; L end R ; M loop stop ; M ret R ; M inv N2 newLoop ; M ret N2 ; M inv x runInExecutor body=k ; M ret x ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('S-EXE-03', {
    needs: ['OFFLOAD', 'ON-LOOP', 'executor-shutdown'],
    gates: ['go'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'closing' },
        { op: 'runInExecutor', body: 'held' },
        { op: 'createTask', body: 'closer', to: 'closer' },
        { op: 'await', of: 'closing' },
        { op: 'try', steps: [{ op: 'runInExecutor', body: 'refused' }], on: 'ANY', then: [] },
        { op: 'signal', gate: 'go' },
        { op: 'await', of: 'closer' },
        { op: 'try', steps: [{ op: 'runInExecutor', body: 'refused' }], on: 'ANY', then: [] },
      ),
      closer: task({ op: 'setResult', of: 'closing', value: null }, { op: 'shutdownDefaultExecutor' }),
      held: worker({ op: 'waitGate', gate: 'go' }),
      refused: worker(),
    },
  }),
};

/** Each executor's first shutdown that returned. */
function shutExecutors(history: IndexedHistory): ReadonlyMap<OpId, Operation> {
  const first = new Map<OpId, Operation>();
  for (const shutdown of operationsNamed(history, 'shutdownExecutor')) {
    const [executor] = refsOf(shutdown.args);
    if (executor === undefined || !isAccepted(shutdown)) continue;
    const before = first.get(executor);
    if (before === undefined || shutdown.ret!.seq < before.ret!.seq) first.set(executor, shutdown);
  }
  return first;
}

/** An executor that was shut down refuses, in the call that submits. */
function judgeShutExecutor(history: IndexedHistory): Judgement {
  const shut = shutExecutors(history);
  let evidence = 0;
  for (const submission of operationsNamed(history, 'runInExecutor')) {
    const { inv, ret, args } = submission;
    const [executor] = refsOf(args, 'executor');
    const shutdown = executor === undefined ? undefined : shut.get(executor);
    if (shutdown === undefined || ret === undefined || !precedes(shutdown.ret!, inv) || !isPassedPlainly(submission))
      continue;
    if (ret.err !== undefined && UNRELATED.has(ret.err)) continue;
    evidence++;
    if (ret.err === 'SHUTDOWN') continue;
    const outcome = ret.err === undefined ? 'accepted' : `refused with ${ret.err} instead of SHUTDOWN`;
    return violated(
      evidence,
      `${args['body']} was given to an executor that had been shut down, and was ${outcome}.`,
      shutdown.inv,
      shutdown.ret,
      inv,
      ret,
    );
  }
  return { evidence };
}

const GONE = 'M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; M inv s shutdownExecutor of=e ; M ret s';

export const shutExecutorRefuses: Requirement = {
  id: 'S-EXE-04',
  slug: 'shut-down-executor-refuses',
  scenario: 'shutdown',
  area: 'error',
  level: 'MUST',
  basis: 'doc',
  statement: 'submit to a shut-down custom executor fails SHUTDOWN.',
  source: 'doc concurrent.futures#shutdown',
  evidence: 'a submission to an executor whose shutdown had returned',
  hint: 'whether submitting asks, under the same lock, if the executor was shut down',
  needs: ['custom-executor'],
  voidedBy: [],
  deviations: [],
  judge: judgeShutExecutor,
  examples: {
    upholds: [
      `${GONE} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x err=SHUTDOWN ; L end R err=SHUTDOWN ; M eot done')}`,
    ],
    violates: [
      `${GONE} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; L end R ; M eot done')}`,
      `${GONE} ; ${running('L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x err=OTHER(Full) ; L end R err=OTHER(Full) ; M eot done')}`,
    ],
    unexercised: [
      `${GONE} ; ${running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; L end R ; M eot done')}`,
    ],
    noFalseAlarm: [
      // A race with the shutdown; another executor; an empty slot; a closed loop; a shutdown that failed.
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running('F1 inv s shutdownExecutor of=e ; L inv x runInExecutor body=k executor={"ref":"e"} ; F1 ret s ; L ret x ; L end R ; M eot done')}`,
      `${GONE} ; M inv f makeExecutor count=1 ; M ret f v={"ref":"f"} ; ${running('L inv x runInExecutor body=k executor={"ref":"f"} ; L ret x ; L end R ; M eot done')}`,
      `${GONE} ; ${running('L inv x runInExecutor body=k executor={"ref":null} ; L ret x err=UNSET ; L end R ; M eot done')}`,
      `${GONE} ; M inv N newLoop ; M ret N ; M inv c close ; M ret c ; M inv x runInExecutor body=k executor={"ref":"e"} ; M ret x err=CLOSED ; M eot done`,
    ],
  },
  program: fixedProgram('S-EXE-04', {
    needs: ['OFFLOAD', 'ON-LOOP', 'custom-executor'],
    bodies: {
      root: task({
        op: 'try',
        steps: [{ op: 'runInExecutor', body: 'refused', executor: 'one' }],
        on: 'ANY',
        then: [],
      }),
      refused: worker(),
    },
    main: [
      { op: 'newLoop' },
      { op: 'makeExecutor', count: 1, to: 'one' },
      { op: 'shutdownExecutor', of: 'one' },
      { op: 'runUntil', body: 'root' },
      { op: 'quiesce' },
      { op: 'close' },
    ],
  }),
};
