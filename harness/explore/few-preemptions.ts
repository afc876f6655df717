import { CLOCK, defaultPick, lowest, type Situation, type Strategy, type Tid } from './strategy.ts';

const BOUND_MAX = 1;

/**
 * Every schedule without a preemption, then every one with at most one, depth first: most bugs of small programs show
 * there. For the start of a budget, since it knows no cache and keeps no tree but the branch in hand. It must meet the
 * same choices again: one object serves one program under one clock.
 */
export class FewPreemptions implements Strategy {
  private readonly chosen: Tid[] = [];
  /** Threads still to be tried at each decision of the branch, and preemptions before it. */
  private readonly left: number[] = [];
  private readonly used: number[] = [];
  /** 1: choosing another than the first is a preemption. */
  private readonly prices: number[] = [];
  private position = 0;
  private bound = 0;
  /** All of them were performed: what it picks now, it picked before. */
  isExhausted = false;

  begin(): void {
    this.position = 0;
  }

  pick(enabled: number, situation: Situation): Tid {
    const at = this.position++;
    if (at === this.chosen.length) this.append(at, enabled, situation);
    return this.chosen[at]!;
  }

  end(): void {
    const { chosen, left } = this;
    while (chosen.length > 0 && left[chosen.length - 1] === 0) this.drop();
    if (chosen.length > 0) {
      const at = chosen.length - 1;
      const next = lowest(left[at]!);
      left[at]! &= ~(1 << next);
      chosen[at] = next;
      this.used[at + 1] = this.used[at]! + this.prices[at]!;
    } else if (this.bound < BOUND_MAX) this.bound++;
    else this.isExhausted = true;
  }

  private append(at: number, enabled: number, situation: Situation): void {
    const first = defaultPick(enabled, situation);
    const price = first === situation.last && first !== CLOCK ? 1 : 0;
    const used = at === 0 ? 0 : this.used[at]!;
    this.chosen.push(first);
    this.left.push(used + price > this.bound ? 0 : enabled & ~(1 << first));
    this.prices.push(price);
    this.used[at] = used;
    this.used[at + 1] = used;
  }

  private drop(): void {
    this.chosen.pop();
    this.left.pop();
    this.prices.pop();
  }
}
