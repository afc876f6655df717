import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { knownDeviation } from './deviation.ts';
import type { Deviation } from './requirement.ts';
import type { ImplementationInfo } from './result.ts';

function info(
  name: string,
  version: string,
  runtime: { readonly name: string; readonly version: string },
): ImplementationInfo {
  return {
    kind: 'process',
    key: name,
    name,
    version,
    language: 'Python',
    runtime,
    capabilities: [],
    parameters: {},
    options: [],
  };
}

function known(where: Deviation['where'], of: ImplementationInfo): boolean {
  const requirement = { ...CATALOGUE[0]!, deviations: [{ where, signature: 'told' }] };
  return knownDeviation(requirement, of)?.signature === 'told';
}

const uvloop = info('uvloop', '0.21.0', { name: 'CPython', version: '3.11.7' });

describe('a listed deviation', () => {
  test('is known on its runtime, whatever loop runs there, and on the implementation of its name', () => {
    expect(known({ name: 'CPython' }, uvloop)).toBe(true);
    expect(known({ name: 'uvloop' }, uvloop)).toBe(true);
    expect(known({ name: 'PyPy' }, uvloop)).toBe(false);
  });

  test.each([
    [{ from: '3.11' }, true],
    [{ to: '3.11' }, true],
    [{ from: '3.11.7', to: '3.11.7' }, true],
    [{ from: '3.11.8' }, false],
    [{ to: '3.11.6' }, false],
    [{ from: '3.9', to: '3.10' }, false],
    [{ from: '3.9', to: '3.12' }, true],
    [{ from: '4' }, false],
  ])('holds from the first version to the last, compared number by number: %j', (range, holds) => {
    expect(known({ name: 'CPython', ...range }, uvloop)).toBe(holds);
  });

  test('is the first of those that fit, and none if the requirement lists none', () => {
    const first = { where: { name: 'CPython' }, signature: 'first' };
    const second = { where: { name: 'uvloop' }, signature: 'second' };
    expect(knownDeviation({ ...CATALOGUE[0]!, deviations: [first, second] }, uvloop)).toBe(first);
    expect(knownDeviation({ ...CATALOGUE[0]!, deviations: [] }, uvloop)).toBeUndefined();
  });
});
