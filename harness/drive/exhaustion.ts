import type { Program } from '../../spec/program.ts';
import type { ClockMode } from '../../spec/result.ts';
import { certificate } from '../certificate.ts';
import { threadOf } from '../explore/access.ts';
import { Search } from '../explore/exhaustive.ts';
import { Follow } from '../explore/follow.ts';
import { estimateExecutions } from '../explore/knuth.ts';
import type { Liberties, Subject } from '../explore/subject.ts';
import { exhaustionDives, exhaustionShare } from '../limits.ts';
import { Seed } from '../seed.ts';
import type { Performed } from './driver.ts';
import type { SimulatedDriver } from './simulated.ts';

/**
 * All interleavings of a small program, under each clock in turn, one complete execution after the other. Whoever uses
 * it performs nothing else on the driver between two of them.
 */
export class Exhaustion {
  /** Performed so far, those that were given up among them. */
  executions = 0;
  /** Of the clocks whose searches came to their end. */
  readonly certificates: string[] = [];
  private readonly driver: SimulatedDriver;
  private readonly subject: Subject;
  private readonly clocks: readonly ClockMode[];
  private readonly executionsMax: number;
  private at = 0;
  private search: Search | undefined;
  /** The most in one execution under the clock in hand. */
  private threads = 0;
  private advances = 0;

  private constructor(driver: SimulatedDriver, subject: Subject, clocks: readonly ClockMode[], executionsMax: number) {
    this.driver = driver;
    this.subject = subject;
    this.clocks = clocks;
    this.executionsMax = executionsMax;
  }

  /** Undefined: the program is too large for its budget, by an estimate, or `clocks` is empty. */
  static of(
    driver: SimulatedDriver,
    program: Program,
    clocks: readonly ClockMode[],
    budget: number,
  ): Exhaustion | undefined {
    const subject = driver.subject(program);
    const share = Math.floor(budget * exhaustionShare);
    const dives = Math.min(exhaustionDives, Math.floor(share / 10));
    if (dives === 0) return undefined;
    let expected = 0;
    for (const clock of clocks) {
      const { machine } = driver.engine;
      const liberties = { clock, spurious: false };
      const seed = new Seed(`estimate/${clock}`);
      expected += estimateExecutions(machine, subject, liberties, 'sleep-sets', dives, seed).executions.mean;
      if (expected > share) return undefined;
    }
    return new Exhaustion(driver, subject, clocks, share);
  }

  /** The next complete execution; undefined when there is none, or no budget for it. */
  next(): Performed | undefined {
    const { machine } = this.driver.engine;
    while (this.at < this.clocks.length && this.executions < this.executionsMax) {
      const clock = this.clocks[this.at]!;
      const liberties: Liberties = { clock, spurious: false };
      if (this.search === undefined) {
        this.search = new Search(machine, this.subject, liberties, 'sleep-sets');
        this.threads = 0;
        this.advances = 0;
        machine.kinds = 0;
      }
      const { search } = this;
      if (search.searched.isEmptied) {
        const { threads, advances } = this;
        const covered = { searched: search.searched, threads, advances, kinds: machine.kinds };
        const text = certificate(covered, liberties, 'real-time');
        if (text !== undefined) this.certificates.push(text);
        this.search = undefined;
        this.at++;
        continue;
      }
      let isComplete = false;
      search.advance(1, () => {
        isComplete = true;
      });
      this.executions++;
      if (isComplete) return this.performed(liberties);
    }
    return undefined;
  }

  private performed(liberties: Liberties): Performed {
    const { driver, subject } = this;
    const { engine } = driver;
    const { machine } = engine;
    this.threads = Math.max(this.threads, machine.threads);
    this.advances = Math.max(this.advances, machine.advances);
    return {
      kind: 'history',
      history: driver.history(machine.isDone ? 'done' : 'deadlock', liberties.clock),
      // A search keeps orders of steps, not deviations: few of its executions are asked how they came about.
      get how() {
        const order = [...machine.log.subarray(0, machine.steps)].map(threadOf);
        engine.run(subject, new Follow(order), liberties);
        return { kind: 'schedule', ...liberties, deviations: engine.deviations() } as const;
      },
    };
  }
}
