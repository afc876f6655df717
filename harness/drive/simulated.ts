import { compileProgram } from '../../impl/interpret-compile.ts';
import { Interpreter } from '../../impl/interpreter.ts';
import { MUTANTS, type Mutant } from '../../impl/mutants/mutants.ts';
import { Recorder } from '../../impl/recorder.ts';
import { referenceCapabilities, referenceParameters } from '../../impl/reference-declaration.ts';
import { invariant } from '../../spec/assert-never.ts';
import type { Bounds, EotEvent, History, MetaEvent } from '../../spec/history.ts';
import type { Program } from '../../spec/program.ts';
import type { ClockMode, ImplementationInfo } from '../../spec/result.ts';
import { SUITE_VERSION } from '../../spec/suite.ts';
import { Engine, type Execution, type Step } from '../explore/engine.ts';
import { Follow } from '../explore/follow.ts';
import { describeLivelock, livelockOf } from '../explore/livelock.ts';
import type { Machine } from '../explore/machine.ts';
import { Replay } from '../explore/replay.ts';
import type { StrategyName } from '../explore/strategies.ts';
import { clockOf, type Strategy } from '../explore/strategy.ts';
import { type Liberties, type Subject, subjectOf } from '../explore/subject.ts';
import type { Driver, Observation, Trial } from './driver.ts';
import { Exhaustion } from './exhaustion.ts';
import { pendingOf } from './pending.ts';
import { SchedulePlan } from './schedule-plan.ts';
import { SwitchLog } from './switches.ts';

/** In clock mode `late` time moves only when nobody can run: every bound is exact. In the others it proves nothing. */
const BOUNDS: { readonly [clock in ClockMode]: Bounds } = {
  late: { B: 0, G: 0 },
  explored: { B: null, G: 0 },
  any: { B: null, G: 0 },
};
const MUTANT_PREFIX = 'mutant:';

function livelocked(machine: Machine): { readonly livelock?: string } {
  const cycles = livelockOf(machine);
  return cycles.length === 0 ? {} : { livelock: describeLivelock(cycles) };
}

type Prepared = { readonly program: Program; readonly subject: Subject };

/**
 * The reference implementation, or a mutant of it, on virtual threads: every interleaving and time-out is a choice of
 * the strategy, a hang is an exact deadlock, and an execution is a function of the trial alone.
 */
export class SimulatedDriver implements Driver {
  readonly info: ImplementationInfo;
  readonly bounds: Bounds = BOUNDS.late;
  readonly notes: readonly string[] = [];
  private readonly mutant: Mutant | undefined;
  readonly engine: Engine = new Engine();
  private readonly recorder: Recorder = new Recorder(() => this.engine.machine.clock.nowNs);
  private readonly meta: { readonly [clock in ClockMode]: MetaEvent };
  private readonly strategy: StrategyName;
  private plan: SchedulePlan;
  private prepared: Prepared | undefined;

  /** `key` is `reference`, or `mutant:ID` of a known mutant. */
  constructor(key: string, options: readonly string[], strategy: StrategyName = 'portfolio') {
    this.strategy = strategy;
    this.plan = new SchedulePlan(strategy, '', 0);
    const id = key.startsWith(MUTANT_PREFIX) ? key.slice(MUTANT_PREFIX.length) : undefined;
    this.mutant = MUTANTS.find((mutant) => mutant.id === id);
    invariant(id === undefined || this.mutant !== undefined, `no mutant "${id}"`);
    this.info = {
      kind: 'simulated',
      key,
      name: key,
      version: SUITE_VERSION,
      language: 'TypeScript',
      runtime: { name: 'simulator', version: SUITE_VERSION },
      capabilities: referenceCapabilities,
      parameters: referenceParameters,
      options,
    };
    this.meta = { late: this.metaEvent('late'), explored: this.metaEvent('explored'), any: this.metaEvent('any') };
  }

  perform(program: Program, trial: Trial): Observation {
    if (trial.kind === 'explore') {
      if (trial.index === 0) this.plan = new SchedulePlan(this.strategy, trial.seed, trial.executions ?? 0);
      const clock = trial.clock ?? clockOf(trial.index);
      return this.observe(program, this.plan.strategyFor(trial.index, clock), { clock, spurious: false }, false);
    }
    if (trial.kind === 'follow') {
      const { clock, spurious = false } = trial;
      return this.observe(program, new Follow(trial.order), { clock, spurious }, true);
    }
    if (trial.how.kind !== 'schedule')
      return { kind: 'diverged', message: 'a perturbation means nothing to virtual threads' };
    const replay = new Replay(trial.how.deviations);
    const { clock, spurious = false } = trial.how;
    const observation = this.observe(program, replay, { clock, spurious }, true);
    const { misfit } = replay;
    if (misfit === undefined || trial.lenient) return observation;
    const { after, operation, to } = misfit;
    const message = `thread ${to} cannot go on after operation ${operation} of thread ${after}: program or implementation changed`;
    return { kind: 'diverged', message };
  }

  exhaust(program: Program, clocks: readonly ClockMode[], budget: number): Exhaustion | undefined {
    return Exhaustion.of(this, program, clocks, budget);
  }

  async close(): Promise<void> {}

  private observe(program: Program, strategy: Strategy, liberties: Liberties, traced: boolean): Observation {
    const subject = this.subject(program);
    // Programs raise errors as part of their work, and nobody looks at where: taking stacks costs a tenth of it all.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const log = traced ? new SwitchLog(() => this.recorder.history().length + 1) : undefined;
    const onStep = log === undefined ? undefined : (step: Step) => log.add(step);
    const { machine } = this.engine;
    const execution = this.engine.run(subject, strategy, liberties, onStep);
    Error.stackTraceLimit = stackTraceLimit;
    return {
      kind: 'history',
      history: this.history(execution.reason, liberties.clock),
      how: { kind: 'schedule', ...liberties, deviations: this.engine.deviations() },
      decisions: execution.decisions,
      ...(execution.reason === 'step-cap' ? livelocked(machine) : {}),
      ...(log === undefined
        ? {}
        : { switches: log.switches, trace: log.trace, steps: [...machine.log.subarray(0, machine.steps)] }),
    };
  }

  /** What the program's last execution recorded, and how it ended. */
  history(reason: Execution['reason'], clock: ClockMode): History {
    const events = this.recorder.history();
    const eot: EotEvent = {
      seq: events.length + 1,
      t: events.at(-1)?.t ?? 0,
      th: 'M',
      ev: 'eot',
      reason,
      pending: pendingOf(events),
    };
    return [this.meta[clock], ...events, eot];
  }

  /** The program, for searches that choose its schedules themselves on this driver's machine. */
  subject(program: Program): Subject {
    return this.prepare(program).subject;
  }

  private prepare(program: Program): Prepared {
    if (this.prepared?.program !== program) {
      const interpreter = new Interpreter(compileProgram(program), this.recorder, this.mutant?.seams);
      const subject = subjectOf((platform) => interpreter.main(platform), interpreter.threads, this.recorder);
      this.prepared = { program, subject };
    }
    return this.prepared!;
  }

  private metaEvent(clock: ClockMode): MetaEvent {
    const { name: implementation, version, capabilities, parameters } = this.info;
    const stamp = { seq: 0, t: 0, th: 'M' } as const;
    return {
      ...stamp,
      ev: 'meta',
      format: 1,
      implementation,
      version,
      capabilities,
      parameters,
      bounds: BOUNDS[clock],
    };
  }
}
