import { expect, test } from 'vitest';
import { CATALOGUE } from '../spec/catalogue.ts';
import type { Fault, Party } from '../spec/fault.ts';
import { FIXED_BLOCK, type Planned } from './campaign-plan.ts';
import { ProgramRun } from './campaign-program.ts';
import type { Driver, Observation } from './drive/driver.ts';
import { SimulatedDriver } from './drive/simulated.ts';

const requirements = CATALOGUE.filter(({ id }) => id.startsWith('C-TS-0'));
const { program } = requirements[0]!;
const planned: Planned = { origin: 'requirement', block: FIXED_BLOCK, index: 0, program };

/** A driver that answers as it is told to, one answer an execution. */
function scripted(...answers: readonly Observation[]): Driver {
  const { info, bounds, notes } = new SimulatedDriver('reference', []);
  let at = 0;
  return { info, bounds, notes, perform: () => answers[Math.min(at++, answers.length - 1)]!, close: async () => {} };
}

const fault = (code: Fault['code'], party: Party): Observation => ({
  kind: 'fault',
  fault: { code, party, message: 'it said nothing any more', hint: 'look' },
});

test('an implementation that hangs and answers nothing makes what the program asks inconclusive, at once', async () => {
  const { result, inconclusive } = await new ProgramRun(
    planned,
    scripted(fault('hung', 'implementation')),
    requirements,
  ).run('s', 9, () => false);
  expect([result.executions, result.faults.length, inconclusive.length]).toEqual([1, 0, 1]);
  expect(result.verdicts['C-TS-01']).toEqual({ kind: 'inconclusive', evidence: 0, reason: 'it said nothing any more' });
});

test('an adapter that fails costs a few executions of the program, and is said to have failed', async () => {
  const { result } = await new ProgramRun(planned, scripted(fault('bad-line', 'adapter')), requirements).run(
    's',
    9,
    () => false,
  );
  expect([result.executions, result.faults.length]).toEqual([3, 3]);
  expect(result.verdicts['C-TS-01']).toEqual({ kind: 'unexercised' });
});

test('a program without a decision is performed once in either clock mode', async () => {
  const onLoop = CATALOGUE.find(({ id }) => id === 'A-ORD-01')!;
  const run = new ProgramRun({ ...planned, program: onLoop.program }, new SimulatedDriver('reference', []), [onLoop]);
  const { result } = await run.run('s', 500, () => false);
  expect(result).toMatchObject({ executions: 2, verdicts: { 'A-ORD-01': { kind: 'upheld' } } });
});
