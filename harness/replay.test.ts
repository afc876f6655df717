import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../spec/catalogue.ts';
import type { Program } from '../spec/program.ts';
import type { Counterexample } from '../spec/result.ts';
import { FIXED_BLOCK, type Planned } from './campaign-plan.ts';
import { ProgramRun } from './campaign-program.ts';
import { Explainer } from './counterexample.ts';
import type { Driver } from './drive/driver.ts';
import { SimulatedDriver } from './drive/simulated.ts';
import { findCase, type ReplayCase, replayCase } from './replay.ts';
import { formatToken, programHash } from './shrink/token.ts';

const mutant = new SimulatedDriver('mutant:P001', []);
const reference = new SimulatedDriver('reference', []);
const requirement = CATALOGUE.find(({ id }) => id === 'C-TS-01')!;
const options = { repeat: 2, lenient: false, requirements: CATALOGUE };
const folder = mkdtempSync(join(tmpdir(), 'crossloop-replay-'));
const file = join(folder, 'case.json');
let saved: Counterexample;

/** One that no named program has. */
const renamed: Program = { ...requirement.program, gates: [...requirement.program.gates, 'unused'] };

function found(subject: string, folders: readonly string[] = []): ReplayCase {
  const answer = findCase(subject, folders);
  if (typeof answer === 'string') throw new Error(answer);
  return answer;
}

beforeAll(async () => {
  const plan: Planned = { origin: 'requirement', block: FIXED_BLOCK, index: 0, program: renamed };
  const outcome = await new ProgramRun(plan, mutant, [requirement]).run('replay', 2000, () => false);
  const explained = await new Explainer(mutant, requirement, outcome.found[0]!, plan, () => 0).explain();
  if (explained.kind !== 'counterexample') throw new Error(explained.kind);
  saved = explained;
  writeFileSync(file, JSON.stringify(saved));
  writeFileSync(join(folder, 'other.json'), '{"kind":"something else"}');
  writeFileSync(join(folder, 'broken.json'), '{');
});

afterAll(() => rmSync(folder, { recursive: true }));

function token(): string {
  if (saved.reproduction.kind !== 'schedule') throw new Error('a schedule was expected');
  return saved.reproduction.token;
}

describe('a case', () => {
  test('is found by its file, and shows the same violation each time', async () => {
    const replayed = await replayCase(found(file), mutant, options);
    expect(replayed).toMatchObject({ outcome: 'violated', shown: 2, repeats: 2, message: '2 of 2' });
    expect(replayed.seen).toMatchObject({
      requirement: 'C-TS-01',
      explanation: saved.explanation,
      history: saved.history,
    });
  });

  test('is found by its token among the files of a folder', async () => {
    const answer = found(token(), [join(folder, 'missing'), folder]);
    expect(answer).toMatchObject({ program: renamed, requirement: 'C-TS-01' });
    expect((await replayCase(answer, mutant, options)).outcome).toBe('violated');
  });

  test('is found by its token among the named programs, with no requirement in particular', () => {
    const { program } = requirement;
    const named = found(formatToken({ hash: programHash(program), clock: 'late', spurious: false, deviations: [] }));
    expect(named).toMatchObject({
      program,
      requirement: undefined,
      how: { kind: 'schedule', clock: 'late', spurious: false, deviations: [] },
    });
  });

  test.each([
    ['xl1.00000000.AA', 'no program with the hash 00000000'],
    ['nonsense', '"nonsense" is neither a token (xl1.…) nor a case file'],
  ])('is not found by %s, and it says why', (subject, why) => expect(findCase(subject, [])).toContain(why));

  test('is not read from a file that is none', () => {
    expect(findCase(join(folder, 'other.json'), [])).toContain('is no case file of format 1');
    expect(findCase(join(folder, 'broken.json'), [])).toContain('cannot be read');
  });
});

describe('a replay', () => {
  test('of a fixed implementation upholds', async () => {
    const replayed = await replayCase(found(file), reference, { ...options, lenient: true });
    expect(replayed).toMatchObject({ outcome: 'upheld', shown: 0, repeats: 2 });
    expect(replayed.seen).toBeUndefined();
  });

  test('of a schedule that no longer fits says so if it is strict, and goes on if it is lenient', async () => {
    const how = { kind: 'schedule', clock: 'late', deviations: [{ after: 0, operation: 100_000, to: 1 }] } as const;
    const misfit: ReplayCase = { program: renamed, how, requirement: undefined };
    const strict = await replayCase(misfit, mutant, options);
    expect(strict).toMatchObject({ outcome: 'cannot-tell', repeats: 0 });
    expect(strict.message).toContain('program or implementation changed');
    expect((await replayCase(misfit, mutant, { ...options, lenient: true })).outcome).not.toBe('cannot-tell');
  });

  test('of a perturbation means nothing to virtual threads', async () => {
    const how = { kind: 'perturbation', seed: 1, noise: 0, switchIntervalUs: 5, fresh: true } as const;
    const replayed = await replayCase({ program: renamed, how, requirement: undefined }, mutant, options);
    expect(replayed.outcome).toBe('cannot-tell');
  });

  test('in which the implementation fails to answer cannot tell', async () => {
    const fault = { code: 'exited', party: 'implementation', message: 'it ended', hint: '' } as const;
    const dying: Driver = { ...mutantAsDriver(), perform: () => ({ kind: 'fault', fault }) };
    expect(await replayCase(found(file), dying, options)).toMatchObject({
      outcome: 'cannot-tell',
      message: 'it ended',
    });
  });
});

describe('what was found and cannot be repeated', () => {
  test('on virtual threads is a fault of crossloop, not of the implementation', async () => {
    const plan: Planned = { origin: 'requirement', block: FIXED_BLOCK, index: 0, program: renamed };
    const { found: founds } = await new ProgramRun(plan, mutant, [requirement]).run('replay', 2000, () => false);
    const explained = await new Explainer(reference, requirement, founds[0]!, plan, () => 0).explain();
    expect(explained).toMatchObject({ kind: 'fault', fault: { code: 'nondeterministic', party: 'crossloop' } });
  });
});

function mutantAsDriver(): Driver {
  const { info, bounds, notes } = mutant;
  return {
    info,
    bounds,
    notes,
    perform: (program, trial) => mutant.perform(program, trial),
    close: () => mutant.close(),
  };
}
