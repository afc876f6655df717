import type { Seed } from '../seed.ts';
import { Priorities } from './priorities.ts';
import type { Situation, Strategy, Tid } from './strategy.ts';

/**
 * Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010). Threads get random priorities when they are first
 * seen, and the highest of the enabled goes on; at depth - 1 change points, drawn among the decisions, the thread that
 * ran last falls below all others. The depth is drawn anew for each execution, uniform in 1 … `depthMax`: with a fixed
 * depth as large as a short program has decisions, every decision is a change point and nothing is random.
 *
 * Among the fallen the order is random too, as in the paper. The number of decisions, k, is the most that earlier
 * executions had, so the first one has no change points. The clock is a thread, and so is a waiting one whose return
 * is a choice. A thread that polls keeps its priority, since nothing shows that it polls: for a program that polls, a
 * single execution may run into the step cap.
 */
export class Pct implements Strategy {
  private readonly seed: Seed;
  private readonly depthMax: number;
  private readonly priorities: Priorities;
  /** Decisions before which a thread falls; at the i-th it falls to priority -1 - i. */
  private readonly points: Int32Array;
  private pointCount = 0;
  private decisions = 0;
  private decisionsMax = 0;

  constructor(seed: Seed, depthMax = 4) {
    this.seed = seed;
    this.depthMax = depthMax;
    this.priorities = new Priorities(seed);
    this.points = new Int32Array(depthMax);
  }

  begin(): void {
    const { seed, points } = this;
    this.priorities.holders = 0;
    this.decisions = 0;
    this.pointCount = 0;
    const places = Math.max(this.decisionsMax - 1, 0);
    const count = Math.min(seed.below(this.depthMax), places);
    while (this.pointCount < count) {
      const point = 1 + seed.below(places);
      if (this.pointAt(point) < 0) points[this.pointCount++] = point;
    }
  }

  pick(enabled: number, situation: Situation): Tid {
    const point = this.pointAt(this.decisions++);
    if (point >= 0) this.priorities.set(situation.last, -1 - point);
    return this.priorities.highest(enabled);
  }

  end(): void {
    this.decisionsMax = Math.max(this.decisionsMax, this.decisions);
  }

  /** Which change point this decision is; -1 if none. */
  private pointAt(decision: number): number {
    for (let point = 0; point < this.pointCount; point++) if (this.points[point] === decision) return point;
    return -1;
  }
}
