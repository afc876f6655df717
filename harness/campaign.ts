import { cpus } from 'node:os';
import { invariant } from '../spec/assert-never.ts';
import { knownDeviation } from '../spec/deviation.ts';
import type { Fault } from '../spec/fault.ts';
import type { Program } from '../spec/program.ts';
import type { Requirement } from '../spec/requirement.ts';
import type {
  CatalogueRow,
  ImplementationInfo,
  ImplementationResult,
  Measured,
  RunResult,
  Selection,
} from '../spec/result.ts';
import { SUITE_VERSION } from '../spec/suite.ts';
import type { BlockOptions, BlockResult } from './campaign-block.ts';
import { runBlock } from './campaign-block.ts';
import { foldRequirement, isCounterexample, isInconclusive } from './campaign-fold.ts';
import { blockCount, FIXED_BLOCK, planBlock } from './campaign-plan.ts';
import { CampaignPool } from './campaign-pool.ts';
import type { Found, ProgramOutcome } from './campaign-program.ts';
import { type Explained, Explainer } from './counterexample.ts';
import type { Driver } from './drive/driver.ts';
import type { Implementation } from './drive/implementation.ts';
import { isFault, openDriver } from './drive/open.ts';
import { hangsMax } from './limits.ts';

export type Progress = {
  readonly implementation: string;
  readonly program: string;
  readonly done: number;
  readonly planned: number;
  readonly executions: number;
  readonly violations: number;
};

export type CampaignOptions = {
  readonly seed: string;
  readonly profile: string;
  readonly programs: number;
  /** Executions a program, by the kind of driver. */
  readonly budget: { readonly simulated: number; readonly process: number };
  readonly timeMs: number | undefined;
  readonly selection: Selection;
  readonly requirements: readonly Requirement[];
  readonly cases: readonly Program[];
  readonly explorations: readonly Program[];
  readonly implementations: readonly Implementation[];
  /** Child processes for virtual threads; 0 = in this process. */
  readonly workers: number;
  readonly onProgress: (progress: Progress) => void;
  /** Aborted: finish the run in hand, and report what there is. */
  readonly signal: AbortSignal;
};

type Outcome = {
  readonly result: ImplementationResult;
  readonly measured: Measured['implementations'][string];
  readonly ended: RunResult['ended'];
};

/** One implementation's part of a campaign: its blocks, then the explanation of what was found. */
class ImplementationCampaign {
  private readonly implementation: Implementation;
  private readonly options: CampaignOptions;
  private readonly blockOptions: BlockOptions;
  private readonly pool: CampaignPool | undefined;
  private readonly startedMs: number = performance.now();
  private readonly results: BlockResult[] = [];
  private done = 0;
  private planned = 0;
  private executions = 0;
  private violations = 0;
  private hangs = 0;
  private ended: RunResult['ended'] = 'complete';

  constructor(implementation: Implementation, options: CampaignOptions, pool: CampaignPool | undefined) {
    this.implementation = implementation;
    this.options = options;
    this.pool = pool;
    const { seed, programs, requirements, cases, explorations, budget } = options;
    this.blockOptions = { seed, programs, requirements, cases, explorations, budget: budget[implementation.kind] };
  }

  /** Why no further block is begun; undefined: go on. */
  private get end(): RunResult['ended'] | undefined {
    const { timeMs, signal } = this.options;
    if (signal.aborted) return 'interrupted';
    if (this.hangs >= hangsMax) return 'hangs';
    return timeMs !== undefined && performance.now() - this.startedMs > timeMs ? 'time' : undefined;
  }

  async run(): Promise<Outcome> {
    const driver = await openDriver(this.implementation);
    if (isFault(driver)) return this.failed(driver);
    try {
      this.planned = planBlock(FIXED_BLOCK, this.blockOptions, driver).length + this.options.programs;
      await this.performBlocks(driver);
      this.results.sort((a, b) => a.block - b.block);
      const outcomes = this.results.flatMap((result) => result.outcomes);
      const explained = await this.explain(driver, outcomes);
      return this.finished(driver, outcomes, explained);
    } finally {
      await driver.close();
    }
  }

  /** Whole blocks only: `--time` stops between them. Real processes perform one at a time, virtual threads share out. */
  private async performBlocks(driver: Driver): Promise<void> {
    const blocks = Array.from({ length: blockCount(this.options.programs) + 1 }, (_, at) => FIXED_BLOCK + at);
    const lanes =
      this.pool === undefined || this.implementation.kind === 'process' ? 1 : Math.max(1, this.options.workers);
    const lane = async () => {
      for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
        const result = await this.performBlock(block, driver);
        this.results.push(result);
        const { end } = this;
        if (end !== undefined && (blocks.length > 0 || end !== 'time')) this.ended = end;
        if (end !== undefined) blocks.length = 0;
        if (result.final !== undefined) blocks.length = 0;
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  private async performBlock(block: number, driver: Driver): Promise<BlockResult> {
    if (this.pool !== undefined && this.implementation.kind === 'simulated') {
      return this.pool.perform(this.implementation, block, this.blockOptions, (outcome) => this.note(outcome, driver));
    }
    return runBlock(
      block,
      this.blockOptions,
      driver,
      () => this.options.signal.aborted || this.hangs >= hangsMax,
      (outcome) => this.note(outcome, driver),
    );
  }

  private note({ result, violations, found }: ProgramOutcome, driver: Driver): void {
    if (found.some((one) => this.isHang(one, driver))) this.hangs++;
    this.done++;
    this.executions += result.executions;
    this.violations += Object.keys(violations).length;
    this.options.onProgress({
      implementation: this.implementation.key,
      program: result.program.name,
      done: this.done,
      planned: this.planned,
      executions: this.executions,
      violations: this.violations,
    });
  }

  /** On virtual threads a hang costs nothing; nor does a listed deviation say that the next one will hang. */
  private isHang({ requirement, history }: Found, driver: Driver): boolean {
    const end = history.at(-1);
    if (end?.ev !== 'eot' || end.reason !== 'deadline') return false;
    const judged = this.options.requirements.find(({ id }) => id === requirement);
    return judged !== undefined && knownDeviation(judged, driver.info) === undefined;
  }

  /** Of each requirement the violation with the shortest history: the easiest to read. Known deviations need none. */
  private async explain(driver: Driver, outcomes: readonly ProgramOutcome[]): Promise<ReadonlyMap<string, Explained>> {
    const shortest = new Map<string, Found>();
    for (const { found } of outcomes)
      for (const one of found) {
        const before = shortest.get(one.requirement);
        if (before === undefined || one.history.length < before.history.length) shortest.set(one.requirement, one);
      }
    const explained = new Map<string, Explained>();
    for (const requirement of this.options.requirements) {
      const found = shortest.get(requirement.id);
      if (found === undefined || knownDeviation(requirement, driver.info) !== undefined) continue;
      if (this.options.signal.aborted && driver.info.kind === 'process') continue;
      const planned = planBlock(found.block, this.blockOptions, driver).find(({ index }) => index === found.index);
      invariant(planned !== undefined, `no program ${found.index} in block ${found.block}`);
      const stop = () => this.options.signal.aborted;
      const explainer = new Explainer(driver, requirement, found, planned, () => performance.now(), stop);
      explained.set(requirement.id, await explainer.explain());
    }
    return explained;
  }

  private finished(
    driver: Driver,
    outcomes: readonly ProgramOutcome[],
    explained: ReadonlyMap<string, Explained>,
  ): Outcome {
    const { info, bounds } = driver;
    const final = this.results.find((result) => result.final !== undefined)?.final;
    const values = [...explained.values()];
    const result: ImplementationResult = {
      info,
      bounds,
      programs: outcomes.map((outcome) => outcome.result),
      requirements: this.options.requirements.map((requirement) =>
        foldRequirement(requirement, info, outcomes, explained.get(requirement.id)),
      ),
      counterexamples: values.filter(isCounterexample),
      inconclusive: [...outcomes.flatMap(({ inconclusive }) => inconclusive), ...values.filter(isInconclusive)],
      ...(final === undefined ? {} : { fault: final }),
    };
    return { result, measured: this.measured(outcomes, driver), ended: this.ended };
  }

  private measured(outcomes: readonly ProgramOutcome[], driver: Driver): Outcome['measured'] {
    const wallMs = performance.now() - this.startedMs;
    const events = outcomes.reduce((sum, { result }) => sum + result.events.median * result.executions, 0);
    return {
      wallMs: Math.round(wallMs),
      executions: this.executions,
      executionsPerSecond: Math.round((this.executions / wallMs) * 1000),
      events,
      bounds: driver.bounds,
      notes: driver.notes,
    };
  }

  private failed(fault: Fault): Outcome {
    const { key, options, kind } = this.implementation;
    const unknown = { name: key, version: 'unknown' };
    const info: ImplementationInfo = {
      kind,
      key,
      ...unknown,
      language: 'unknown',
      runtime: unknown,
      capabilities: [],
      parameters: {},
      options,
    };
    const requirements = this.options.requirements.map((requirement) => ({
      kind: 'requirement' as const,
      implementation: key,
      requirement: requirement.id,
      verdict: { kind: 'error' as const, fault },
      violations: { programs: 0, executions: 0 },
    }));
    const bounds = { B: null, G: 0 };
    return {
      result: { info, bounds, programs: [], requirements, counterexamples: [], inconclusive: [], fault },
      measured: { wallMs: 0, executions: 0, executionsPerSecond: 0, events: 0, bounds, notes: [] },
      ended: 'complete',
    };
  }
}

/**
 * Judges every implementation: fixed programs, then generated ones, then confirms, shrinks and explains what was found.
 * The result is a function of (seed, options) for simulated implementations, whatever `workers` is; times and rates are
 * in `measured`.
 */
export async function runCampaign(
  options: CampaignOptions,
): Promise<{ readonly result: RunResult; readonly measured: Measured }> {
  const pool =
    options.workers === 0 || options.implementations.every(({ kind }) => kind === 'process')
      ? undefined
      : new CampaignPool(options.workers);
  const onAbort = () => pool?.interrupt();
  options.signal.addEventListener('abort', onAbort);
  try {
    const outcomes = await Promise.all(
      options.implementations.map((implementation) => new ImplementationCampaign(implementation, options, pool).run()),
    );
    const ended = outcomes.map((outcome) => outcome.ended).find((end) => end !== 'complete') ?? 'complete';
    const { seed, profile, selection } = options;
    const result: RunResult = {
      format: 1,
      suite: SUITE_VERSION,
      seed,
      profile,
      programs: options.programs,
      selection,
      catalogue: options.requirements.map(catalogueRow),
      implementations: outcomes.map((outcome) => outcome.result),
      ended,
    };
    const measured: Measured = {
      date: new Date().toISOString(),
      node: process.version,
      machine: `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
      implementations: Object.fromEntries(outcomes.map((outcome) => [outcome.result.info.key, outcome.measured])),
    };
    return { result, measured };
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    pool?.close();
  }
}

function catalogueRow(requirement: Requirement): CatalogueRow {
  const { id, slug, scenario, area, level, basis, statement, source, evidence, hint } = requirement;
  return { id, slug, scenario, area, level, basis, statement, source, evidence, hint };
}
