import type { Fault } from '../spec/fault.ts';
import type { Program } from '../spec/program.ts';
import type { BlockOptions, BlockResult } from './campaign-block.ts';
import type { ProgramOutcome } from './campaign-program.ts';
import { ChildPool } from './child-pool.ts';
import type { Implementation } from './drive/implementation.ts';

/** A block of a campaign's programs, as a child process is told of it. Its outcomes are reported one by one. */
export type BlockOrder = {
  readonly implementation: Implementation;
  readonly block: number;
  readonly seed: string;
  readonly programs: number;
  readonly budget: number;
  readonly requirements: readonly string[];
  readonly cases: readonly Program[];
  readonly explorations: readonly Program[];
};
export type BlockEnd = { readonly final?: Fault };

/** Performs blocks of virtual threads in child processes. */
export class CampaignPool {
  private readonly children: ChildPool<BlockOrder, ProgramOutcome, BlockEnd>;

  constructor(workers: number) {
    this.children = new ChildPool('campaign-worker.js', workers);
  }

  /** `onProgram` hears of each finished program of the block. */
  async perform(
    implementation: Implementation,
    block: number,
    options: BlockOptions,
    onProgram: (outcome: ProgramOutcome) => void,
  ): Promise<BlockResult> {
    const { seed, programs, budget, cases, explorations } = options;
    const requirements = options.requirements.map(({ id }) => id);
    const order: BlockOrder = { implementation, block, seed, programs, budget, requirements, cases, explorations };
    const outcomes: ProgramOutcome[] = [];
    const end = await this.children.perform(order, (outcome) => {
      outcomes.push(outcome);
      onProgram(outcome);
    });
    return { block, outcomes, ...end };
  }

  interrupt(): void {
    this.children.interrupt();
  }

  close(): void {
    this.children.close();
  }
}
