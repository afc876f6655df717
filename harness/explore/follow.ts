import { defaultPick, type Situation, type Strategy, type Tid } from './strategy.ts';

/**
 * Follows an order of steps, given by their threads, as far as it can be followed: where the next step's thread cannot
 * go on, the default policy decides; a step that was performed meanwhile is passed over.
 */
export class Follow implements Strategy {
  private readonly order: readonly Tid[];
  /** How many operations of its thread each step of the order is. */
  private readonly counts: readonly number[];
  private position = 0;

  constructor(order: readonly Tid[]) {
    this.order = order;
    const performed = new Map<Tid, number>();
    this.counts = order.map((tid) => {
      const count = (performed.get(tid) ?? 0) + 1;
      performed.set(tid, count);
      return count;
    });
  }

  begin(): void {
    this.position = 0;
  }

  pick(enabled: number, situation: Situation): Tid {
    for (; this.position < this.order.length; this.position++) {
      const tid = this.order[this.position]!;
      if (situation.performed[tid]! >= this.counts[this.position]!) continue;
      return (enabled & (1 << tid)) !== 0 ? tid : defaultPick(enabled, situation);
    }
    return defaultPick(enabled, situation);
  }

  end(): void {}
}
