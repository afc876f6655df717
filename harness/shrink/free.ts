import { OP } from '../../impl/platform.ts';
import type { Deviation } from '../../spec/result.ts';
import { isOfQueue, operationAt } from '../drive/switches.ts';
import type { Engine, Step } from '../explore/engine.ts';
import { Follow } from '../explore/follow.ts';
import type { FreeProgram } from '../explore/programs/free-program.ts';
import { Replay } from '../explore/replay.ts';
import { CLOCK, type Strategy, type Tid } from '../explore/strategy.ts';
import type { Liberties } from '../explore/subject.ts';
import { scheduleAttemptsMax } from '../limits.ts';
import { findCriticalPair } from './critical-pair.ts';
import { Attempts, countSwitches, type Performed, type Performer, type Switches } from './performer.ts';
import { shrinkSchedule } from './schedule.ts';

/** How long and how restless a schedule is. */
type ScheduleFigures = Switches & { readonly steps: number; readonly deviations: number };

/** Two operations whose order decides: in the failing execution the first came before the second. */
type FreeCriticalSwap = {
  /** Such as `thread 1's exchange of word 0`. */
  readonly first: string;
  readonly second: string;
  /** The schedule in which the second comes first, and nothing fails. */
  readonly passing: readonly Deviation[];
};

export type ShrunkSchedule = Switches & {
  readonly deviations: readonly Deviation[];
  /** Executions that shrinking took, and those that looked for the critical swap besides. */
  readonly replays: number;
  readonly tried: number;
  /** The failing schedule as it was given. */
  readonly raw: ScheduleFigures;
  readonly criticalSwap?: FreeCriticalSwap;
};

/** Fails alike with the same words. */
class FreePerformer implements Performer<Performed> {
  private readonly program: FreeProgram;
  private readonly engine: Engine;
  private readonly liberties: Liberties;
  private expected: string | undefined;

  constructor(program: FreeProgram, engine: Engine, liberties: Liberties) {
    this.program = program;
    this.engine = engine;
    this.liberties = liberties;
  }

  /** Performs what is to be shrunk; undefined if it does not fail. */
  begin(deviations: readonly Deviation[]): Performed | undefined {
    const { performed, failure } = this.perform(new Replay(deviations));
    this.expected = failure;
    return failure === undefined ? undefined : { ...performed, outcome: 'fails' };
  }

  async replay(deviations: readonly Deviation[]): Promise<Performed> {
    return this.perform(new Replay(deviations)).performed;
  }

  async follow(order: readonly Tid[]): Promise<Performed> {
    return this.perform(new Follow(order)).performed;
  }

  private perform(strategy: Strategy): { readonly performed: Performed; readonly failure: string | undefined } {
    const { program, engine, liberties } = this;
    const { machine } = engine;
    const trace: Step[] = [];
    const { reason } = engine.run(program, strategy, liberties, (step) => trace.push(step));
    const isCut = reason === 'step-cap';
    const failure = isCut ? undefined : program.failure({ isDone: machine.isDone, words: machine.objects.memory });
    const passes = failure === undefined && !isCut;
    const outcome = passes ? 'passes' : failure !== undefined && failure === this.expected ? 'fails' : 'other';
    const steps = [...machine.log.subarray(0, machine.steps)];
    return { performed: { deviations: engine.deviations(), steps, trace, outcome }, failure };
  }
}

/**
 * Makes a failing schedule of a free program as simple as it gets (see `shrinkSchedule`) and looks for the one exchange
 * that turns it into a passing one. Undefined: the schedule does not fail. At most 2 × `scheduleAttemptsMax` executions
 * and one more.
 */
export async function shrinkFree(
  program: FreeProgram,
  engine: Engine,
  liberties: Liberties,
  deviations: readonly Deviation[],
): Promise<ShrunkSchedule | undefined> {
  const performer = new FreePerformer(program, engine, liberties);
  const first = performer.begin(deviations);
  if (first === undefined) return undefined;
  const shrinking = new Attempts(scheduleAttemptsMax);
  const best = await shrinkSchedule(first, performer, shrinking);
  const looking = new Attempts(scheduleAttemptsMax);
  const pair = await findCriticalPair(best, performer, looking);
  return {
    deviations: best.deviations,
    ...countSwitches(best.trace),
    replays: shrinking.used,
    tried: looking.used,
    raw: { steps: first.steps.length, deviations: first.deviations.length, ...countSwitches(first.trace) },
    ...(pair === undefined
      ? {}
      : {
          criticalSwap: {
            first: inWords(best.trace, pair.first),
            second: inWords(best.trace, pair.second),
            passing: pair.passing.deviations,
          },
        }),
  };
}

function inWords(trace: readonly Step[], at: number): string {
  const { tid, kind, object } = trace[at]!;
  if (tid === CLOCK) return "the clock's advance";
  if (kind === OP.now || kind === OP.arm) return `thread ${tid}'s ${operationAt(trace, at)}`;
  return `thread ${tid}'s ${operationAt(trace, at)} of ${isOfQueue(kind) ? 'queue' : 'word'} ${object}`;
}
