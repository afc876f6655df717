import type { Deviation } from '../../spec/result.ts';
import { defaultPick, NOBODY, type Situation, type Strategy, type Tid } from './strategy.ts';

/** A recorded schedule: follows the default policy and makes the given deviations from it, in their order. */
export class Replay implements Strategy {
  private readonly deviations: readonly Deviation[];
  private position = 0;
  /** The first deviation that did not fit: its thread could not go on, or its moment never came. */
  misfit: Deviation | undefined;

  constructor(deviations: readonly Deviation[]) {
    this.deviations = deviations;
  }

  begin(): void {
    this.position = 0;
    this.misfit = undefined;
  }

  pick(enabled: number, situation: Situation): Tid {
    const { last, performed } = situation;
    for (;;) {
      const next = this.deviations[this.position];
      if (next === undefined) return defaultPick(enabled, situation);
      const moment = next.after === NOBODY ? 0 : (performed[next.after] ?? 0);
      if (next.after !== last || moment < next.operation) return defaultPick(enabled, situation);
      this.position++;
      if (moment === next.operation && (enabled & (1 << next.to)) !== 0) return next.to;
      this.misfit ??= next;
    }
  }

  /** A deviation that was never reached is a misfit too. */
  end(): void {
    this.misfit ??= this.deviations[this.position];
  }
}
