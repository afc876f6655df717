import { describe, expect, test } from 'vitest';
import { writeRun } from '../reports/jsonl.ts';
import { CATALOGUE } from '../spec/catalogue.ts';
import type { Program } from '../spec/program.ts';
import type { RunResult } from '../spec/result.ts';
import { type CampaignOptions, type Progress, runCampaign } from './campaign.ts';
import type { Implementation } from './drive/implementation.ts';
import { programHash } from './shrink/token.ts';
import { violationOf } from './signature.ts';

const REFERENCE: Implementation = { kind: 'simulated', key: 'reference', options: [], strategy: 'portfolio' };
const DEAD: Implementation = {
  kind: 'process',
  key: 'dead',
  options: [],
  command: 'exit 3',
  env: {},
  set: {},
  timeScale: 1,
};

function mutant(id: string): Implementation {
  return { kind: 'simulated', key: `mutant:${id}`, options: ['--impl', `mutant:${id}`], strategy: 'portfolio' };
}

const NOTHING: Program = {
  format: 1,
  name: 'nothing',
  needs: [],
  gates: [],
  bodies: {},
  main: [{ op: 'newLoop' }, { op: 'close' }],
};

async function run(options: Partial<CampaignOptions>): Promise<RunResult> {
  const { result } = await runCampaign({
    seed: 'campaign',
    profile: 'dev',
    programs: 8,
    budget: { simulated: 20, process: 1 },
    timeMs: undefined,
    selection: { levels: ['MUST'], bases: ['doc'], requirement: '' },
    requirements: CATALOGUE.slice(0, 12),
    cases: [],
    explorations: [],
    implementations: [REFERENCE],
    workers: 0,
    onProgress: () => {},
    signal: new AbortController().signal,
    ...options,
  });
  return result;
}

/** The lines in which two texts differ; a whole run is too much to show. */
function differing(text: string, other: string): readonly string[] {
  const [left, right] = [text.split('\n'), other.split('\n')];
  const lines = left.length > right.length ? left : right;
  return lines.filter((_, at) => left[at] !== right[at]).map((line) => line.slice(0, 80));
}

const only = (...ids: readonly string[]) => CATALOGUE.filter(({ id }) => ids.includes(id));

describe('a campaign', () => {
  test('of one seed gives the same text, byte by byte, and another of another seed', async () => {
    const text = writeRun(await run({}));
    expect(differing(writeRun(await run({})), text)).toEqual([]);
    expect(differing(writeRun(await run({ seed: 'other' })), text).length).toBeGreaterThan(8);
  });

  test('gives the same in child processes as in its own', async () => {
    const options = {
      programs: 120,
      budget: { simulated: 4, process: 1 },
      implementations: [REFERENCE, mutant('P001')],
    };
    const text = writeRun(await run(options));
    const workers = writeRun(await run({ ...options, workers: 2 }));
    expect(differing(workers, text)).toEqual([]);
  });

  test('upholds the reference, and performs every program of the plan', async () => {
    const progress: Progress[] = [];
    const { ended, implementations } = await run({ onProgress: (step) => progress.push(step) });
    const [{ programs, requirements, counterexamples }] = implementations as [RunResult['implementations'][number]];
    expect(ended).toBe('complete');
    expect(programs.map(({ origin }) => origin)).toEqual([
      ...Array(12).fill('requirement'),
      ...Array(8).fill('generated'),
    ]);
    expect(requirements.map(({ verdict }) => verdict.kind)).toEqual(Array(12).fill('upheld'));
    expect(counterexamples).toEqual([]);
    expect(progress.map(({ done }) => done)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(progress.at(-1)).toMatchObject({ planned: 20, violations: 0 });
  });

  test('of a mutant finds its bug and explains it by a counterexample', async () => {
    const { implementations } = await run({
      requirements: only('C-TS-01', 'B-FCB-01'),
      implementations: [mutant('article-direct')],
      budget: { simulated: 300, process: 1 },
      programs: 0,
    });
    const [{ requirements, counterexamples }] = implementations as [RunResult['implementations'][number]];
    const violated = requirements.find(({ requirement }) => requirement === 'B-FCB-01')!;
    expect(violated).toMatchObject({ verdict: { kind: 'violated' }, violations: { programs: 1, executions: 1 } });
    const counterexample = counterexamples.find(({ requirement }) => requirement === 'B-FCB-01')!;
    expect(counterexample.explanation).toBe(
      violated.verdict.kind === 'violated' && violated.verdict.violation.explanation,
    );
    expect(counterexample.reproduction.kind).toBe('schedule');
    expect(counterexample.witness.length).toBeGreaterThan(0);
    const seqs = counterexample.history.map(({ seq }) => seq);
    expect(seqs).toEqual(expect.arrayContaining([...counterexample.witness]));
  });

  test('shrinks a generated program that fails, without losing the failure', async () => {
    const requirements = only('B-FCB-01').map((requirement) => ({ ...requirement, program: NOTHING }));
    const { implementations } = await run({
      requirements,
      implementations: [mutant('article-direct')],
      programs: 40,
      seed: 'shrink',
    });
    const [counterexample] = implementations[0]!.counterexamples;
    const [before, after] = counterexample!.shrunk.steps;
    expect(counterexample!.program.name).toMatch(/^(inbound|offload)/);
    expect(after).toBeLessThan(before);
    expect(violationOf(counterexample!.history, requirements[0]!)?.explanation).toBe(counterexample!.explanation);
    expect(programHash(counterexample!.program)).toBe(counterexample!.hash);
  });

  test('does not ask what an implementation cannot do', async () => {
    const requirement = { ...CATALOGUE[0]!, needs: [...CATALOGUE[0]!.needs, 'no-such-thing'] };
    const { implementations } = await run({ requirements: [requirement] });
    expect(implementations[0]!.requirements[0]!.verdict).toEqual({ kind: 'unsupported', missing: ['no-such-thing'] });
    expect(implementations[0]!.programs.every(({ origin }) => origin === 'generated')).toBe(true);
  });

  test('calls a violation known where the requirement lists it for this runtime, and then explains nothing', async () => {
    const deviations = [{ where: { name: 'simulator' }, signature: 'as listed' }];
    const requirements = only('B-FCB-01').map((requirement) => ({ ...requirement, deviations }));
    const { implementations } = await run({ requirements, implementations: [mutant('article-direct')], programs: 0 });
    expect(implementations[0]!.requirements[0]).toMatchObject({ verdict: { kind: 'violated' }, known: 'as listed' });
    expect(implementations[0]!.counterexamples).toEqual([]);
  });

  test('ends by its time between two blocks, with what it has', async () => {
    const { ended, implementations } = await run({ timeMs: 0, programs: 500 });
    expect(ended).toBe('time');
    expect(implementations[0]!.programs.length).toBeLessThan(500);
    expect(implementations[0]!.requirements).toHaveLength(12);
  });

  test.each([0, 1])('ends when it is interrupted, with %i workers', async (workers) => {
    const controller = new AbortController();
    const { ended, implementations } = await run({
      workers,
      programs: 1000,
      budget: { simulated: 200, process: 1 },
      signal: controller.signal,
      onProgress: ({ done }) => done === 3 && controller.abort(),
    });
    expect(ended).toBe('interrupted');
    expect(implementations[0]!.programs.length).toBeGreaterThanOrEqual(3);
    expect(implementations[0]!.programs.length).toBeLessThan(500);
  });

  test('tells of an adapter that does not start, and goes on with the others', async () => {
    const { ended, implementations } = await run({ implementations: [DEAD, REFERENCE] });
    expect(ended).toBe('complete');
    expect(implementations[0]).toMatchObject({ fault: { code: 'did-not-start' }, programs: [] });
    expect(new Set(implementations[0]!.requirements.map(({ verdict }) => verdict.kind))).toEqual(new Set(['error']));
    expect(implementations[1]!.requirements[0]!.verdict.kind).toBe('upheld');
  });
});
