import { check } from '../spec/check.ts';
import { knownDeviation } from '../spec/deviation.ts';
import type { Fault } from '../spec/fault.ts';
import type { History } from '../spec/history.ts';
import { relevantTo } from '../spec/relevance.ts';
import type { Requirement } from '../spec/requirement.ts';
import type { ClockMode, Inconclusive, ProgramResult, StackDump } from '../spec/result.ts';
import { mergeVerdicts, type Verdict } from '../spec/verdict.ts';
import type { Planned } from './campaign-plan.ts';
import type { Driver, How, Performed } from './drive/driver.ts';
import { historyKey } from './history-key.ts';
import { executionsPerTurn, faultsPerProgramMax } from './limits.ts';
import { Overlap } from './overlap.ts';
import { programHash } from './shrink/token.ts';

/** The first violation of a requirement in a program, as it was found. */
export type Found = {
  readonly requirement: string;
  readonly block: number;
  readonly index: number;
  /** Executions of the program until it showed. */
  readonly executions: number;
  readonly how: How;
  readonly history: History;
  readonly stacks: StackDump;
};

export type ProgramOutcome = {
  readonly result: ProgramResult;
  readonly found: readonly Found[];
  readonly violations: { readonly [requirement: string]: number };
  readonly inconclusive: readonly Inconclusive[];
  /** The driver can perform nothing any more. */
  readonly final?: Fault;
};

const HUNG: ReadonlySet<string> = new Set(['deadlock', 'deadline', 'step-cap']);

/**
 * Performs one program up to `budget` times and judges each distinct history once. Stops early when a violation that
 * is not a known deviation was found, when every execution must be the same (no decision in either clock mode), when
 * faults pile up, or when `stop` says so. A function of the arguments alone for simulated implementations.
 */
export class ProgramRun {
  private readonly verdicts: Map<string, Verdict> = new Map();
  private readonly judged: Map<string, readonly string[]> = new Map();
  private readonly found: Map<string, Found> = new Map();
  private readonly violations: Map<string, number> = new Map();
  private readonly inconclusive: Inconclusive[] = [];
  private readonly faults: Fault[] = [];
  private readonly sizes: number[] = [];
  private readonly overlap: Overlap = new Overlap();
  private readonly hash: string;
  private readonly planned: Planned;
  private readonly driver: Driver;
  private readonly requirements: readonly Requirement[];
  private readonly relevant: readonly Requirement[];
  private executions = 0;
  private clocks: readonly ClockMode[] = [];
  private certificates: readonly string[] = [];
  private final: Fault | undefined;

  constructor(planned: Planned, driver: Driver, requirements: readonly Requirement[]) {
    this.planned = planned;
    this.driver = driver;
    this.requirements = requirements;
    this.relevant = relevantTo(planned.program, requirements);
    this.hash = programHash(planned.program);
  }

  async run(seed: string, budget: number, stop: () => boolean): Promise<ProgramOutcome> {
    // Committed cases were written against real time: their sleeps order what they do not synchronise.
    this.clocks = this.planned.origin === 'case' ? ['late'] : ['late', 'explored'];
    const isOver = await this.exhaust(budget, stop);
    if (!isOver) await this.sample(seed, budget, stop);
    return this.outcome();
  }

  /** All interleavings, if they are few enough. Returns whether nothing is left to be done. */
  private async exhaust(budget: number, stop: () => boolean): Promise<boolean> {
    const exhaustion = this.driver.exhaust?.(this.planned.program, this.clocks, budget);
    if (exhaustion === undefined) return false;
    for (let index = 0; !stop(); index++) {
      const observation = exhaustion.next();
      this.executions = exhaustion.executions;
      if (observation === undefined) break;
      if (index % executionsPerTurn === 0) await breathe();
      if (this.judge(observation)) return true;
    }
    this.certificates = exhaustion.certificates;
    return this.certificates.length === this.clocks.length;
  }

  private async sample(seed: string, budget: number, stop: () => boolean): Promise<void> {
    const { program, block, index: position } = this.planned;
    const trialSeed = `${seed}/${block}.${position}/${this.hash}`;
    const clock = this.clocks.length === 1 ? { clock: this.clocks[0]! } : {};
    const executions = budget - this.executions;
    let forced = 0;
    for (let index = 0; index < executions && !stop(); index++) {
      const trial = { kind: 'explore', index, executions, seed: trialSeed, ...clock } as const;
      const performed = this.driver.perform(program, trial);
      const observation = performed instanceof Promise ? await performed : performed;
      this.executions++;
      // Virtual threads never wait: without this an interruption would not be heard before the budget is used up.
      if (this.executions % executionsPerTurn === 0) await breathe();
      if (observation.kind === 'fault' && isHang(observation.fault)) {
        this.noteHang(observation.fault);
        break;
      }
      if (observation.kind === 'fault') {
        this.faults.push(observation.fault);
        if (observation.isFinal) this.final = observation.fault;
        if (observation.isFinal || this.faults.length >= faultsPerProgramMax) break;
      } else if (observation.kind === 'history') {
        if (this.judge(observation)) break;
        forced = observation.decisions === 0 ? forced + 1 : 0;
        if (forced === 2) break;
      }
    }
  }

  /** Returns whether something was found that ends the program's exploration. */
  private judge(performed: Performed): boolean {
    const { history } = performed;
    this.sizes.push(history.length);
    this.overlap.add(history);
    const key = historyKey(history);
    let violated = this.judged.get(key);
    if (violated === undefined) {
      violated = this.judgeNew(performed);
      this.judged.set(key, violated);
    }
    for (const id of violated) this.violations.set(id, (this.violations.get(id) ?? 0) + 1);
    const end = history.at(-1);
    // A listed deviation that hangs costs a deadline each time: once is enough to know it.
    const isCostly = end?.ev === 'eot' && end.reason === 'deadline' && violated.length > 0;
    return isCostly || violated.some((id) => !this.isKnown(id));
  }

  private isKnown(id: string): boolean {
    const requirement = this.requirements.find((candidate) => candidate.id === id)!;
    return knownDeviation(requirement, this.driver.info) !== undefined;
  }

  private judgeNew(performed: Performed): readonly string[] {
    const { history, stacks = [], livelock } = performed;
    const { executions } = this;
    const violated: string[] = [];
    for (const [id, verdict] of check(history, this.relevant)) {
      const before = this.verdicts.get(id);
      this.verdicts.set(id, before === undefined ? verdict : mergeVerdicts(before, verdict));
      if (verdict.kind !== 'violated') continue;
      violated.push(id);
      const { block, index } = this.planned;
      if (this.found.has(id)) continue;
      this.found.set(id, { requirement: id, block, index, executions, how: performed.how, history, stacks });
    }
    const end = history.at(-1);
    if (violated.length === 0 && end?.ev === 'eot' && HUNG.has(end.reason) && this.inconclusive.length === 0) {
      this.inconclusive.push({
        kind: 'inconclusive',
        implementation: this.driver.info.key,
        program: this.planned.program.name,
        hash: this.hash,
        reason: livelock === undefined ? `ended by ${end.reason}` : `livelock: ${livelock}`,
        pending: end.pending,
        stacks,
      });
    }
    return violated;
  }

  /** Nothing answered any more and no history came: whatever the program asks about is not known. */
  private noteHang({ message: reason }: Fault): void {
    const { program } = this.planned;
    for (const { id } of this.relevant) {
      const verdict: Verdict = { kind: 'inconclusive', evidence: 0, reason };
      this.verdicts.set(id, mergeVerdicts(this.verdicts.get(id) ?? { kind: 'unexercised' }, verdict));
    }
    const { key } = this.driver.info;
    this.inconclusive.push({
      kind: 'inconclusive',
      implementation: key,
      program: program.name,
      hash: this.hash,
      reason,
      pending: [],
      stacks: [],
    });
  }

  private outcome(): ProgramOutcome {
    const { planned, sizes, executions } = this;
    sizes.sort((a, b) => a - b);
    const result: ProgramResult = {
      kind: 'program',
      implementation: this.driver.info.key,
      origin: planned.origin,
      block: planned.block,
      index: planned.index,
      hash: this.hash,
      program: planned.program,
      executions,
      histories: this.judged.size,
      certificates: this.certificates,
      events: { least: sizes[0] ?? 0, median: sizes[sizes.length >> 1] ?? 0, most: sizes.at(-1) ?? 0 },
      actors: this.overlap.actors,
      overlapped: this.overlap.histories,
      verdicts: Object.fromEntries(
        this.requirements.map(({ id }) => [id, withoutWitness(this.verdicts.get(id) ?? { kind: 'unexercised' })]),
      ),
      faults: this.faults,
    };
    return {
      result,
      found: [...this.found.values()],
      violations: Object.fromEntries(this.violations),
      inconclusive: this.inconclusive,
      ...(this.final === undefined ? {} : { final: this.final }),
    };
  }
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isHang({ code, party }: Fault): boolean {
  return code === 'hung' && party === 'implementation';
}

/** A program's line keeps the sentence; the events are in the counterexample. */
function withoutWitness(verdict: Verdict): Verdict {
  if (verdict.kind !== 'violated') return verdict;
  return { ...verdict, violation: { ...verdict.violation, events: [] } };
}
