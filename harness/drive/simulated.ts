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
import { type Subject, subjectOf } from '../explore/machine.ts';
import { RandomWalk } from '../explore/random-walk.ts';
import { Replay } from '../explore/replay.ts';
import { clockOf, type Strategy } from '../explore/strategy.ts';
import { Seed } from '../seed.ts';
import type { Driver, Observation, Trial } from './driver.ts';
import { pendingOf } from './pending.ts';
import { SwitchLog } from './switches.ts';

/** In clock mode `late` time moves only when nobody can run: every bound is exact. In the others it proves nothing. */
const BOUNDS: { readonly [clock in ClockMode]: Bounds } = {
  late: { B: 0, G: 0 },
  explored: { B: null, G: 0 },
  any: { B: null, G: 0 },
};
const MUTANT_PREFIX = 'mutant:';

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
  private readonly engine: Engine = new Engine();
  private readonly recorder: Recorder = new Recorder(() => this.engine.machine.nowNs);
  private readonly meta: { readonly [clock in ClockMode]: MetaEvent };
  private prepared: Prepared | undefined;

  /** `key` is `reference`, or `mutant:ID` of a known mutant. */
  constructor(key: string, options: readonly string[]) {
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
      const strategy = new RandomWalk(new Seed(`${trial.seed}/${trial.index}`));
      return this.observe(program, strategy, trial.clock ?? clockOf(trial.index), false);
    }
    if (trial.kind === 'follow') return this.observe(program, new Follow(trial.order), trial.clock, true);
    if (trial.how.kind !== 'schedule')
      return { kind: 'diverged', message: 'a perturbation means nothing to virtual threads' };
    const replay = new Replay(trial.how.deviations);
    const observation = this.observe(program, replay, trial.how.clock, true);
    const { misfit } = replay;
    if (misfit === undefined || trial.lenient) return observation;
    const { after, operation, to } = misfit;
    const message = `thread ${to} cannot go on after operation ${operation} of thread ${after}: program or implementation changed`;
    return { kind: 'diverged', message };
  }

  async close(): Promise<void> {}

  private observe(program: Program, strategy: Strategy, clock: ClockMode, traced: boolean): Observation {
    const { subject } = this.prepare(program);
    // Programs raise errors as part of their work, and nobody looks at where: taking stacks costs a tenth of it all.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const log = traced ? new SwitchLog(() => this.recorder.history().length + 1) : undefined;
    const onStep = log === undefined ? undefined : (step: Step) => log.add(step);
    const { machine } = this.engine;
    const execution = this.engine.run(subject, strategy, { clock, spurious: false }, onStep);
    Error.stackTraceLimit = stackTraceLimit;
    return {
      kind: 'history',
      history: this.assemble(execution, clock),
      how: { kind: 'schedule', clock, deviations: this.engine.deviations() },
      decisions: execution.decisions,
      ...(log === undefined ? {} : { switches: log.switches, steps: [...machine.log.subarray(0, machine.steps)] }),
    };
  }

  private assemble(execution: Execution, clock: ClockMode): History {
    const events = this.recorder.history();
    const eot: EotEvent = {
      seq: events.length + 1,
      t: events.at(-1)?.t ?? 0,
      th: 'M',
      ev: 'eot',
      reason: execution.reason,
      pending: pendingOf(events),
    };
    return [this.meta[clock], ...events, eot];
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
