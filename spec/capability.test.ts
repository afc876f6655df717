import { describe, expect, test } from 'vitest';
import { CAPABILITIES, PROFILES, programNeeds, stepNeeds } from './capability.ts';
import { CATALOGUE } from './catalogue.ts';
import { missingFor } from './check.ts';
import type { Program, Step } from './program.ts';

const NAMES: ReadonlySet<string> = new Set([...Object.keys(PROFILES), ...Object.keys(CAPABILITIES)]);
const none = { capabilities: new Set<string>(), parameters: {} };

describe('capabilities', () => {
  test.each(CATALOGUE.map((requirement) => [requirement.id, requirement] as const))(
    'that %s and its program need have names, and the program says all that its steps need',
    (_, { needs, voidedBy, program }) => {
      for (const name of [...needs, ...program.needs, ...programNeeds(program)]) expect(NAMES).toContain(name);
      for (const name of voidedBy.filter((text) => !text.includes('='))) expect(NAMES).toContain(name);
      expect(programNeeds(program).filter((name) => !program.needs.includes(name))).toEqual([]);
    },
  );

  test.each<[Step, 'task' | 'thread' | 'main', readonly string[]]>([
    [{ op: 'callSoonThreadsafe', body: 'x' }, 'thread', ['INBOUND']],
    [{ op: 'callSoon', body: 'x', context: { a: 1 } }, 'task', ['context-arg']],
    [{ op: 'cancelTask' }, 'task', ['self-cancel']],
    [{ op: 'cancelHandle', of: 'h' }, 'thread', ['threadsafe-handle']],
    [{ op: 'raise', error: 'FATAL(SystemExit)' }, 'task', ['fatal']],
    [{ op: 'newLoop', to: 'other' }, 'main', ['multi-loop']],
  ] as const)('follow from the arguments of a step: %j in a %s', (step, kind, needs) => {
    expect(stepNeeds(step, kind)).toEqual(expect.arrayContaining([...needs]));
  });

  test('are not needed for the same operation without those arguments', () => {
    expect(stepNeeds({ op: 'cancelHandle', of: 'h' }, 'task')).not.toContain('threadsafe-handle');
    expect(stepNeeds({ op: 'cancelTask', of: 't' }, 'task')).not.toContain('self-cancel');
    expect(stepNeeds({ op: 'newLoop' }, 'main')).toEqual([]);
  });

  test('of a program are sorted and said once', () => {
    const program: Program = {
      format: 1,
      name: 'twice',
      needs: [],
      gates: [],
      bodies: { x: { kind: 'callback', steps: [] } },
      main: [
        { op: 'newLoop' },
        { op: 'callSoonThreadsafe', body: 'x' },
        { op: 'callSoon', body: 'x' },
        { op: 'callSoon', body: 'x' },
      ],
    };
    expect(programNeeds(program)).toEqual(['INBOUND', 'ON-LOOP']);
  });
});

describe('a requirement applies', () => {
  const requirement = {
    ...CATALOGUE[0]!,
    needs: ['ON-LOOP', 'shield'],
    voidedBy: ['eager-tasks', 'executorCancel=wait'],
  };
  const declared = (capabilities: readonly string[], parameters = {}) => ({
    capabilities: new Set(capabilities),
    parameters,
  });

  test('where all that it needs is declared and nothing that voids it', () => {
    expect(missingFor(requirement, declared(['ON-LOOP', 'shield'], { executorCancel: 'release' }))).toEqual([]);
  });

  test('and says what is missing, and what voids it', () => {
    expect(missingFor(requirement, none)).toEqual(['ON-LOOP', 'shield']);
    expect(missingFor(requirement, declared(['ON-LOOP', 'shield', 'eager-tasks'], { executorCancel: 'wait' }))).toEqual(
      ['void with eager-tasks', 'void with executorCancel=wait'],
    );
  });
});
