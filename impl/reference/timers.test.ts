import { describe, expect, test } from 'vitest';
import type { Visible } from '../platform.ts';
import { Context } from './context.ts';
import { Handle } from './handle.ts';
import { Timers } from './timers.ts';

function* nothing(): Visible<void> {
  yield* [];
}

describe('timers', () => {
  const timer = (timers: Timers, whenNs: number) => {
    const handle = new Handle(nothing, new Context(), whenNs, () => timers.noteCancel());
    timers.push(handle);
    return handle;
  };

  test('come due in the order of their deadlines', () => {
    const timers = new Timers();
    for (const when of [5, 1, 4, 1, 3, 9, 2]) timer(timers, when);
    expect(timers.takeDue(4).map(({ whenNs }) => whenNs)).toEqual([1, 1, 2, 3, 4]);
    expect(timers.nextNs).toBe(5);
  });

  test('do not leak when they are cancelled', () => {
    const timers = new Timers();
    const keep = timer(timers, 1_000_000);
    for (let n = 0; n < 10_000; n++) timer(timers, n).cancel();
    expect(timers.size).toBeLessThan(200);
    expect(timers.takeDue(2_000_000)).toEqual([keep]);
  });
});
