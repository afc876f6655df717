import { describe, expect, test } from 'vitest';
import type { Body, Step } from '../spec/program.ts';
import { outcomeOf, performances, programOf } from './fixtures/performances.ts';

const SCHEDULES = 100;
const END: readonly Step[] = [{ op: 'quiesce' }, { op: 'join' }, { op: 'close' }];

const thread = (...steps: readonly Step[]): Body => ({ kind: 'thread', steps });
const task = (...steps: readonly Step[]): Body => ({ kind: 'task', steps });

describe('a slot that several threads use', () => {
  test('gives each its own object for the same thing: a future completed from another thread', () => {
    const root = task(
      { op: 'createFuture', to: 'future' },
      { op: 'signal', gate: 'made' },
      { op: 'await', of: 'future' },
    );
    const foreign = thread({ op: 'waitGate', gate: 'made' }, { op: 'complete', of: 'future', value: [1, { a: null }] });
    const program = programOf([{ op: 'spawn', body: 'foreign' }, { op: 'runUntil', body: 'root' }, ...END], {
      root,
      foreign,
    });
    for (const { history } of performances(program, SCHEDULES)) {
      expect(outcomeOf(history, 'root', '2')).toBe('v=[1,{"a":null}]');
    }
  });

  test('is empty until it is filled, and what was seen in it is not forgotten', () => {
    const maker = thread({ op: 'createConcurrent', to: 'made' }, { op: 'concurrentSet', of: 'made', value: 5 });
    const user = thread({ op: 'concurrentQuery', of: 'made' }, { op: 'concurrentResult', of: 'made', timeoutUs: null });
    const program = programOf([{ op: 'spawn', body: 'maker' }, { op: 'spawn', body: 'user' }, ...END], { maker, user });
    const seen = new Set<string>();
    for (const { history } of performances(program, SCHEDULES)) {
      seen.add(`${outcomeOf(history, 'user', '0')} ${outcomeOf(history, 'user', '1')}`);
    }
    expect([...seen].sort()).toEqual([
      'err=UNSET err=UNSET',
      'err=UNSET v=5',
      'v={"done":false,"cancelled":false,"running":false} v=5',
      'v={"done":true,"cancelled":false,"running":false} v=5',
    ]);
  });

  test('is empty to all once a step has emptied it', () => {
    const dropper = thread(
      { op: 'concurrentQuery', of: 'made' },
      { op: 'drop', of: 'made' },
      { op: 'drop', of: 'made' },
    );
    const main: readonly Step[] = [
      { op: 'createConcurrent', to: 'made' },
      { op: 'spawn', body: 'dropper' },
      { op: 'join' },
      { op: 'concurrentCancel', of: 'made' },
    ];
    for (const { history } of performances(programOf(main, { dropper }), 5)) {
      expect(outcomeOf(history, 'dropper', '1')).toBe('v=null');
      expect(outcomeOf(history, 'dropper', '2')).toBe('err=UNSET');
      expect(outcomeOf(history, 'main', '4')).toBe('err=UNSET');
    }
  });

  test('refuses what cannot cross a thread, where it is used', () => {
    const foreign = thread({ op: 'try', steps: [{ op: 'cancelHandle', of: 'handle' }], on: 'TYPE' });
    const callback: Body = { kind: 'callback', steps: [] };
    const main: readonly Step[] = [
      { op: 'callSoon', body: 'callback', to: 'handle' },
      { op: 'spawn', body: 'foreign' },
      ...END,
    ];
    for (const { history } of performances(programOf(main, { foreign, callback }), 5)) {
      expect(outcomeOf(history, 'foreign', '0.0')).toBe('err=TYPE');
    }
  });
});
