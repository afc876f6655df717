import type { Fault } from '../spec/fault.ts';
import type { Program } from '../spec/program.ts';
import type { Requirement } from '../spec/requirement.ts';
import { applicable, planBlock } from './campaign-plan.ts';
import { type ProgramOutcome, ProgramRun } from './campaign-program.ts';
import type { Driver } from './drive/driver.ts';

/** What is the same for every block of a campaign. */
export type BlockOptions = {
  readonly seed: string;
  readonly programs: number;
  /** Executions a program. */
  readonly budget: number;
  readonly requirements: readonly Requirement[];
  readonly cases: readonly Program[];
  readonly explorations: readonly Program[];
};

export type BlockResult = {
  readonly block: number;
  readonly outcomes: readonly ProgramOutcome[];
  readonly final?: Fault;
};

/**
 * Performs and judges the programs of one block, in order. `stop` is asked between executions (an interrupted block
 * reports what it did); `onProgram` hears of each finished program.
 */
export async function runBlock(
  block: number,
  options: BlockOptions,
  driver: Driver,
  stop: () => boolean,
  onProgram: (outcome: ProgramOutcome) => void,
): Promise<BlockResult> {
  const requirements = applicable(options.requirements, driver);
  const outcomes: ProgramOutcome[] = [];
  for (const planned of planBlock(block, options, driver)) {
    if (stop()) break;
    const outcome = await new ProgramRun(planned, driver, requirements).run(options.seed, options.budget, stop);
    outcomes.push(outcome);
    onProgram(outcome);
    // Virtual threads never wait: without this an interruption would not be heard before the block is over.
    await new Promise((resolve) => setImmediate(resolve));
    if (outcome.final !== undefined) return { block, outcomes, final: outcome.final };
  }
  return { block, outcomes };
}
