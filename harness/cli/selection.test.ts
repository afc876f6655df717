import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../spec/catalogue.ts';
import { UsageError } from './exit-code.ts';
import { selectRequirements } from './selection.ts';

const ALL = { requirement: '*', level: 'must', basis: undefined };

function ids(requirement: string): readonly string[] {
  return selectRequirements({ ...ALL, requirement }).requirements.map(({ id }) => id);
}

describe('selecting requirements', () => {
  test('takes all by default, and counts MUST', () => {
    const { selection, requirements } = selectRequirements(ALL);
    expect(requirements).toEqual(CATALOGUE);
    expect(selection.levels).toEqual(['MUST']);
  });

  test('takes an id, whatever its case, and a pattern', () => {
    expect(ids('c-ts-01')).toEqual(['C-TS-01']);
    expect(ids('C-TS-*')).toEqual(CATALOGUE.map(({ id }) => id).filter((id) => id.startsWith('C-TS-')));
    expect(ids('*-01').every((id) => id.endsWith('-01'))).toBe(true);
  });

  test('takes a pattern for what it says, not as a regular expression', () => {
    expect(() => ids('C.TS.01')).toThrow(UsageError);
    expect(() => ids('C-TS-0')).toThrow(UsageError);
  });

  test('levels do not say what is judged, only what counts', () => {
    const { selection, requirements } = selectRequirements({ ...ALL, level: 'should, MAY' });
    expect(selection.levels).toEqual(['SHOULD', 'MAY']);
    expect(requirements).toEqual(CATALOGUE);
  });

  test('bases say what is judged', () => {
    const { requirements } = selectRequirements({ ...ALL, basis: 'pep' });
    expect(new Set(requirements.map(({ basis }) => basis))).toEqual(new Set(['pep']));
  });

  test('a basis that leaves nothing of the pattern is named in the error', () => {
    expect(() => selectRequirements({ ...ALL, requirement: 'C-TS-01', basis: 'ours' })).toThrow('--basis ours');
  });
});
