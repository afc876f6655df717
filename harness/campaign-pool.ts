import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Fault } from '../spec/fault.ts';
import type { Program } from '../spec/program.ts';
import type { BlockOptions, BlockResult } from './campaign-block.ts';
import type { ProgramOutcome } from './campaign-program.ts';
import type { Implementation } from './drive/implementation.ts';
import { packageRoot } from './package-root.ts';

export type Order =
  | {
      readonly kind: 'block';
      readonly implementation: Implementation;
      readonly block: number;
      readonly seed: string;
      readonly programs: number;
      readonly budget: number;
      readonly requirements: readonly string[];
      readonly cases: readonly Program[];
    }
  | { readonly kind: 'interrupt' };

export type Report =
  | { readonly kind: 'program'; readonly outcome: ProgramOutcome }
  /** The outcomes have been reported one by one. */
  | { readonly kind: 'block'; readonly final?: Fault }
  | { readonly kind: 'bug'; readonly message: string };

type Job = {
  readonly order: Extract<Order, { kind: 'block' }>;
  readonly onProgram: (outcome: ProgramOutcome) => void;
  readonly resolve: (result: BlockResult) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Performs blocks of virtual threads in child processes, so that the parent stays free for real ones and for the
 * person. What a block gives does not depend on which child performs it, nor on how many there are.
 */
export class CampaignPool {
  private readonly idle: ChildProcess[] = [];
  private readonly busy: Set<ChildProcess> = new Set();
  private readonly waiting: Job[] = [];

  constructor(workers: number) {
    const main = join(packageRoot(), 'dist', 'harness', 'campaign-worker.js');
    for (let worker = 0; worker < workers; worker++) {
      this.idle.push(fork(main, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
    }
    // Also when this process is told to end at once.
    process.on('exit', this.killAll);
  }

  /** `onProgram` hears of each finished program of the block. */
  perform(
    implementation: Implementation,
    block: number,
    options: BlockOptions,
    onProgram: (outcome: ProgramOutcome) => void,
  ): Promise<BlockResult> {
    const { seed, programs, budget, cases } = options;
    const requirements = options.requirements.map(({ id }) => id);
    const order = { kind: 'block' as const, implementation, block, seed, programs, budget, requirements, cases };
    return new Promise((resolve, reject) => {
      this.waiting.push({ order, onProgram, resolve, reject });
      this.assign();
    });
  }

  /** Blocks in hand end at once and report what they have. */
  interrupt(): void {
    for (const child of this.busy) child.send({ kind: 'interrupt' } satisfies Order);
  }

  close(): void {
    process.off('exit', this.killAll);
    this.killAll();
  }

  private readonly killAll = (): void => {
    for (const child of [...this.idle, ...this.busy]) child.kill('SIGKILL');
  };

  private assign(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) this.start(this.idle.pop()!, this.waiting.shift()!);
  }

  private start(child: ChildProcess, { order, onProgram, resolve, reject }: Job): void {
    this.busy.add(child);
    const outcomes: ProgramOutcome[] = [];
    const { block } = order;
    const settle = () => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      this.busy.delete(child);
    };
    const onMessage = (report: Report) => {
      if (report.kind === 'program') {
        outcomes.push(report.outcome);
        onProgram(report.outcome);
        return;
      }
      settle();
      if (report.kind === 'bug') reject(new Error(report.message));
      else resolve({ block, outcomes, ...(report.final === undefined ? {} : { final: report.final }) });
      this.idle.push(child);
      this.assign();
    };
    const onExit = (code: number | null, signal: string | null) => {
      settle();
      reject(new Error(`crossloop bug: a campaign worker ended with ${signal ?? `code ${code}`}`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send(order);
  }
}
