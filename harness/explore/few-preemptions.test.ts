import { describe, expect, test } from 'vitest';
import { Engine } from './engine.ts';
import { FewPreemptions } from './few-preemptions.ts';
import { loopLost, loopOK, loopSleep } from './programs/loop.ts';

describe('few preemptions', () => {
  // Those with none, and then those with at most one: the columns of a preemption-bounded search.
  test.each([
    [loopOK(1, 1), 2, 6],
    [loopOK(1, 2), 2, 10],
    [loopOK(2, 1), 8, 68],
    [loopLost(2, 1), 8, 64],
    [loopSleep(2, 1), 8, 74],
  ])('performs each schedule of $name once per bound, and says when it is through', (program, none, one) => {
    const engine = new Engine();
    const strategy = new FewPreemptions();
    const seen: string[] = [];
    while (!strategy.isExhausted) {
      engine.run(program, strategy, { clock: 'late', spurious: false });
      seen.push(engine.machine.log.subarray(0, engine.machine.steps).join());
    }
    expect(seen).toHaveLength(none + one);
    expect(new Set(seen.slice(0, none)).size).toBe(none);
    expect(new Set(seen.slice(none)).size).toBe(one);
  });

  test('shows the lost wake-up within a few executions', () => {
    const engine = new Engine();
    const strategy = new FewPreemptions();
    let executions = 0;
    do executions++;
    while (engine.run(loopLost(2, 1), strategy, { clock: 'late', spurious: false }).reason !== 'deadlock');
    expect(executions).toBeLessThan(20);
  });
});
