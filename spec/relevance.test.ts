import { describe, expect, test } from 'vitest';
import { SimulatedDriver } from '../harness/drive/simulated.ts';
import { generateProgram } from '../harness/generate/programs.ts';
import { CATALOGUE } from './catalogue.ts';
import { check } from './check.ts';
import type { History } from './history.ts';
import type { Program } from './program.ts';
import { relevantTo } from './relevance.ts';
import type { Requirement } from './requirement.ts';

const PROGRAMS = 30;
const EXECUTIONS = 10;
const driver = new SimulatedDriver('reference', []);

function historyOf(program: Program, index: number): History {
  const observation = driver.perform(program, { kind: 'explore', index, seed: 'relevance' });
  if (observation.kind !== 'history') throw new Error(observation.kind);
  return observation.history;
}

function leftOut(program: Program): readonly Requirement[] {
  const asked = new Set(relevantTo(program, CATALOGUE));
  return CATALOGUE.filter((requirement) => !asked.has(requirement));
}

describe('a requirement left out for a program', () => {
  const programs = [
    ...Array.from(
      { length: PROGRAMS },
      (_, n) => generateProgram('relevance', `0.${n}`, new Set(driver.info.capabilities))!.program,
    ),
    ...CATALOGUE.map(({ program }) => program).filter(({ needs }) =>
      needs.every((need) => driver.info.capabilities.includes(need)),
    ),
  ];

  test.each(programs.map((program) => [program.name, program] as const))(
    'has nothing to say of any history of %s',
    (_, program) => {
      const requirements = leftOut(program);
      for (let index = 0; index < EXECUTIONS; index++) {
        for (const verdict of check(historyOf(program, index), requirements).values())
          expect(verdict).toEqual({ kind: 'unexercised' });
      }
    },
  );

  test('is most of the catalogue for a program of one operation, and none of it where a loop is made twice', () => {
    const program: Program = {
      format: 1,
      name: 'one',
      needs: [],
      gates: [],
      bodies: {},
      main: [{ op: 'newLoop' }, { op: 'close' }],
    };
    expect(leftOut(program).length).toBeGreaterThan(CATALOGUE.length / 2);
    expect(leftOut({ ...program, main: [{ op: 'newLoop' }, { op: 'newLoop' }] })).toEqual([]);
  });

  test('is not its own program’s, nor can a broken judge hide behind it', () => {
    for (const requirement of CATALOGUE) expect(relevantTo(requirement.program, [requirement])).toEqual([requirement]);
    const broken = {
      ...CATALOGUE[0]!,
      judge: () => {
        throw new TypeError('a bug');
      },
    };
    expect(() => relevantTo(broken.program, [broken])).toThrow('a bug');
  });
});
