import type { Deviation } from '../../spec/result.ts';
import type { Attempts, Performed, Performer } from './performer.ts';

/** A failing execution, and whether it was shown that none of its deviations can be left out alone. */
type Minimal<P> = { readonly best: P; readonly isMinimal: boolean };

/**
 * Delta debugging over the deviations of failing executions. Deviations are addressed by thread and operation, so that
 * removing one leaves the meaning of the others alone; those that no longer fit are dropped by the replay itself. What
 * was tried once is not tried again.
 */
export class DeviationRemoval<P extends Performed> {
  private readonly performer: Pick<Performer<P>, 'replay'>;
  private readonly attempts: Attempts;
  private readonly refused: Set<string> = new Set();
  private isOut = false;

  constructor(performer: Pick<Performer<P>, 'replay'>, attempts: Attempts) {
    this.performer = performer;
    this.attempts = attempts;
  }

  /**
   * Returns an execution that still fails alike and from which no single deviation can be removed; out of attempts, the
   * best so far. Begins with everything at once, then with halves.
   */
  async shrink(first: P): Promise<Minimal<P>> {
    const { length } = first.deviations;
    let best = length > 0 ? await this.without(first, 0, length) : first;
    for (let size = Math.ceil(best.deviations.length / 2); size > 1; size = Math.ceil(size / 2)) {
      best = await this.sweep(best, size);
    }
    for (;;) {
      const smaller = await this.sweep(best, 1);
      // A last sweep that removed nothing is the proof that the result is minimal.
      if (smaller === best) return { best, isMinimal: !this.isOut };
      best = smaller;
    }
  }

  /** From the end: what comes after the failure was decided is in vain, and it is the most. */
  private async sweep(first: P, size: number): Promise<P> {
    let best = first;
    for (let to = best.deviations.length; to > 0 && !this.isOut; ) {
      const from = Math.max(0, to - size);
      best = await this.without(best, from, to);
      to = Math.min(from, best.deviations.length);
    }
    return best;
  }

  /** Without some of its deviations, if it still fails alike. */
  private async without(failing: P, from: number, to: number): Promise<P> {
    const candidate = [...failing.deviations.slice(0, from), ...failing.deviations.slice(to)];
    const key = keyOf(candidate);
    if (this.refused.has(key)) return failing;
    this.isOut = !this.attempts.take();
    if (this.isOut) return failing;
    const performed = await this.performer.replay(candidate);
    if (performed?.outcome === 'fails') return performed;
    this.refused.add(key);
    return failing;
  }
}

function keyOf(deviations: readonly Deviation[]): string {
  return deviations.map(({ after, operation, to }) => `${after}.${operation}.${to}`).join();
}
