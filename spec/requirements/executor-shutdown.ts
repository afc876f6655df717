import type { Event } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task, worker } from './builder.ts';
import { firstAbove, hasOneLoop } from './inbound-facts.ts';
import { lateDuring, type Span } from './offload-pauses.ts';
import { executorWork, isTaken, isWhole, type Work } from './offload-work.ts';
import { violated } from './violated.ts';

/** Work of the default executor that ran, by the record from which on it was accepted for certain. */
type Accepted = { readonly work: Work; readonly by: Event };

function acceptedByDefault(history: IndexedHistory): readonly Accepted[] {
  return executorWork(history)
    .flatMap((work): Accepted[] => {
      const { operation, run, doubled } = work;
      if (operation.args['executor'] !== undefined || run === undefined || doubled || !isTaken(work)) return [];
      return [{ work, by: operation.op === 'toThread' ? run : operation.ret! }];
    })
    .sort((one, other) => one.by.seq - other.by.seq);
}

function endSeq({ end }: Work): number {
  return end?.seq ?? Number.POSITIVE_INFINITY;
}

/** For each position, which of the works up to it ends last. */
function lastEnds(works: readonly Accepted[]): readonly Accepted[] {
  let last: Accepted | undefined;
  return works.map((one) => {
    if (last === undefined || endSeq(one.work) > endSeq(last.work)) last = one;
    return last;
  });
}

/** The time from a shutdown's suspension to its resumption. */
function spanOf(history: IndexedHistory, { susp, resm }: Operation): Span[] {
  if (susp === undefined || (resm === undefined && !isWhole(history))) return [];
  return [{ fromT: susp.t, toT: resm?.t ?? Number.POSITIVE_INFINITY }];
}

/** A shutdown of the default executor goes on after the end of all work accepted before it; the loop is on time. */
function judgeDrain(history: IndexedHistory): Judgement {
  // Each loop has a default executor of its own.
  if (!hasOneLoop(history)) return { evidence: 0 };
  const works = acceptedByDefault(history);
  const last = lastEnds(works);
  const shutdowns = operationsNamed(history, 'shutdownDefaultExecutor');
  let evidence = 0;
  for (const { inv, susp, resm } of shutdowns) {
    if (resm === undefined || resm.err !== undefined) continue;
    const open = last[firstAbove(works.length, (position) => works[position]!.by.seq, inv.seq) - 1];
    if (open === undefined || !precedes(open.by, inv) || endSeq(open.work) < inv.seq) continue;
    const { name, run, end } = open.work;
    if (end === undefined && !isWhole(history)) continue;
    evidence++;
    if (end === undefined || precedes(resm, end)) {
      const explanation = `${name} had been accepted by the default executor, yet its shutdown returned before ${name} had ended.`;
      return violated(evidence, explanation, run, susp, resm, end);
    }
  }
  const late = lateDuring(
    history,
    shutdowns.flatMap((shutdown) => spanOf(history, shutdown)),
  );
  if (late === undefined) return { evidence };
  const run = history.instances.get(late.id)?.runs[0];
  const explanation = `${late.op} of ${late.args['body']} was ${run ? 'late' : 'never run'} although the loop was idle, while the default executor was being shut down.`;
  return violated(evidence + 1, explanation, late.inv, late.ret, run);
}

const OPEN =
  'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L inv s shutdownDefaultExecutor ; L susp R id=s on=s';
const DONE = 'L resm R id=s ; L ret s';

export const shutdownWaitsForAcceptedWork: Requirement = {
  id: 'S-EXE-01',
  slug: 'default-executor-shutdown-waits-for-work',
  scenario: 'shutdown',
  area: 'shutdown',
  level: 'MUST',
  basis: 'doc',
  statement:
    'shutdown_default_executor returns only after all accepted work ended, and the loop stays responsive meanwhile.',
  source: 'doc eventloop#shutdown_default_executor',
  evidence: 'a shutdown that returned, with work accepted before it that had not ended when it began',
  hint: 'who waits for the workers: a thread of its own, or the loop',
  needs: ['executor-shutdown'],
  voidedBy: [],
  deviations: [],
  judge: judgeDrain,
  examples: {
    upholds: [running(`${OPEN} ; W1 end x ; ${DONE} ; L end R ; M eot done`)],
    violates: [
      running(`${OPEN} ; ${DONE} ; W1 end x ; L end R ; M eot done`),
      running(`${OPEN} ; ${DONE} ; L end R ; M eot done`),
      running(`L inv a callSoon body=tick ; L ret a ; ${OPEN} ; M eot deadlock`),
      running(
        `L inv a callSoon body=tick ; L ret a ; ${OPEN} ; @4s W1 end x ; L run a tick ; L end a ; ${DONE} ; M eot done`,
      ),
    ],
    unexercised: [
      running(
        `L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; L inv s shutdownDefaultExecutor ; L susp R id=s on=s ; ${DONE} ; M eot done`,
      ),
    ],
    noFalseAlarm: [
      // Work of another executor; refused work; a cancelled shutdown; the work itself takes long; a cut history.
      `M inv e makeExecutor count=1 ; M ret e v={"ref":"e"} ; ${running(`L inv x runInExecutor body=k executor={"ref":"e"} ; L ret x ; W1 run x k ; L inv s shutdownDefaultExecutor ; L susp R id=s on=s ; ${DONE} ; W1 end x ; M eot done`)}`,
      running(
        `L inv x runInExecutor body=k ; L ret x err=SHUTDOWN ; L inv s shutdownDefaultExecutor ; L susp R id=s on=s ; ${DONE} ; M eot done`,
      ),
      running(
        `${OPEN} ; L resm R id=s err=CANCELLED ; L ret s err=CANCELLED ; W1 end x ; L end R err=CANCELLED ; M eot done`,
      ),
      running(`${OPEN} ; @9s W1 end x ; ${DONE} ; M eot done`),
      running(`${OPEN} ; ${DONE}`),
      running(`${OPEN} ; @9s M eot deadline`),
    ],
  },
  program: fixedProgram('S-EXE-01', {
    needs: ['OFFLOAD', 'ON-LOOP', 'executor-shutdown'],
    gates: ['running', 'ticked'],
    bodies: {
      root: task(
        { op: 'repeat', count: 2, steps: [{ op: 'runInExecutor', body: 'quick' }] },
        { op: 'runInExecutor', body: 'held' },
        { op: 'waitGate', gate: 'running' },
        { op: 'callSoon', body: 'tick' },
        { op: 'shutdownDefaultExecutor' },
      ),
      quick: worker(),
      held: worker(
        { op: 'signal', gate: 'running' },
        { op: 'waitGate', gate: 'ticked' },
        { op: 'sleep', delayUs: 1000 },
      ),
      tick: callback({ op: 'signal', gate: 'ticked' }),
    },
  }),
};
