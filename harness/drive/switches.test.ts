import { describe, expect, test } from 'vitest';
import { OP } from '../../impl/platform.ts';
import type { Step } from '../explore/engine.ts';
import { CLOCK } from '../explore/strategy.ts';
import { operationAt, SwitchLog } from './switches.ts';

const GOES_ON = { object: 0, blocked: false, ended: false };

/** Steps with the number of records that each stamped. */
function logged(...steps: readonly (readonly [step: Step, records: number])[]): SwitchLog {
  let stamped = 0;
  const log = new SwitchLog(() => stamped + 1);
  for (const [step, records] of steps) {
    stamped += records;
    log.add(step);
  }
  return log;
}

describe('the reason of a switch', () => {
  test('stands at the first record that the other thread made after it', () => {
    const { switches } = logged(
      [{ ...GOES_ON, tid: 0, kind: OP.store }, 2],
      [{ ...GOES_ON, tid: 1, kind: OP.exchange }, 0],
      [{ ...GOES_ON, tid: 1, kind: OP.post }, 3],
      [{ ...GOES_ON, tid: 0, kind: OP.load }, 1],
    );
    expect(switches).toEqual([
      { seq: 3, reason: 'the one before is held up after its store' },
      { seq: 6, reason: 'the one before is held up after its post' },
    ]);
  });

  test('is that the one before blocks, has ended, or that time passes', () => {
    const { switches } = logged(
      [{ ...GOES_ON, tid: 0, kind: OP.wait, blocked: true }, 1],
      [{ ...GOES_ON, tid: 1, kind: OP.store, ended: true }, 1],
      [{ ...GOES_ON, tid: CLOCK, kind: OP.now }, 0],
      [{ ...GOES_ON, tid: 0, kind: OP.wait }, 1],
    );
    const reasons = ['the one before blocks', 'time passes', 'its time has come'];
    expect(switches.map(({ reason }) => reason)).toEqual(reasons);
    const afterEnd = logged(
      [{ ...GOES_ON, tid: 1, kind: OP.store, ended: true }, 0],
      [{ ...GOES_ON, tid: 0, kind: OP.load }, 1],
    );
    expect(afterEnd.switches).toEqual([{ seq: 1, reason: 'the one before has ended' }]);
  });
});

test('the second step of a wait that blocked is the return from it', () => {
  const { trace } = logged(
    [{ ...GOES_ON, tid: 0, kind: OP.wait, blocked: true }, 0],
    [{ ...GOES_ON, tid: 1, kind: OP.notify }, 0],
    [{ ...GOES_ON, tid: 0, kind: OP.wait }, 0],
    [{ ...GOES_ON, tid: 0, kind: OP.wait }, 0],
  );
  expect(trace.map((_, at) => operationAt(trace, at))).toEqual(['wait', 'notify', 'return from wait', 'wait']);
});
