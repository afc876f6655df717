import { MUTANTS, type Mutant } from '../../../impl/mutants/mutants.ts';
import { invariant } from '../../../spec/assert-never.ts';
import { CATALOGUE } from '../../../spec/catalogue.ts';
import type { Program } from '../../../spec/program.ts';
import { readExplorationPrograms } from '../../cases.ts';
import { SimulatedDriver } from '../../drive/simulated.ts';
import { STRATEGIES, type StrategyName } from '../../explore/strategies.ts';
import { violationOf } from '../../signature.ts';
import { meanOf } from './statistics.ts';
import { numeral, type Result, type Table } from './table.ts';

/** B5: how many executions of its requirement's program it takes to kill a mutant of the reference, by strategy. */
const SEEDS = 20;
/** The budget of a program by default. */
const EXECUTIONS_MAX = 2_000;

function programOf({ requirements, case: name }: Mutant): Program {
  const own = CATALOGUE.find(({ id }) => id === requirements[0])?.program;
  const program = name === undefined ? own : readExplorationPrograms().find((candidate) => candidate.name === name);
  invariant(program !== undefined, `no program for ${requirements[0]}`);
  return program;
}

/** The first execution that violates the mutant's requirement; undefined: none within the budget. */
function kill(mutant: Mutant, strategy: StrategyName, seed: number): number | undefined {
  const driver = new SimulatedDriver(`mutant:${mutant.id}`, [], strategy);
  const program = programOf(mutant);
  const requirement = CATALOGUE.find(({ id }) => id === mutant.requirements[0])!;
  for (let index = 0; index < EXECUTIONS_MAX; index++) {
    const trial = { kind: 'explore', index, executions: EXECUTIONS_MAX, seed: `kill/${seed}` } as const;
    const observation = driver.perform(program, trial);
    if (observation.kind === 'history' && violationOf(observation.history, requirement) !== undefined) return index + 1;
  }
  return undefined;
}

function cell(kills: readonly (number | undefined)[]): string {
  const found = kills.filter((executions) => executions !== undefined);
  const missed = kills.length - found.length;
  const mean = found.length === 0 ? '–' : numeral(meanOf(found));
  return missed === 0 ? mean : `${mean} (${missed} missed)`;
}

export function benchmarkKills(): Result {
  const data: { [mutant: string]: { [strategy: string]: readonly (number | undefined)[] } } = {};
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
  const rows = MUTANTS.map((mutant) => {
    const byStrategy = STRATEGIES.map((strategy) => seeds.map((seed) => kill(mutant, strategy, seed)));
    data[mutant.id] = Object.fromEntries(STRATEGIES.map((strategy, at) => [strategy, byStrategy[at]!]));
    return [`${mutant.id}: ${mutant.title}`, mutant.requirements[0]!, String(mutant.depth), ...byStrategy.map(cell)];
  });
  const table: Table = {
    title: `B5 mutants of the reference: executions to the kill, means of ${SEEDS} seeds, at most ${EXECUTIONS_MAX}`,
    columns: ['mutant', 'killed by', 'depth', ...STRATEGIES],
    rows,
    notes: ['`portfolio` as campaigns use it: schedules with at most one preemption come first.'],
  };
  return { tables: [table], data };
}
