import { describe, expect, test } from 'vitest';
import { MUTANTS } from '../../impl/mutants/mutants.ts';
import { CATALOGUE } from '../../spec/catalogue.ts';
import type { Counterexample, Deviation } from '../../spec/result.ts';
import { FIXED_BLOCK, type Planned } from '../campaign-plan.ts';
import { type Found, ProgramRun } from '../campaign-program.ts';
import { Explainer } from '../counterexample.ts';
import type { Driver } from '../drive/driver.ts';
import { SimulatedDriver } from '../drive/simulated.ts';
import { replaysPerTurn } from '../limits.ts';
import { replayCase } from '../replay.ts';
import { signatureOf, violationOf } from '../signature.ts';
import { parseToken } from './token.ts';

/** Whose counterexamples are races: some order of the same steps upholds the requirement. */
const RACES: readonly string[] = ['P001', 'P003', 'P004'];

async function find(
  id: string,
): Promise<{ readonly driver: Driver; readonly planned: Planned; readonly found: Found }> {
  const mutant = MUTANTS.find((candidate) => candidate.id === id)!;
  const driver = new SimulatedDriver(`mutant:${id}`, []);
  const [requirement] = CATALOGUE.filter((candidate) => candidate.id === mutant.requirements[0]);
  const planned: Planned = { origin: 'requirement', block: FIXED_BLOCK, index: 0, program: requirement!.program };
  const { found } = await new ProgramRun(planned, driver, [requirement!]).run('shrink', 2000, () => false);
  return { driver, planned, found: found[0]! };
}

function requirementOf({ requirement }: Found) {
  return CATALOGUE.find(({ id }) => id === requirement)!;
}

async function explain(id: string): Promise<{ readonly driver: Driver; readonly counterexample: Counterexample }> {
  const { driver, planned, found } = await find(id);
  const explained = await new Explainer(driver, requirementOf(found), found, planned, () => 0).explain();
  if (explained.kind !== 'counterexample') throw new Error(explained.kind);
  return { driver, counterexample: explained };
}

function scheduleOf({ reproduction }: Counterexample) {
  if (reproduction.kind !== 'schedule') throw new Error('a schedule was expected');
  return reproduction;
}

describe.each(RACES)('the race of mutant %s', async (id) => {
  const { driver, counterexample } = await explain(id);
  const { program, requirement, criticalSwap } = counterexample;
  const { clock, deviations } = scheduleOf(counterexample);

  test('goes away in a strict replay of its critical swap', async () => {
    const { token, deviations: passing } = criticalSwap!.passing;
    expect(parseToken(token)).toEqual({ hash: counterexample.hash, clock, spurious: false, deviations: passing });
    const how = { kind: 'schedule', clock, deviations: passing } as const;
    const options = { repeat: 2, lenient: false, requirements: CATALOGUE };
    expect(await replayCase({ program, how, requirement }, driver, options)).toMatchObject({ outcome: 'upheld' });
  });

  test('shows in a schedule that can spare no single deviation', async () => {
    const judge = CATALOGUE.find((candidate) => candidate.id === requirement)!;
    const signature = async (tried: readonly Deviation[]) => {
      const how = { kind: 'schedule', clock, deviations: tried } as const;
      const seen = await driver.perform(program, { kind: 'replay', how, lenient: true });
      const violation = seen.kind === 'history' ? violationOf(seen.history, judge) : undefined;
      return violation && signatureOf(requirement, violation.events);
    };
    expect(await signature(deviations)).toBe(counterexample.signature);
    for (let at = 0; at < deviations.length; at++) {
      expect(await signature(deviations.toSpliced(at, 1))).not.toBe(counterexample.signature);
    }
  });

  test('is told by operations of two threads, each between records of its own', () => {
    const { first, second, difference } = criticalSwap!;
    expect(new Set([first.th, second.th]).size).toBe(2);
    for (const { th, after, before } of [first, second]) {
      const threadOf = (seq: number | undefined) =>
        counterexample.history.find((event) => event.seq === seq)?.th.replace('M', 'L');
      expect(threadOf(after)).toBe(th);
      expect([th, undefined]).toContain(threadOf(before));
    }
    expect(difference?.there?.th).toBeDefined();
  });
});

test('what every schedule shows has no critical swap', async () => {
  const { counterexample } = await explain('article-direct');
  expect(scheduleOf(counterexample).deviations).toEqual([]);
  expect(counterexample.criticalSwap).toBeUndefined();
});

describe('an interrupted explanation', () => {
  test('is the failure as it was found', async () => {
    const { driver, planned, found } = await find('P003');
    const explainer = new Explainer(
      driver,
      requirementOf(found),
      found,
      planned,
      () => 0,
      () => true,
    );
    const explained = await explainer.explain();
    expect(explained).toMatchObject({
      kind: 'counterexample',
      requirement: found.requirement,
      reproduction: found.how,
    });
    expect(explained).not.toHaveProperty('criticalSwap');
  });

  test('ends soon although virtual threads never wait', async () => {
    const { driver, planned, found } = await find('P031');
    let performances = 0;
    const counting: Driver = {
      info: driver.info,
      bounds: driver.bounds,
      notes: driver.notes,
      perform: (program, trial) => {
        performances++;
        return driver.perform(program, trial);
      },
      close: () => driver.close(),
    };
    let stopped = false;
    setImmediate(() => {
      stopped = true;
    });
    await new Explainer(
      counting,
      requirementOf(found),
      found,
      planned,
      () => 0,
      () => stopped,
    ).explain();
    expect(performances).toBeLessThanOrEqual(2 * replaysPerTurn);
  });
});
