import type { Event } from '../history.ts';
import { type IndexedHistory, operationsNamed } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, running, task, worker } from './builder.ts';
import { hungSince, laterOf } from './inbound-facts.ts';
import { executorWork, type Work } from './offload-work.ts';
import { violated } from './violated.ts';

/** The work that ends last of all that ran before each close: it alone can outlast the close if any does. */
function lastToEnd(works: readonly Work[], close: Event): Work | undefined {
  let last: Work | undefined;
  for (const work of works) {
    if (work.doubled || work.run === undefined || !precedes(work.run, close)) continue;
    if (last === undefined || endSeq(work) > endSeq(last)) last = work;
  }
  return last;
}

function endSeq({ end }: Work): number {
  return end?.seq ?? Number.POSITIVE_INFINITY;
}

/** A close returns while executor work is inside its body, and the process survives the end of that work. */
function judgeCloseWithWork(history: IndexedHistory): Judgement {
  const { eot } = history;
  const works = executorWork(history);
  let evidence = 0;
  // A loop closes once; later closes have nothing left to wait for.
  const close = operationsNamed(history, 'close').find(
    (one) => one.inv.th === 'M' && (one.ret === undefined || isAccepted(one)),
  );
  const work = close === undefined ? undefined : lastToEnd(works, close.inv);
  if (close === undefined || work === undefined || eot === undefined) return { evidence };
  const { name, run, end } = work;
  const { inv, ret } = close;
  if (ret === undefined) {
    const waits = end === undefined && eot.reason !== 'crashed' && hungSince(history, laterOf<Event>(inv, run!));
    if (!waits) return { evidence };
    return violated(
      1,
      `close did not return while ${name} was running in an executor: it waited for it.`,
      run,
      inv,
      eot,
    );
  }
  if (end === undefined ? eot.reason === 'crashed' : !precedes(ret, end)) return { evidence };
  evidence++;
  if (eot.reason === 'crashed') {
    return violated(
      evidence,
      `${name} ended after the loop had been closed, and the process crashed.`,
      run,
      inv,
      ret,
      end,
      eot,
    );
  }
  return { evidence };
}

const WORKING = running(
  'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L end R ; M loop stop ; M ret R ; M inv c close',
);

export const closeLeavesExecutorWorkAlone: Requirement = {
  id: 'L-CLS-07',
  slug: 'close-does-not-wait-for-executor-work',
  scenario: 'shutdown',
  area: 'shutdown',
  level: 'MUST',
  basis: 'doc',
  statement: 'close() does not wait for executor work, which still finishes; its late result causes no crash.',
  source: 'doc eventloop#close',
  evidence: 'a close that returned while executor work was provably inside its body',
  hint: 'whether close shuts the default executor down by waiting, and what a worker does with a result for a closed loop',
  needs: ['loop-control'],
  voidedBy: [],
  deviations: [{ where: { name: 'CPython', from: '3.8', to: '3.9' }, signature: 'an error is logged' }],
  judge: judgeCloseWithWork,
  examples: {
    upholds: [
      `${WORKING} ; M ret c ; M loop closed ; W1 end x v=1 ; M eot done`,
      `${WORKING} ; M ret c ; M loop closed ; M eot done`,
    ],
    violates: [
      `${WORKING} ; @4s M eot deadline`,
      `${WORKING} ; M eot deadlock`,
      `${WORKING} ; M ret c ; M loop closed ; W1 end x v=1 ; M eot crashed signal=SIGSEGV`,
    ],
    unexercised: [
      running(
        'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x ; L end R ; M loop stop ; M ret R ; M inv c close ; M ret c ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // The work ended first, or had not provably begun; the bound is not over; the close failed; B is an hour.
      `${WORKING} ; W1 end x v=1 ; M ret c ; M loop closed ; M eot done`,
      running(
        'L inv x runInExecutor body=k ; L ret x ; L end R ; M loop stop ; M ret R ; M inv c close ; W1 run x k ; @9s M eot deadline',
      ),
      `${WORKING} ; M eot deadline`,
      `${WORKING} ; M ret c err=OTHER(x) ; W1 end x ; M eot crashed signal=SIGSEGV`,
      `M meta B=3600000000000 G=0 ; ${WORKING} ; @9s M eot deadline`,
    ],
  },
  program: fixedProgram('L-CLS-07', {
    needs: ['LIFECYCLE', 'OFFLOAD', 'ON-LOOP', 'loop-control'],
    gates: ['started', 'closed', 'finished'],
    bodies: {
      root: task({ op: 'runInExecutor', body: 'work' }, { op: 'waitGate', gate: 'started' }),
      work: worker(
        { op: 'signal', gate: 'started' },
        { op: 'waitGate', gate: 'closed' },
        { op: 'signal', gate: 'finished' },
      ),
    },
    main: [
      { op: 'newLoop' },
      { op: 'runUntil', body: 'root' },
      { op: 'close' },
      { op: 'signal', gate: 'closed' },
      { op: 'waitGate', gate: 'finished' },
    ],
  }),
};
