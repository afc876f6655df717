import { expect, test } from 'vitest';
import { Seed } from '../seed.ts';
import { auditAll } from './audit.ts';

// `npm run audit` does the same over 200 programs.
test('a search with sleep sets says all that one without them says, on the reference and on mutants', () => {
  const total = auditAll(new Seed('verdict audit'), 20, 6, () => {});
  expect(total.differences).toEqual([]);
  expect(total.violations).toBeGreaterThan(0);
  expect(total.naive).toBeGreaterThan(total.traces);
}, 120_000);
