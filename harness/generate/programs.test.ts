import { describe, expect, test } from 'vitest';
import { CAPABILITIES, PROFILES } from '../../spec/capability.ts';
import { type Program, programSteps } from '../../spec/program.ts';
import { programProblems } from '../../spec/well-formed.ts';
import { generateProgram } from './programs.ts';

const everything = new Set([...Object.keys(PROFILES), ...Object.keys(CAPABILITIES)]);

function programs(count: number, capabilities: ReadonlySet<string>): readonly Program[] {
  return Array.from({ length: count }, (_, n) => generateProgram('test', `0/${n}`, capabilities)!.program);
}

describe('generated programs', () => {
  test('are well-formed', () => {
    for (const program of programs(500, everything)) expect(programProblems(program)).toEqual([]);
  });

  test('need nothing that is not declared', () => {
    const declared = new Set(['ON-LOOP', 'INBOUND']);
    for (const { needs } of programs(200, declared)) expect([...declared]).toEqual(expect.arrayContaining([...needs]));
  });

  test('are a function of seed and position alone', () => {
    expect(programs(30, everything)).toEqual(programs(30, everything));
    const other = generateProgram('other', '0/1', everything);
    expect(generateProgram('test', '0/1', everything)!.program).not.toEqual(other!.program);
  });

  test('of INBOUND and OFFLOAD have at least three actors', () => {
    for (const program of programs(300, everything)) {
      if (!/^(inbound|offload)/.test(program.name)) continue;
      const kinds = [...programSteps(program)].filter(([step]) => step.op === 'spawn' || step.op === 'runInExecutor');
      expect(kinds.length).toBeGreaterThanOrEqual(2);
    }
  });

  test('reach every kind of operation that the judges ask about', () => {
    const seen = new Set(
      programs(500, everything).flatMap((program) => [...programSteps(program)].map(([step]) => step.op)),
    );
    for (const op of [
      'runCoroutineThreadsafe',
      'concurrentCancel',
      'concurrentResult',
      'complete',
      'runInExecutor',
      'waitFor',
      'cancelTask',
      'close',
      'stop',
      'shield',
    ] as const) {
      expect(seen).toContain(op);
    }
  });

  test('are not made where there is no loop', () => {
    expect(generateProgram('test', '0/0', new Set(['OFFLOAD']))).toBeUndefined();
  });

  test('shrink to the smallest that still fails', async () => {
    const generated = generateProgram('test', '0/4', everything)!;
    const size = (program: Program) => [...programSteps(program)].length;
    const smallest = await generated.shrink((program) => size(program) > 8, 1000);
    expect(size(smallest)).toBeGreaterThan(8);
    expect(size(smallest)).toBeLessThan(size(generated.program));
  });
});
