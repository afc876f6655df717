import { describe, expect, test } from 'vitest';
import {
  failed,
  faultOf,
  implementationOf,
  judgedRun,
  programResult,
  resultOf,
  row,
  runOf,
  UPHELD,
  violated,
} from '../../reports/fixtures/run.ts';
import type { RunResult } from '../../spec/result.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';

const CROSSLOOP = { party: 'crossloop' } as const;
const upheld = resultOf('A-1', UPHELD);
const broken = resultOf('A-2', violated());
const undecided = resultOf('A-3', { kind: 'inconclusive', evidence: 1, reason: 'cut' });
const unreached = resultOf('A-4', { kind: 'unexercised' });
const unsupported = resultOf('A-5', { kind: 'unsupported', missing: ['INBOUND'] });
const known = resultOf('A-6', violated(), 'python/cpython#1');
const erred = resultOf('A-7', failed());

function should(run: RunResult): RunResult {
  return { ...run, catalogue: run.catalogue.map(({ id }) => row(id, id === 'A-1' ? 'MUST' : 'SHOULD')) };
}

function interrupted(run: RunResult): RunResult {
  return { ...run, ended: 'interrupted' };
}

test('the numbers are public', () => {
  expect(EXIT).toEqual({
    ...{ conforms: 0, violated: 1, interrupted: 2, crossloopFailed: 3 },
    ...{ usage: 4, nothingChecked: 5, adapterFailed: 6, inconclusive: 7 },
  });
});

describe('the exit code of a run', () => {
  test.each<readonly [string, RunResult, number]>([
    ['all was upheld', judgedRun(upheld), EXIT.conforms],
    ['some is unsupported', judgedRun(upheld, unsupported), EXIT.conforms],
    ['a violation is a listed deviation', judgedRun(upheld, known), EXIT.conforms],
    ['only a listed deviation was seen', judgedRun(known), EXIT.conforms],
    ['a violated level does not count', should(judgedRun(upheld, broken)), EXIT.conforms],
    ['an undecided level does not count', should(judgedRun(upheld, undecided, unreached)), EXIT.conforms],
    ['time was over, and all was upheld', { ...judgedRun(upheld), ended: 'time' }, EXIT.conforms],
    ['something was violated', judgedRun(upheld, broken), EXIT.violated],
    ['something was inconclusive', judgedRun(upheld, undecided), EXIT.inconclusive],
    ['something was unexercised', judgedRun(upheld, unreached), EXIT.inconclusive],
    ['nothing was exercised', judgedRun(unreached, unsupported), EXIT.nothingChecked],
    ['nothing was selected', judgedRun(), EXIT.nothingChecked],
    ['no implementation was judged', { ...judgedRun(upheld), implementations: [] }, EXIT.nothingChecked],
    ['a requirement could not be judged', judgedRun(upheld, erred), EXIT.adapterFailed],
    [
      'the adapter did not start',
      runOf(implementationOf({ fault: faultOf(), requirements: [upheld] })),
      EXIT.adapterFailed,
    ],
    [
      'one program made the adapter fail',
      runOf(implementationOf({ programs: [programResult(0, [faultOf()])], requirements: [upheld] })),
      EXIT.adapterFailed,
    ],
    ['somebody interrupted it', interrupted(judgedRun(upheld)), EXIT.interrupted],
    [
      'the suite itself failed',
      runOf(implementationOf({ fault: faultOf(CROSSLOOP), requirements: [upheld] })),
      EXIT.crossloopFailed,
    ],
  ])('when %s', (_, run, code) => {
    expect(exitCodeOf(run)).toBe(code);
  });
});

describe('of two that apply, the first in the order of EXIT wins:', () => {
  const both = implementationOf({ fault: faultOf(), requirements: [unreached] });
  test.each<readonly [string, RunResult, number]>([
    [
      'a failure of the suite before an interrupt',
      interrupted(judgedRun(broken, resultOf('A-8', failed(CROSSLOOP)))),
      EXIT.crossloopFailed,
    ],
    ['an interrupt before a violation', interrupted(judgedRun(broken)), EXIT.interrupted],
    ['a violation before a failed adapter', judgedRun(broken, erred), EXIT.violated],
    ['a failed adapter before nothing checked', runOf(both), EXIT.adapterFailed],
    ['a failed adapter before an inconclusive one', judgedRun(upheld, erred, undecided), EXIT.adapterFailed],
    ['nothing checked before unexercised', judgedRun(unreached), EXIT.nothingChecked],
  ])('%s', (_, run, code) => {
    expect(exitCodeOf(run)).toBe(code);
  });
});
