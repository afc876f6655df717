import type { EndEvent } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import { isLate } from '../lateness.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import { firstAbove, hasOneLoop } from './inbound-facts.ts';
import { violated } from './violated.ts';

function isFatal(err: string | undefined): boolean {
  return err?.startsWith('FATAL') ?? false;
}

/** Every callback or timer that ended with a FATAL error inside a runForever or runUntil of M. */
function* fatalEnds(history: IndexedHistory): Generator<readonly [callback: Operation, end: EndEvent, run: Operation]> {
  const runs = operationsNamed(history, 'runForever', 'runUntil', 'quiesce').filter(({ inv }) => inv.th === 'M');
  for (const callback of operationsNamed(history, 'callSoon', 'callSoonThreadsafe', 'callLater', 'callAt')) {
    const body = history.instances.get(callback.id);
    const end = body?.ends[0];
    if (end === undefined || body?.runs.length !== 1 || end.th !== 'L' || !isFatal(end.err)) continue;
    const run = runs[firstAbove(runs.length, (position) => runs[position]!.inv.seq, end.seq) - 1];
    if (run === undefined || run.op === 'quiesce' || (run.ret !== undefined && run.ret.seq < end.seq)) continue;
    yield [callback, end, run];
  }
}

/** A fatal error of a callback ends the run, which fails with it; the exception handler is not called for it. */
function judgeFatal(history: IndexedHistory): Judgement {
  const stops = history.loops.filter(({ state }) => state === 'stop');
  const handled = new Map(history.handlers.map((hnd) => [hnd.src, hnd]));
  let evidence = 0;
  for (const [callback, end, run] of fatalEnds(history)) {
    const name = String(callback.args['body']);
    const hnd = handled.get(callback.id);
    if (hnd !== undefined) {
      const explanation = `${name} raised ${end.err}, which should leave the loop, yet the exception handler got it.`;
      return violated(evidence + 1, explanation, callback.inv, end, hnd);
    }
    const stopped = stops[firstAbove(stops.length, (position) => stops[position]!.seq, end.seq)];
    if (hasOneLoop(history) && isLate(history, end, stopped)) {
      return violated(evidence + 1, `${name} raised ${end.err}, yet the loop went on.`, callback.inv, end, stopped);
    }
    if (stopped === undefined || run.ret === undefined) continue;
    evidence++;
    if (!isFatal(run.ret.err)) {
      const outcome = run.ret.err === undefined ? 'returned normally' : `failed with ${run.ret.err}`;
      const explanation = `${name} raised ${end.err}, yet ${run.op} ${outcome}.`;
      return violated(evidence, explanation, run.inv, end, stopped, run.ret);
    }
  }
  return { evidence };
}

const BOOM =
  'L inv f createFuture ; L ret f ; L inv a callSoon body=boom ; L ret a ; L inv w await of=f ; L susp R id=w on=f ; L run a boom ; L end a err=FATAL(SystemExit)';

export const fatalErrorLeavesTheLoop: Requirement = {
  id: 'A-ERR-05',
  slug: 'fatal-error-leaves-the-loop',
  scenario: 'A',
  area: 'error',
  level: 'MUST',
  basis: 'impl',
  statement: 'KeyboardInterrupt/SystemExit in a callback or timer leaves run_forever, not the handler.',
  source: 'Handle._run',
  evidence: 'a callback or timer that raised a fatal error inside a run that ended',
  hint: 'what the loop catches around a callback',
  needs: ['fatal'],
  voidedBy: [],
  deviations: [],
  judge: judgeFatal,
  examples: {
    upholds: [
      running(`${BOOM} ; M loop stop err=FATAL(SystemExit) ; M ret R err=FATAL(SystemExit) ; M eot done`),
      running(
        `${BOOM} ; L run b y ; L end b ; M loop stop err=FATAL(SystemExit) ; M ret R err=FATAL(SystemExit) ; M eot done`,
      ),
    ],
    violates: [
      running(`${BOOM} ; L hnd a err=FATAL(SystemExit) ; M eot deadlock`),
      running(`${BOOM} ; M eot deadlock`),
      running(`${BOOM} ; @4s M eot deadline`),
      running(`${BOOM} ; M loop stop ; M ret R ; M eot done`),
    ],
    unexercised: [
      running(
        'L inv a callSoon body=boom ; L ret a ; L inv y yield ; L susp R id=y on=y ; L run a boom ; L end a err=USER(boom) ; L hnd a err=USER(boom) ; L resm R id=y ; L ret y ; L end R ; M loop stop ; M ret R ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // A fatal error in a worker or a thread; one that a body caught; one during a quiesce; a task's.
      running(
        'L inv x runInExecutor body=k ; L ret x ; W1 run x k ; W1 end x err=FATAL(SystemExit) ; L end R ; M loop stop ; M ret R ; M eot done',
      ),
      running(
        'F1 inv c callSoonThreadsafe body=y ; F1 ret c ; L inv a callSoon body=boom ; L ret a ; L end R ; L run a boom ; L end a ; M loop stop ; M ret R',
      ),
      running(
        'L inv a callSoon body=boom ; L ret a ; L end R ; M loop stop ; M ret R ; M inv q quiesce ; M loop start ; L run a boom ; L end a err=FATAL(SystemExit) ; M loop stop ; M ret q v=1',
      ),
      running(
        `${BOOM} ; L hnd T err=FATAL(SystemExit) ; M loop stop err=FATAL(SystemExit) ; M ret R err=FATAL(SystemExit)`,
      ),
    ],
  },
  program: fixedProgram('A-ERR-05', {
    needs: ['ON-LOOP', 'fatal'],
    bodies: {
      root: task({ op: 'createFuture', to: 'never' }, { op: 'callSoon', body: 'boom' }, { op: 'await', of: 'never' }),
      boom: callback({ op: 'raise', error: 'FATAL(KeyboardInterrupt)' }),
    },
    main: [{ op: 'newLoop' }, { op: 'runUntil', body: 'root' }, { op: 'close' }],
  }),
};
