import { afterAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../spec/catalogue.ts';
import { check } from '../spec/check.ts';
import type { History } from '../spec/history.ts';
import type { Requirement } from '../spec/requirement.ts';
import { bites, MUTATIONS, type Mutation } from './bite.ts';
import { SimulatedDriver } from './drive/simulated.ts';
import { historyKey } from './history-key.ts';

const HISTORIES = 20;
/** Executions among which a program must exercise its requirement so often. */
const EXECUTIONS_MAX = 200;
/** A kind of damage that turned none of so many histories is not tried on the others. */
const HISTORIES_TO_GIVE_UP = 4;
const driver = new SimulatedDriver('reference', []);

const inbound = CATALOGUE.find(({ id }) => id === 'C-TS-01')!.program;

/**
 * Executions on the reference that exercise the requirement: of its own program, or where that needs what the reference
 * has not (D-DBG-02: debug mode), of one that submits from another thread.
 */
function exercising(requirement: Requirement): readonly History[] {
  const isRunnable = requirement.program.needs.every((need) => driver.info.capabilities.includes(need));
  const program = isRunnable ? requirement.program : inbound;
  const histories: History[] = [];
  for (let index = 0; index < EXECUTIONS_MAX && histories.length < HISTORIES; index++) {
    const observation = driver.perform(program, { kind: 'explore', index, seed: 'bite' });
    if (observation.kind !== 'history') continue;
    const verdict = check(observation.history, [requirement]).get(requirement.id)!;
    if (verdict.kind === 'upheld') histories.push(observation.history);
  }
  return histories;
}

type Row = { readonly id: string; readonly histories: number; readonly bitten: ReadonlyMap<Mutation, number> };

/** How many of the histories each kind of damage turns; equal ones are damaged once. */
function rowOf(requirement: Requirement): Row {
  const histories = exercising(requirement);
  const turned = new Map<string, ReadonlySet<Mutation>>();
  const bitten = new Map<Mutation, number>(MUTATIONS.map((mutation) => [mutation, 0]));
  for (const history of histories) {
    const key = historyKey(history);
    const hopeful = turned.size < HISTORIES_TO_GIVE_UP ? MUTATIONS : MUTATIONS.filter((kind) => bitten.get(kind)! > 0);
    const kinds = turned.get(key) ?? bites(history, requirement, hopeful);
    turned.set(key, kinds);
    for (const kind of kinds) bitten.set(kind, bitten.get(kind)! + 1);
  }
  return { id: requirement.id, histories: histories.length, bitten };
}

describe('a judge bites: damage to a history of the reference turns its verdict', () => {
  const rows: Row[] = [];

  test.each(CATALOGUE.map((requirement) => [requirement.id, requirement] as const))('%s', (_, requirement) => {
    const row = rowOf(requirement);
    rows.push(row);
    expect(row.histories).toBe(HISTORIES);
    expect(Math.max(...row.bitten.values())).toBeGreaterThan(0);
  });

  afterAll(() => {
    const line = (cells: readonly (string | number)[]) =>
      cells
        .map((cell) => String(cell).padEnd(10))
        .join('')
        .trimEnd();
    const table = rows.map(({ id, histories, bitten }) => line([id, histories, ...bitten.values()]));
    process.stdout.write(`${[line(['judge', 'histories', ...MUTATIONS]), ...table].join('\n')}\n`);
  });
});
