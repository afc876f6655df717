import { expect, test } from 'vitest';
import { MUTANTS } from '../impl/mutants/mutants.ts';
import { CATALOGUE } from '../spec/catalogue.ts';
import { check } from '../spec/check.ts';
import { FIXED_BLOCK, planBlock } from './campaign-plan.ts';
import { SimulatedDriver } from './drive/simulated.ts';
import { historyKey } from './history-key.ts';

const EXECUTIONS = 60;

/** What the campaign relies on: of histories with one key, one judgement serves all. */
test.each(['reference', ...MUTANTS.map(({ id }) => `mutant:${id}`)])(
  'histories of %s with one key have one set of violations',
  (key) => {
    const driver = new SimulatedDriver(key, []);
    const options = { seed: 'audit', programs: 12, cases: [], explorations: [], requirements: CATALOGUE };
    let shared = 0;
    for (const block of [FIXED_BLOCK, 0]) {
      for (const { program } of planBlock(block, options, driver)) {
        const violated = new Map<string, string>();
        for (let index = 0; index < EXECUTIONS; index++) {
          const observation = driver.perform(program, { kind: 'explore', index, seed: 'audit' });
          if (observation.kind !== 'history') throw new Error('no history');
          const verdicts = [...check(observation.history, CATALOGUE)];
          const ids = verdicts.flatMap(([id, { kind }]) => (kind === 'violated' ? [id] : [])).join();
          const history = historyKey(observation.history);
          if (violated.has(history)) shared++;
          expect(violated.get(history) ?? ids).toBe(ids);
          violated.set(history, ids);
        }
      }
    }
    expect(shared).toBeGreaterThan(1000);
  },
);
