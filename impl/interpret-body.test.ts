import { describe, expect, test } from 'vitest';
import type { Event, History, MarkEvent, OpId } from '../spec/history.ts';
import type { Body, Step } from '../spec/program.ts';
import { only, performances, programOf } from './fixtures/performances.ts';

const SCHEDULES = 200;

const thread = (...steps: readonly Step[]): Body => ({ kind: 'thread', steps });
const mark = (tag: string): Step => ({ op: 'mark', tag });

const markOf = (history: History, label: string): Event =>
  only(history, (event) => event.ev === 'mark' && event.label === label);

describe('records', () => {
  test('of two threads come in every order that the program allows, and in no other', () => {
    const one = thread(mark('before'), { op: 'signal', gate: 'open' }, mark('beside'));
    const other = thread({ op: 'waitGate', gate: 'open' }, mark('after'));
    const program = programOf([{ op: 'spawn', body: 'one' }, { op: 'spawn', body: 'other' }, { op: 'join' }], {
      one,
      other,
    });
    const orders = new Set<boolean>();
    for (const { history } of performances(program, SCHEDULES)) {
      const after = markOf(history, 'after').seq;
      expect(markOf(history, 'before').seq).toBeLessThan(after);
      orders.add(markOf(history, 'beside').seq < after);
    }
    expect(orders.size).toBe(2);
  });

  test('never prove an order that did not happen: what was read had been begun, and what was over had been read', () => {
    const write = (value: number): Step => ({ op: 'cellWrite', tag: 'cell', value });
    const writer = thread(write(1), write(2));
    const reader = thread({ op: 'cellRead', tag: 'cell' });
    const program = programOf([{ op: 'spawn', body: 'writer' }, { op: 'spawn', body: 'reader' }, { op: 'join' }], {
      writer,
      reader,
    });
    const values = new Set<unknown>();
    for (const { history } of performances(program, SCHEDULES)) {
      const read = only(history, (event) => event.ev === 'mark' && event.label === 'cellRead') as MarkEvent;
      const { v } = read.data as { v: number | null };
      values.add(v);
      const entered = only(history, (event) => event.ev === 'run' && event.body === 'reader').seq;
      const begun = history.filter((event) => event.ev === 'inv' && event.op === 'cellWrite' && event.seq < read.seq);
      const isWrite = (id: OpId) =>
        history.some((event) => event.ev === 'inv' && event.op === 'cellWrite' && event.id === id);
      const over = history.filter((event) => event.ev === 'ret' && isWrite(event.id) && event.seq < entered);
      expect(v ?? 0).toBeLessThanOrEqual(begun.length);
      expect(v ?? 0).toBeGreaterThanOrEqual(over.length);
    }
    expect(values).toEqual(new Set([null, 1, 2]));
  });

  test('of a body that other threads may enter say whose instance it is, and what it was given', () => {
    const root: Body = {
      kind: 'task',
      steps: [
        { op: 'runInExecutor', body: 'work', args: [1, { two: null }], to: 'work' },
        { op: 'await', of: 'work' },
      ],
    };
    const work: Body = { kind: 'worker', steps: [{ op: 'return', value: 'done' }] };
    const program = programOf([{ op: 'runUntil', body: 'root' }, { op: 'quiesce' }, { op: 'close' }], { root, work });
    for (const { history } of performances(program, 20)) {
      const inv = only(history, (event) => event.ev === 'inv' && event.op === 'runInExecutor') as { id: unknown };
      const run = only(history, (event) => event.ev === 'run' && event.body === 'work');
      expect(run).toMatchObject({ th: 'W1', inst: inv.id, args: [1, { two: null }] });
      expect(only(history, (event) => event.ev === 'resm')).toMatchObject({ th: 'L', v: 'done' });
    }
  });
});

describe('a body', () => {
  test('ends with the error that left it, whose source the handler record names', () => {
    const failing: Body = { kind: 'callback', steps: [{ op: 'raise', error: 'OTHER(ZeroDivisionError)' }] };
    const program = programOf([{ op: 'callSoon', body: 'failing' }, { op: 'quiesce' }], { failing });
    for (const { history } of performances(program, 1)) {
      const end = only(history, (event) => event.ev === 'end') as { inst: unknown };
      expect(end).toMatchObject({ err: 'OTHER(ZeroDivisionError)' });
      expect(only(history, (event) => event.ev === 'hnd')).toMatchObject({
        src: end.inst,
        err: 'OTHER(ZeroDivisionError)',
      });
    }
  });

  test('of a thread may fail without harm to anything else', () => {
    const failing = thread({ op: 'raise', error: 'USER(lost)' });
    for (const { history, execution } of performances(
      programOf([{ op: 'spawn', body: 'failing' }, { op: 'join' }], { failing }),
      5,
    )) {
      expect(execution.reason).toBe('done');
      expect(only(history, (event) => event.ev === 'end')).toMatchObject({ th: 'F1', err: 'USER(lost)' });
    }
  });
});
