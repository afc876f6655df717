import { describe, expect, test } from 'vitest';
import type { CriticalSwap } from '../spec/result.ts';
import { counterexampleLines } from './counterexample.ts';
import { CONTROL, counterexample, HOSTILE, INFO } from './fixtures/run.ts';

const HISTORY =
  'M inv N newLoop ; M ret N ; M inv R runUntil body=root ; L run R root ; L inv s sleep ; L susp s inst=R on=s ; F1 inv a callSoonThreadsafe body=x ; F1 ret a ; M eot deadlock';

const SWAP: CriticalSwap = {
  first: { th: 'F1', operation: 'notify', after: 7, before: 8 },
  second: { th: 'L', operation: 'wait', after: 6 },
  on: 'word',
  passing: { token: 'xl1.00000001.AAQF', deviations: [{ after: 1, operation: 6, to: 0 }] },
  threads: ['L', 'F1'],
  difference: { th: 'L', there: { seq: 9, t: 0, th: 'L', ev: 'run', inst: 'a', body: 'x' } },
};

function lines(criticalSwap: CriticalSwap | undefined): readonly string[] {
  const deviations = [{ after: 0, operation: 9, to: 1 }];
  const reproduction = { kind: 'schedule', token: 'xl1.00000001.AA', clock: 'late', deviations } as const;
  const changes = { reproduction, ...(criticalSwap === undefined ? {} : { criticalSwap }) };
  const all = counterexampleLines(counterexample('C-TS-01', HISTORY, changes), undefined, INFO);
  return all.slice(all.findIndex((line) => line.startsWith('Replay:')));
}

describe('the critical swap of a counterexample', () => {
  test('says which operations came in which order, where they stand, and what is different the other way round', () => {
    expect(lines(SWAP)).toEqual([
      'Replay:    npx crossloop replay xl1.00000001.AA --impl made',
      "Critical:  F1's notify (in its callSoonThreadsafe(x), row 7)",
      "           came before L's wait (after it suspended root, row 6); both on the same word.",
      '           The other way round, all else in the same order, C-TS-01 is upheld:',
      '           first difference: there L entered x, here it did nothing more;',
      '           its schedule is the failing one without "F1 goes on after step 9 of L", with "L goes on after step 6 of F1".',
      'Upheld:    npx crossloop replay xl1.00000001.AAQF --impl made',
    ]);
  });

  test('may be one of the clock, with more deviations than anybody reads', () => {
    const deviations = [1, 2, 3, 4, 5].map((operation) => ({ after: 31, operation, to: 0 }));
    const { difference: _, ...rest } = SWAP;
    const told = lines({
      ...rest,
      first: { th: 'clock', operation: 'advance' },
      on: 'clock',
      passing: { token: 'xl1.00000001.AB', deviations },
    });
    expect(told).toContain('Critical:  the passing of time');
    expect(told.join('\n')).toMatch(/both read or move the clock/);
    expect(told.join('\n')).toMatch(/with "L goes on after step 1 of the clock", .* and 2 more\./);
    expect(told.join('\n')).not.toMatch(/first difference/);
  });

  test('is left out when there is none', () => {
    expect(lines(undefined)).toEqual(['Replay:    npx crossloop replay xl1.00000001.AA --impl made']);
  });

  test('lets no control code of an adapter through', () => {
    const first = { th: HOSTILE, operation: HOSTILE, after: 7 };
    expect(lines({ ...SWAP, first }).join('')).not.toMatch(CONTROL);
  });
});
