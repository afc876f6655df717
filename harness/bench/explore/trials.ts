import { invariant } from '../../../spec/assert-never.ts';
import { BoundedSearch } from '../../explore/bounded.ts';
import { Engine } from '../../explore/engine.ts';
import { findFreeProgram } from '../../explore/programs/catalogue.ts';
import type { FreeProgram } from '../../explore/programs/free-program.ts';
import type { Strategy } from '../../explore/strategy.ts';
import { CLOCK_EXPLORED } from './contestants.ts';

/** Executions that a trial may take: those until the first failing one, that one included; undefined if none failed. */
export type Trial = number | undefined;

export function programNamed(name: string): FreeProgram {
  const program = findFreeProgram(name);
  invariant(program !== undefined, `no program ${name}`);
  return program;
}

/** Leaves the failing execution in the engine, to be read. */
export function searchAtRandom(program: FreeProgram, engine: Engine, strategy: Strategy, executionsMax: number): Trial {
  const { machine } = engine;
  for (let execution = 1; execution <= executionsMax; execution++) {
    const { reason } = engine.run(program, strategy, CLOCK_EXPLORED);
    if (reason === 'step-cap') continue;
    if (program.failure({ isDone: machine.isDone, words: machine.objects.memory }) !== undefined) return execution;
  }
  return undefined;
}

/** Executions with no preemption, then those with one, as long as the budget lasts; cut prefixes count as executions. */
export function searchWithBounds(
  program: FreeProgram,
  executionsMax: number,
): { readonly trial: Trial; readonly executions: number } {
  const { machine } = new Engine();
  let hasFailed = false;
  const onComplete = (): void => {
    hasFailed ||= program.failure({ isDone: machine.isDone, words: machine.objects.memory }) !== undefined;
  };
  let executions = 0;
  for (const bound of [0, 1]) {
    const search = new BoundedSearch(machine, program, CLOCK_EXPLORED, bound, 'cache');
    while (!search.searched.isEmptied && executions < executionsMax) {
      executions++;
      search.advance(1, onComplete);
      if (hasFailed) return { trial: executions, executions };
    }
    if (search.searched.isEmptied && !search.searched.cut) break;
  }
  return { trial: undefined, executions };
}
