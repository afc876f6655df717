import { describe, expect, test } from 'vitest';
import type { OpId } from '../spec/history.ts';
import { DoneCallbacks } from './interpret-done-callbacks.ts';
import type { Visible } from './platform.ts';
import type { DoneCallback, Future } from './reference/future.ts';

/** An implementation under the test's control: it calls what was added when it is told to, right or wrong. */
function scripted(): { future: Future; added: DoneCallback[] } {
  const added: DoneCallback[] = [];
  const future = {
    addDoneCallback: (callback: DoneCallback) => added.push(callback),
    removeDoneCallback: (callback: DoneCallback) => added.filter((one) => one === callback).length,
  };
  return { future: future as unknown as Future, added };
}

describe('done callbacks', () => {
  const performed: OpId[] = [];
  const perform = (inst: OpId): Visible<unknown> => {
    performed.push(inst);
    return [][Symbol.iterator]() as unknown as Visible<unknown>;
  };

  test('of one body are one function to an implementation, and instances in the order of registration to a History', () => {
    performed.length = 0;
    const { future, added } = scripted();
    const callbacks = new DoneCallbacks();
    callbacks.add(future, 'body', 'a', perform);
    callbacks.add(future, 'other', 'b', perform);
    callbacks.add(future, 'body', 'c', perform);
    expect(new Set(added).size).toBe(2);
    for (const callback of added) callback(future);
    expect(performed).toEqual(['a', 'b', 'c']);
  });

  test('that are called once too often show as a second run', () => {
    performed.length = 0;
    const { future, added } = scripted();
    new DoneCallbacks().add(future, 'body', 'a', perform);
    added[0]!(future);
    added[0]!(future);
    expect(performed).toEqual(['a', 'a']);
  });

  test('that are called although they were removed show as a run of what was removed', () => {
    performed.length = 0;
    const { future, added } = scripted();
    const callbacks = new DoneCallbacks();
    callbacks.add(future, 'body', 'a', perform);
    expect(callbacks.remove(future, 'body')).toBe(1);
    expect(callbacks.remove(future, 'stranger')).toBe(0);
    added[0]!(future);
    expect(performed).toEqual(['a']);
  });
});
