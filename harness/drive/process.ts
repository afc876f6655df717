import { assertNever } from '../../spec/assert-never.ts';
import { CAPABILITIES, PROFILES } from '../../spec/capability.ts';
import type { Fault } from '../../spec/fault.ts';
import type { Bounds } from '../../spec/history.ts';
import type { Ready, Samples, SentEvent } from '../../spec/message.ts';
import type { Json, Program } from '../../spec/program.ts';
import type { ImplementationInfo } from '../../spec/result.ts';
import { calibrationSamples, startAttemptsMax } from '../limits.ts';
import type { Driver, Observation, OpenDriver, Trial } from './driver.ts';
import { boundsOf, deadlineMs } from './process-bounds.ts';
import { fault } from './process-fault.ts';
import { ProcessFleet } from './process-fleet.ts';
import { assembleHistory, type Ending, type Header } from './process-history.ts';
import { PROCESS_LIMITS, type ProcessLimits } from './process-limits.ts';
import { type Perturbation, perturbationOf } from './process-perturbation.ts';
import type { RunOutcome } from './process-run.ts';

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
    const launch = { command: options.command, env: options.env ?? {}, cwd: options.cwd };
    const fleet = new ProcessFleet(launch, options.suite, limits);
    const opened = await setUp(fleet);
    if (!('code' in opened)) return new ProcessDriver(options, limits, fleet, opened);
    await fleet.close();
    return opened;
  };
}

type Opened = { readonly ready: Ready; readonly samples: Samples | Fault };

/** Starts the first process and calibrates once: bounds are the machine's, later processes share them. */
async function setUp(fleet: ProcessFleet): Promise<Opened | Fault> {
  const ready = await fleet.replace();
  if ('code' in ready) return ready;
  const samples = await fleet.current.calibrate(calibrationSamples);
  if (!('code' in samples) && samples.wakeUpNs.length > 0) return { ready, samples };
  const again = await fleet.replace();
  return 'code' in again ? again : { ready: again, samples };
}

class ProcessDriver implements Driver {
  readonly info: ImplementationInfo;
  readonly bounds: Bounds;
  private readonly limits: ProcessLimits;
  private readonly fleet: ProcessFleet;
  private readonly ready: Ready;
  private readonly header: Header;
  private readonly setUpNotes: readonly string[];
  private deathsInARow = 0;
  /** Why no program can be performed any more. */
  private finalFault: Fault | undefined;
  private closing: Promise<void> | undefined;

  constructor(options: ProcessOptions, limits: ProcessLimits, fleet: ProcessFleet, { ready, samples }: Opened) {
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
    return [...this.setUpNotes, ...this.fleet.notes];
  }

  async perform(program: Program, trial: Trial): Promise<Observation> {
    if (trial.kind === 'follow' || (trial.kind === 'replay' && trial.how.kind === 'schedule')) {
      return { kind: 'diverged', message: 'a schedule cannot be replayed on real threads' };
    }
    const how = trial.kind === 'explore' ? perturbationOf(trial.seed, trial.index) : (trial.how as Perturbation);
    await this.prepare(how.fresh);
    if (this.finalFault !== undefined) return { kind: 'fault', fault: this.finalFault, isFinal: true };
    const { seed, noise, switchIntervalUs } = how;
    const request = { program, seed, options: { debug: false, noise, switchIntervalUs } };
    const { current } = this.fleet;
    const outcome = await current.run(request, deadlineMs(this.bounds));
    const observation = this.observe(outcome, how);
    // After an abort, or when what it sent cannot be trusted, nothing of it may stay.
    const isSpoilt = outcome.kind === 'ended' && (outcome.isAborted || observation.kind === 'fault');
    if (isSpoilt) await current.stop();
    this.countDeath(outcome, observation);
    if (observation.kind === 'fault' && this.finalFault !== undefined) {
      return { kind: 'fault', fault: this.finalFault, isFinal: true };
    }
    return observation;
  }

  close(): Promise<void> {
    this.finalFault ??= fault('exited', 'crossloop', 'the driver was closed');
    this.closing ??= this.fleet.close();
    return this.closing;
  }

  /** Sees to it that there is a process for the next program, or a final fault. */
  private async prepare(isFresh: boolean): Promise<void> {
    if (this.finalFault !== undefined) return;
    const { current } = this.fleet;
    const programsMax = isFresh ? 1 : this.limits.programsPerProcess;
    const isFit = current.isUsable && current.programs < programsMax;
    if (isFit || current.hasUntoldLoss) return;
    for (let attempt = 1; this.finalFault === undefined; attempt++) {
      const ready = await this.fleet.replace();
      if (!('code' in ready)) {
        this.finalFault ??= changeOf(this.ready, ready);
        return;
      }
      if (attempt === startAttemptsMax) this.finalFault ??= ready;
    }
  }

  private countDeath(outcome: RunOutcome, observation: Observation): void {
    if (outcome.kind === 'rejected') return;
    const hasDied = outcome.kind === 'crashed' || observation.kind === 'fault';
    this.deathsInARow = hasDied ? this.deathsInARow + 1 : 0;
    if (this.deathsInARow < this.limits.deathsInARow) return;
    const last =
      observation.kind === 'fault'
        ? observation.fault
        : fault('exited', 'implementation', 'the implementation crashed while a program ran');
    const message = `the adapter died ${this.deathsInARow} times in a row; the last time: ${last.message}`;
    this.finalFault = { ...last, message };
  }

  private observe(outcome: RunOutcome, how: Perturbation): Observation {
    switch (outcome.kind) {
      case 'fault':
        return { kind: 'fault', fault: outcome.fault };
      case 'rejected': {
        const message = `the adapter rejected the program because of "${outcome.operation}": ${outcome.reason}`;
        return { kind: 'fault', fault: fault('rejected', 'adapter', message) };
      }
      case 'crashed':
        return this.history([], { reason: 'crashed', t: 0, signal: outcome.signal }, how, {});
      case 'ended': {
        const { done, threads } = outcome;
        const seen = {
          ...(threads.length === 0 ? {} : { stacks: threads }),
          ...(done.leaked.threads === null ? {} : { leakedThreads: done.leaked.threads }),
          ...(done.stray.length === 0 ? {} : { stray: done.stray }),
        };
        return this.history(outcome.events, { reason: done.outcome, t: done.t }, how, seen);
      }
      default:
        return assertNever(outcome);
    }
  }

  private history(events: readonly SentEvent[], ending: Ending, how: Perturbation, seen: Seen): Observation {
    const history = assembleHistory(this.header, events, ending);
    return 'code' in history ? { kind: 'fault', fault: history } : { kind: 'history', history, how, ...seen };
  }
}

type Seen = Pick<Extract<Observation, { readonly kind: 'history' }>, 'stacks' | 'leakedThreads' | 'stray'>;

function infoOf(options: ProcessOptions, ready: Ready): ImplementationInfo {
  const { name, version, language, runtimeVersion } = ready.implementation;
  const [, runtimeName, runtimeNumber] = /^(.*\S)\s+(\S+)$/.exec(runtimeVersion) ?? [];
  return {
    kind: 'process',
    key: options.key,
    name,
    version,
    language,
    runtime: { name: runtimeName ?? language, version: runtimeNumber ?? runtimeVersion },
    capabilities: ready.capabilities,
    parameters: { ...ready.parameters, ...options.set },
    options: options.options,
  };
}

function unknownCapabilities(ready: Ready): readonly string[] {
  const unknown = ready.capabilities.filter((name) => !(name in CAPABILITIES) && !(name in PROFILES));
  return unknown.map((name) => `the adapter declares the capability "${name}", which crossloop does not know`);
}

/** A process that calls itself something else than the first one would make a history that lies about its maker. */
function changeOf(first: Ready, later: Ready): Fault | undefined {
  const before = JSON.stringify([first.implementation, first.capabilities]);
  const after = JSON.stringify([later.implementation, later.capabilities]);
  if (before === after) return undefined;
  const message = `a later process of the adapter declares another implementation: ${after}, before ${before}`;
  return fault('bad-ready', 'adapter', message, 'One command must start the same implementation every time.');
}
