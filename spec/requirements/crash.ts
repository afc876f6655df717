import type { IndexedHistory } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, drained, fixedProgram, running, task } from './builder.ts';
import { MUST_ON_LOOP, UNJUDGED, violated } from './on-loop-facts.ts';

/** Signals by which a process dies of its own fault. Others may have come from outside. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE']);

function judgeSurvives({ eot, events }: IndexedHistory): Judgement {
  if (eot?.reason === 'done') return { evidence: 1 };
  if (eot?.reason !== 'crashed' || eot.signal === undefined || !OWN_FAULTS.has(eot.signal)) return UNJUDGED;
  const last = events.at(-2);
  return violated(
    0,
    `the process died of ${eot.signal} while the program ran`,
    last?.ev === 'meta' ? undefined : last,
    eot,
  );
}

export const noProgramKillsTheProcess: Requirement = {
  ...MUST_ON_LOOP,
  id: 'H-CRA-01',
  slug: 'no-program-kills-the-process',
  area: 'liveness',
  basis: 'ours',
  statement: 'No program made of documented operations kills the process.',
  source: 'ours',
  evidence: 'a program that ended by its own logic, once',
  hint: 'the native stack of the crash; handles that are freed while something still points to them',
  judge: judgeSurvives,
  examples: {
    upholds: [drained('L mark m')],
    violates: [
      running('M eot crashed signal=SIGSEGV'),
      running('L inv a callSoon body=x ; M eot crashed signal=SIGABRT'),
      'M eot crashed signal=SIGBUS',
    ],
    unexercised: [running('M eot deadline')],
    noFalseAlarm: [
      running('M eot crashed signal=SIGKILL'),
      running('M eot crashed'),
      running('M eot step-cap'),
      running('L end R'),
    ],
  },
  program: fixedProgram('H-CRA-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'never' },
        { op: 'callSoon', body: 'selfish', to: 'handle' },
        { op: 'callLater', delayUs: 60_000_000, body: 'selfish', to: 'timer' },
        { op: 'createTask', body: 'waiting', to: 'task' },
        { op: 'callSoon', body: 'raising' },
        { op: 'yield' },
        { op: 'cancelHandle', of: 'handle' },
      ),
      selfish: callback({ op: 'cancelHandle', of: 'handle' }, { op: 'cancelHandle', of: 'handle' }),
      raising: callback({ op: 'raise', error: 'USER(e)' }),
      waiting: task({ op: 'await', of: 'never' }),
    },
    main: [
      { op: 'newLoop' },
      { op: 'runUntil', body: 'root' },
      { op: 'quiesce' },
      { op: 'close' },
      // Handles of a closed loop, and a loop that is closed twice.
      { op: 'cancelHandle', of: 'handle' },
      { op: 'cancelHandle', of: 'timer' },
      { op: 'close' },
    ],
  }),
};
