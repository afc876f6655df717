import { expect, test } from 'vitest';
import { CATALOGUE } from '../spec/catalogue.ts';
import { check } from '../spec/check.ts';
import { SimulatedDriver } from './drive/simulated.ts';

const EXECUTIONS = 100;
const driver = new SimulatedDriver('reference', []);
const declared = new Set(driver.info.capabilities);
const runnable = CATALOGUE.filter(({ program }) => program.needs.every((need) => declared.has(need)));

test('all but one of the requirements can be exercised by their own programs on the reference', () => {
  // D-DBG-02 asks about debug mode, which the reference does not have.
  expect(CATALOGUE.length - runnable.length).toBe(1);
});

test.each(runnable.map((requirement) => [requirement.id, requirement] as const))(
  'the program of %s reaches its antecedent in every schedule, and the reference upholds it',
  (id, requirement) => {
    for (let index = 0; index < EXECUTIONS; index++) {
      const observation = driver.perform(requirement.program, { kind: 'explore', index, seed: 'antecedent' });
      if (observation.kind !== 'history') throw new Error('no history');
      expect(check(observation.history, [requirement]).get(id)).toMatchObject({ kind: 'upheld' });
    }
  },
);
