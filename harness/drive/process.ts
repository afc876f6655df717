import { invariant } from '../../spec/assert-never.ts';
import { CAPABILITIES, PROFILES } from '../../spec/capability.ts';
import type { Fault } from '../../spec/fault.ts';
import type { Bounds } from '../../spec/history.ts';
import type { Ready, Samples } from '../../spec/message.ts';
import type { Json, Program } from '../../spec/program.ts';
import type { ImplementationInfo } from '../../spec/result.ts';
import { calibrationSamples, startAttemptsMax } from '../limits.ts';
import type { Driver, Observation, OpenDriver, Trial } from './driver.ts';
import { boundsOf, deadlineMs } from './process-bounds.ts';
import type { Launch } from './process-child.ts';
import { fault } from './process-fault.ts';
import { assembleHistory, type Ending, type Header } from './process-history.ts';
import { PROCESS_LIMITS, type ProcessLimits } from './process-limits.ts';
import { type Perturbation, perturbationOf } from './process-perturbation.ts';
import type { RunOutcome } from './process-run.ts';
import { AdapterSession } from './process-session.ts';
import { Watchdog } from './process-watchdog.ts';

export type ProcessOptions = {
  /** Run by /bin/sh -c. */
  readonly command: string;
  /** How the user selects it; reports group by it. */
  readonly key: string;
  /** Command-line options that select it again. */
  readonly options: readonly string[];
  /** Version of crossloop, told to the adapter. */
  readonly suite: string;
  readonly env?: { readonly [name: string]: string };
  readonly cwd?: string;
  /** Parameters that override what `ready` says. */
  readonly set?: { readonly [name: string]: Json };
  /** For slow machines: B is multiplied by it. */
  readonly timeScale?: number;
  readonly limits?: Partial<ProcessLimits>;
};

/**
 * The driver of an adapter process: real threads, any language. An execution is perturbed, not scheduled, so a replay
 * asks for the same perturbation and may see another interleaving. Costs about 0.3 ms a program beside the adapter's
 * own time.
 */
export function openProcessDriver(options: ProcessOptions): OpenDriver {
  return async () => {
    const limits = { ...PROCESS_LIMITS, ...options.limits };
    const watchdog = new Watchdog();
    const fleet = new Fleet(options, limits, watchdog);
    const ready = await fleet.replace();
    if ('code' in ready) {
      await watchdog.close();
      return ready;
    }
    const samples = await fleet.current.calibrate(calibrationSamples);
    if ('code' in samples) {
      const again = await fleet.replace();
      if ('code' in again) {
        await watchdog.close();
        return again;
      }
    }
    return new ProcessDriver(options, limits, fleet, ready, samples);
  };
}

/** The one process at a time, and how to get the next. */
class Fleet {
  private readonly launch: Launch;
  private readonly suite: string;
  private readonly limits: ProcessLimits;
  private readonly watchdog: Watchdog;
  private session: AdapterSession | undefined;
  private lateBefore = 0;

  constructor(options: ProcessOptions, limits: ProcessLimits, watchdog: Watchdog) {
    this.launch = { command: options.command, env: options.env ?? {}, cwd: options.cwd };
    this.suite = options.suite;
    this.limits = limits;
    this.watchdog = watchdog;
  }

  get current(): AdapterSession {
    invariant(this.session !== undefined, 'a process was started');
    return this.session;
  }

  /** Answers to earlier runs that came too late, over all processes. */
  get lateAnswers(): number {
    return this.lateBefore + (this.session?.lateAnswers ?? 0);
  }

  /** Ends the process and starts another. After a fault there is none. */
  async replace(): Promise<Ready | Fault> {
    await this.retire();
    this.session = new AdapterSession(this.launch, this.limits, this.watchdog);
    return this.session.greet(this.suite);
  }

  async close(): Promise<void> {
    await this.retire();
    await this.watchdog.close();
  }

  private async retire(): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    this.lateBefore += session.lateAnswers;
    this.session = undefined;
    await session.stop();
  }
}

class ProcessDriver implements Driver {
  readonly info: ImplementationInfo;
  readonly bounds: Bounds;
  private readonly limits: ProcessLimits;
  private readonly fleet: Fleet;
  private readonly ready: Ready;
  private readonly header: Header;
  private readonly setUpNotes: readonly string[];
  private deathsInARow = 0;
  /** Why no program can be performed any more. */
  private finalFault: Fault | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    options: ProcessOptions,
    limits: ProcessLimits,
    fleet: Fleet,
    ready: Ready,
    samples: Samples | Fault,
  ) {
    this.limits = limits;
    this.fleet = fleet;
    this.ready = ready;
    this.info = infoOf(options, ready);
    const calibration = boundsOf(samples, this.info.parameters, limits.latenessNs, options.timeScale ?? 1);
    this.bounds = calibration.bounds;
    this.setUpNotes = [...calibration.notes, ...unknownCapabilities(ready)];
    const { name: implementation, version, capabilities, parameters } = this.info;
    this.header = { format: 1, implementation, version, capabilities, parameters, bounds: this.bounds };
  }

  get notes(): readonly string[] {
    const { lateAnswers } = this.fleet;
    return lateAnswers === 0
      ? this.setUpNotes
      : [...this.setUpNotes, `${lateAnswers} answers came after their run was over and were dropped`];
  }

  async perform(program: Program, trial: Trial): Promise<Observation> {
    if (trial.kind === 'replay' && trial.how.kind === 'schedule') {
      return { kind: 'diverged', message: 'a schedule cannot be replayed on real threads' };
    }
    const how = trial.kind === 'explore' ? perturbationOf(trial.seed, trial.index) : (trial.how as Perturbation);
    const faulty = this.finalFault ?? (await this.prepare(how.fresh));
    if (faulty !== undefined) return { kind: 'fault', fault: faulty, isFinal: true };
    const { seed, noise, switchIntervalUs } = how;
    const request = { program, seed, options: { debug: false, noise, switchIntervalUs } };
    const outcome = await this.fleet.current.run(request, deadlineMs(this.bounds));
    this.countDeath(outcome);
    const observation = this.observe(outcome, how);
    if (observation.kind === 'fault' && this.finalFault !== undefined) return { ...observation, isFinal: true };
    return observation;
  }

  close(): Promise<void> {
    this.finalFault ??= fault('exited', 'crossloop', 'the driver was closed');
    this.closing ??= this.fleet.close();
    return this.closing;
  }

  /** Sees to it that there is a process for the next program; a fault if none can be had. */
  private async prepare(isFresh: boolean): Promise<Fault | undefined> {
    const { current } = this.fleet;
    const programsMax = isFresh ? 1 : this.limits.programsPerProcess;
    if (current.isUsable && current.programs < programsMax) return undefined;
    if (!current.wasTold) return undefined;
    for (let attempt = 1; ; attempt++) {
      const ready = await this.fleet.replace();
      if (!('code' in ready)) {
        this.finalFault = changed(this.ready, ready);
        return this.finalFault;
      }
      if (attempt === startAttemptsMax) {
        this.finalFault = ready;
        return ready;
      }
    }
  }

  private countDeath(outcome: RunOutcome): void {
    if (outcome.kind === 'ended') this.deathsInARow = 0;
    if (outcome.kind !== 'crashed' && outcome.kind !== 'fault') return;
    this.deathsInARow++;
    if (this.deathsInARow < this.limits.deathsInARow) return;
    const last = outcome.kind === 'crashed' ? `it was ended by ${outcome.signal}` : outcome.fault.message;
    const message = `${this.deathsInARow} processes of the adapter died one after the other; of the last: ${last}`;
    this.finalFault = outcome.kind === 'crashed' ? fault('exited', 'implementation', message) : { ...outcome.fault, message };
  }

  private observe(outcome: RunOutcome, how: Perturbation): Observation {
    switch (outcome.kind) {
      case 'fault':
        return { kind: 'fault', fault: outcome.fault };
      case 'rejected': {
        const message = `the adapter rejected the program because of "${outcome.operation}": ${outcome.reason}`;
        return { kind: 'fault', fault: fault('rejected', 'adapter', message) };
      }
      case 'crashed': {
        const ending: Ending = { reason: 'crashed', t: 0, signal: outcome.signal };
        return this.toHistory(outcome, ending, how);
      }
    }
  }
}
