import type { Visible, VisibleOp } from '../../../impl/platform.ts';
import { type FreeProgram, freeProgram, load, store } from '../../explore/programs/free-program.ts';
import type { ThreadCode } from '../../explore/subject.ts';

const WORD = 0;

/** So many times: load the word, store one more; then, if asked to, one last load. */
class Counting implements ThreadCode {
  private readonly read: VisibleOp = load(WORD);
  private readonly write: VisibleOp = store(WORD, 0);
  private readonly rounds: number;
  private readonly readsLast: boolean;

  constructor(rounds: number, readsLast: boolean) {
    this.rounds = rounds;
    this.readsLast = readsLast;
  }

  *run(): Visible<void> {
    for (let round = 0; round < this.rounds; round++) {
      this.write.a = ((yield this.read) as number) + 1;
      yield this.write;
    }
    if (this.readsLast) yield this.read;
  }
}

/** How often each of so many threads counts. It claims nothing: what is measured is the exploring alone. */
export type Counter = { readonly threads: number; readonly rounds: number; readonly readsLast: boolean };

/** 3 threads of 5 operations, 5 threads of 20; each operation on the one word. */
export const COUNTERS: { readonly [name in CounterName]: Counter } = {
  counter3x5: { threads: 3, rounds: 2, readsLast: true },
  counter5x20: { threads: 5, rounds: 10, readsLast: false },
};

export type CounterName = 'counter3x5' | 'counter5x20';

export function counterProgram(name: CounterName): FreeProgram {
  const { threads, rounds, readsLast } = COUNTERS[name];
  const codes = Array.from({ length: threads }, () => new Counting(rounds, readsLast));
  return freeProgram(name, [0], codes, () => undefined);
}
