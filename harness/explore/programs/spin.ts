import type { Visible, VisibleOp } from '../../../impl/platform.ts';
import type { ThreadCode } from '../subject.ts';
import { type End, type FreeProgram, freeProgram, load, spinUntil, store } from './free-program.ts';

const FLAG = 0;
const RAISED = 1;

class Raiser implements ThreadCode {
  private readonly raise: VisibleOp;

  constructor(value: number) {
    this.raise = store(FLAG, value);
  }

  *run(): Visible<void> {
    yield this.raise;
  }
}

/** Says what it spins for, so that spinning is blocking, and an endless spin an exact deadlock. */
class Spinner implements ThreadCode {
  private readonly until: VisibleOp = spinUntil(FLAG, RAISED);

  *run(): Visible<void> {
    yield this.until;
  }
}

/** Polls, as code does that nobody told better. */
class Poller implements ThreadCode {
  private readonly look: VisibleOp = load(FLAG);

  *run(): Visible<void> {
    while ((yield this.look) !== RAISED) {
      // Looks again.
    }
  }
}

function everybodyLeft({ isDone }: End): string | undefined {
  return isDone ? undefined : 'the flag is not raised, and a thread spins for it for good';
}

/** One thread spins until the other has raised a flag; correct. */
export function spin(): FreeProgram {
  return freeProgram('spin', [0], [new Spinner(), new Raiser(RAISED)], everybodyLeft);
}

/** The flag gets a value that nobody spins for. */
export function spinLost(): FreeProgram {
  return freeProgram('spinLost', [0], [new Spinner(), new Raiser(2)], everybodyLeft);
}

/** As `spin` with a polling loop: it ends in every fair schedule, and no search of all schedules does. */
export function poll(): FreeProgram {
  return freeProgram('poll', [0], [new Poller(), new Raiser(RAISED)], everybodyLeft);
}

/** As `spinLost` with a polling loop: a livelock. */
export function pollLost(): FreeProgram {
  return freeProgram('pollLost', [0], [new Poller(), new Raiser(2)], everybodyLeft);
}
