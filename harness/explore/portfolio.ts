import type { Seed } from '../seed.ts';
import { Pct } from './pct.ts';
import { Pos } from './pos.ts';
import { RandomWalk } from './random-walk.ts';
import type { Situation, Strategy, Tid } from './strategy.ts';
import { Surw } from './surw.ts';

/**
 * POS, SURW, PCT and a random walk in turn, one execution each, since none of them is safe alone: there are programs
 * whose bug one of them never finds. Each has its own stream of randomness and learns from its own executions only.
 * Every round starts one further, so that each of them meets both clocks of `clockOf`.
 */
export class Portfolio implements Strategy {
  private readonly members: readonly Strategy[];
  private begun = 0;
  private member: Strategy;

  constructor(seed: Seed) {
    const first = new Pos(seed.fork('pos'));
    this.members = [first, new Surw(seed.fork('surw')), new Pct(seed.fork('pct')), new RandomWalk(seed.fork('random'))];
    this.member = first;
  }

  begin(): void {
    const { begun, members } = this;
    this.member = members[(begun + Math.floor(begun / members.length)) % members.length]!;
    this.begun++;
    this.member.begin();
  }

  pick(enabled: number, situation: Situation): Tid {
    return this.member.pick(enabled, situation);
  }

  end(situation: Situation): void {
    this.member.end(situation);
  }
}
