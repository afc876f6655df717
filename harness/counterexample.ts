import type { Fault } from '../spec/fault.ts';
import { nestedSteps, type Program, type Step } from '../spec/program.ts';
import type { Requirement } from '../spec/requirement.ts';
import type { Counterexample, CriticalSwap, Inconclusive, Reproduction } from '../spec/result.ts';
import type { Violation } from '../spec/verdict.ts';
import type { Planned } from './campaign-plan.ts';
import type { Found } from './campaign-program.ts';
import type { Driver, How, Observation, Trial } from './drive/driver.ts';
import { historyKey } from './history-key.ts';
import {
  attemptExecutionsMax,
  confirmationMsMax,
  confirmationsMax,
  programAttemptsMax,
  replaysPerTurn,
  safetyRepeats,
  scheduleAttemptsMax,
  shrinkMsMax,
  shrinkRunsPerProgram,
} from './limits.ts';
import { findCriticalPair } from './shrink/critical-pair.ts';
import { describeCriticalPair } from './shrink/critical-swap.ts';
import { Attempts } from './shrink/performer.ts';
import { ProgramPerformer } from './shrink/program.ts';
import { shrinkSchedule } from './shrink/schedule.ts';
import { formatToken, programHash } from './shrink/token.ts';
import { signatureOf, violationOf } from './signature.ts';

type Seen = Extract<Observation, { kind: 'history' }>;
type Failure = { readonly program: Program; readonly seen: Seen; readonly violation: Violation };

export type Explained = Counterexample | Inconclusive | { readonly kind: 'fault'; readonly fault: Fault };

/**
 * Turns what was found into something a person can read and replay: confirms it, shrinks program and schedule while the
 * signature stays the same, and performs the result once more. What does not happen again is a fault of crossloop
 * (virtual threads), or inconclusive (liveness on real ones); a safety violation seen once on real threads stands.
 */
export class Explainer {
  private readonly driver: Driver;
  private readonly requirement: Requirement;
  private readonly found: Found;
  private readonly planned: Planned;
  private readonly signature: string;
  private readonly nowMs: () => number;
  private readonly stop: () => boolean;
  private performances = 0;

  /**
   * `nowMs` bounds the work on real processes; virtual threads never ask it. When `stop` says so, what was found is
   * shrunk no further.
   */
  constructor(
    driver: Driver,
    requirement: Requirement,
    found: Found,
    planned: Planned,
    nowMs: () => number,
    stop: () => boolean = () => false,
  ) {
    this.driver = driver;
    this.requirement = requirement;
    this.found = found;
    this.planned = planned;
    this.nowMs = nowMs;
    this.stop = stop;
    const violation = violationOf(found.history, requirement);
    this.signature = signatureOf(requirement.id, violation?.events ?? []);
  }

  async explain(): Promise<Explained> {
    return this.found.how.kind === 'schedule'
      ? this.explainSchedule(this.found.how)
      : this.explainPerturbation(this.found.how);
  }

  private async observe(program: Program, trial: Trial): Promise<Observation> {
    // Virtual threads never wait: without this an interruption would not be heard before all is shrunk.
    if (++this.performances % replaysPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    return this.driver.perform(program, trial);
  }

  private async perform(program: Program, trial: Trial): Promise<Failure | undefined> {
    const seen = await this.observe(program, trial);
    if (seen.kind !== 'history') return undefined;
    const violation = violationOf(seen.history, this.requirement);
    if (violation === undefined || signatureOf(this.requirement.id, violation.events) !== this.signature)
      return undefined;
    return { program, seen, violation };
  }

  private async explainSchedule(how: Extract<How, { kind: 'schedule' }>): Promise<Explained> {
    const { program } = this.planned;
    const strict: Trial = { kind: 'replay', how, lenient: false };
    const again = await this.perform(program, strict);
    const twice = await this.perform(program, strict);
    if (
      again === undefined ||
      twice === undefined ||
      historyKey(again.seen.history) !== historyKey(twice.seen.history)
    ) {
      return { kind: 'fault', fault: nondeterministic(this.requirement.id, program) };
    }
    const smaller = await this.shrinkProgram(again, programAttemptsMax, this.stop);
    const { failure, criticalSwap } = await this.shrinkSchedule(smaller);
    const { clock, spurious = false, deviations } = failure.seen.how as Extract<How, { kind: 'schedule' }>;
    const token = formatToken({ hash: programHash(failure.program), clock, spurious, deviations });
    const reproduction: Reproduction = { kind: 'schedule', token, clock, spurious, deviations };
    const counterexample = this.counterexample(failure, reproduction, how.deviations.length);
    return criticalSwap === undefined ? counterexample : { ...counterexample, criticalSwap };
  }

  /** Programs by fast-check: each is tried with the failing schedule transplanted first, then with fresh ones. */
  private async shrinkProgram(first: Failure, attempts: number, isOver: () => boolean): Promise<Failure> {
    let best = first;
    if (this.planned.shrink === undefined) return best;
    await this.planned.shrink(async (candidate) => {
      if (isOver()) return false;
      const failure = await this.failureOf(candidate, best.seen.how);
      if (failure !== undefined) best = failure;
      return failure !== undefined;
    }, attempts);
    return best;
  }

  private async failureOf(program: Program, how: How): Promise<Failure | undefined> {
    const transplanted = await this.perform(program, { kind: 'replay', how, lenient: true });
    if (transplanted !== undefined) return transplanted;
    const executions = how.kind === 'schedule' ? attemptExecutionsMax : shrinkRunsPerProgram;
    for (let index = 0; index < executions && !this.stop(); index++) {
      const failure = await this.perform(program, { kind: 'explore', index, seed: `shrink/${programHash(program)}` });
      if (failure !== undefined) return this.asReplay(failure);
    }
    return undefined;
  }

  private async asReplay(failure: Failure): Promise<Failure> {
    if (failure.seen.how.kind !== 'schedule') return failure;
    return (await this.perform(failure.program, { kind: 'replay', how: failure.seen.how, lenient: false })) ?? failure;
  }

  /** The simplest schedule in which the failure still shows, and the exchange that makes it go away. */
  private async shrinkSchedule(
    failure: Failure,
  ): Promise<{ readonly failure: Failure; readonly criticalSwap?: CriticalSwap }> {
    const { program, seen } = failure;
    const { clock, spurious = false, deviations } = seen.how as Extract<How, { kind: 'schedule' }>;
    const perform = async (trial: Trial) => (this.stop() ? undefined : this.observe(program, trial));
    const performer = new ProgramPerformer(perform, this.requirement, this.signature, { clock, spurious });
    const first = await performer.replay(deviations);
    if (first?.outcome !== 'fails') return { failure };
    const best = await shrinkSchedule(first, performer, new Attempts(scheduleAttemptsMax));
    const simplest: Failure = { program, seen: best.seen, violation: best.violation! };
    const pair = await findCriticalPair(best, performer, new Attempts(scheduleAttemptsMax));
    // What a person is told to replay is replayed once before.
    const passing = pair && (await performer.replayStrictly(pair.passing.deviations));
    if (pair === undefined || passing?.outcome !== 'passes') return { failure: simplest };
    const token = formatToken({ hash: programHash(program), clock, spurious, deviations: passing.deviations });
    return { failure: simplest, criticalSwap: describeCriticalPair(best, pair, token) };
  }

  private get isLiveness(): boolean {
    const end = this.found.history.at(-1);
    const crashed = end?.ev === 'eot' && end.reason === 'crashed';
    return this.requirement.area === 'liveness' || (end?.ev === 'eot' && end.reason === 'deadline') || crashed;
  }

  private async explainPerturbation(how: Extract<How, { kind: 'perturbation' }>): Promise<Explained> {
    const { found, planned } = this;
    const seen: Seen = { kind: 'history', history: found.history, how, stacks: found.stacks };
    const violation = violationOf(found.history, this.requirement)!;
    const first: Failure = { program: planned.program, seen, violation };
    const again = await this.repeat(first, this.isLiveness ? confirmationsMax : safetyRepeats);
    if (this.isLiveness && again.shown === 0) return this.inconclusive(again.repeats);
    const end = this.nowMs() + shrinkMsMax;
    const smaller = await this.shrinkProgram(
      again.last ?? first,
      programAttemptsMax,
      () => this.stop() || this.nowMs() > end,
    );
    const reproduction: Reproduction = {
      kind: 'perturbation',
      seed: how.seed,
      noise: how.noise,
      switchIntervalUs: how.switchIntervalUs,
      shown: again.shown,
      repeats: again.repeats,
    };
    return this.counterexample(smaller, reproduction, 0);
  }

  /** The same program and perturbation in fresh processes: liveness until it shows again, safety a few times to count. */
  private async repeat(
    { program, seen }: Failure,
    most: number,
  ): Promise<{ readonly shown: number; readonly repeats: number; readonly last: Failure | undefined }> {
    const end = this.nowMs() + confirmationMsMax;
    let shown = 0;
    let repeats = 0;
    let last: Failure | undefined;
    while (repeats < most && this.nowMs() < end) {
      const how = { ...(seen.how as Extract<How, { kind: 'perturbation' }>), fresh: true };
      const failure = await this.perform(program, { kind: 'replay', how, lenient: true });
      repeats++;
      if (failure === undefined) continue;
      shown++;
      last = failure;
      if (this.isLiveness) break;
    }
    return { shown, repeats, last };
  }

  private inconclusive(repeats: number): Inconclusive {
    const { found, planned, driver } = this;
    const end = found.history.at(-1);
    return {
      kind: 'inconclusive',
      implementation: driver.info.key,
      program: planned.program.name,
      hash: programHash(planned.program),
      reason: `${this.requirement.id} was missed once and not again in ${repeats} fresh processes`,
      pending: end?.ev === 'eot' ? end.pending : [],
      stacks: found.stacks,
    };
  }

  private counterexample(
    { program, seen, violation }: Failure,
    reproduction: Reproduction,
    deviations: number,
  ): Counterexample {
    const left = reproduction.kind === 'schedule' ? reproduction.deviations.length : 0;
    return {
      kind: 'counterexample',
      format: 1,
      implementation: this.driver.info.key,
      requirement: this.requirement.id,
      signature: this.signature,
      program,
      hash: programHash(program),
      reproduction,
      history: seen.history,
      witness: violation.events.map(({ seq }) => seq),
      explanation: violation.explanation,
      switches: seen.switches ?? [],
      stacks: seen.stacks ?? [],
      executions: this.found.executions,
      shrunk: { steps: [stepCount(this.planned.program), stepCount(program)], deviations: [deviations, left] },
    };
  }
}

function count(steps: readonly Step[]): number {
  return steps.reduce(
    (sum, step) => nestedSteps(step).reduce((inner, [, nested]) => inner + count(nested), sum + 1),
    0,
  );
}

function stepCount(program: Program): number {
  return Object.values(program.bodies).reduce((sum, { steps }) => sum + count(steps), count(program.main));
}

function nondeterministic(requirement: string, program: Program): Fault {
  return {
    code: 'nondeterministic',
    party: 'crossloop',
    message: `a violation of ${requirement} in ${program.name} did not show again in a replay of its schedule`,
    hint: 'something outside the schedule decides; please report this with the seed and the run.jsonl',
  };
}
