import { describe, expect, test } from 'vitest';
import type { Event } from './history.ts';
import { type IndexedHistory, indexHistory } from './indexed-history.ts';
import { isLate, wasIdleBetween } from './lateness.ts';
import { parseHistory } from './notation.ts';

const IDLE =
  'M inv N newLoop ; M ret N ; M inv R runUntil body=root ; M loop start ; L run R root ; L inv f createFuture ; L ret f ; L inv w await of=f ; L susp R id=w on=f';
const BUSY = 'M inv N newLoop ; M ret N ; M inv R runUntil body=root ; M loop start ; L run R root';

function read(text: string): {
  readonly index: IndexedHistory;
  readonly at: (ev: string, id: string) => Event | undefined;
} {
  const index = indexHistory(parseHistory(text));
  const at = (ev: string, id: string) =>
    index.events.find(
      (event) => event.ev === ev && (('id' in event && event.id === id) || ('inst' in event && event.inst === id)),
    );
  return { index, at };
}

/** Whether what `a` submitted at its `ret` came late. */
function isRunLate(text: string): boolean {
  const { index, at } = read(text);
  return isLate(index, at('ret', 'a')!, at('run', 'a'));
}

const SUBMIT = '@1ms F1 inv a callSoonThreadsafe body=x ; F1 ret a';

describe('work is late', () => {
  test('when the loop was idle for more than B while it was owed', () => {
    expect(isRunLate(`${IDLE} ; ${SUBMIT} ; @1002ms L run a x`)).toBe(true);
    expect(isRunLate(`${IDLE} ; ${SUBMIT} ; @1000ms L run a x`)).toBe(false);
  });

  test('counted from when it was owed, not from when the loop became idle', () => {
    const late = '@900ms F1 inv a callSoonThreadsafe body=x ; F1 ret a';
    expect(isRunLate(`${IDLE} ; ${late} ; @1800ms L run a x`)).toBe(false);
    expect(isRunLate(`${IDLE} ; ${late} ; @1902ms L run a x`)).toBe(true);
  });

  test('not while the loop was busy, or blocked in an operation', () => {
    expect(isRunLate(`${BUSY} ; ${SUBMIT} ; @5s L end R ; L run a x`)).toBe(false);
    expect(isRunLate(`${BUSY} ; L inv s spin delayUs=5 ; ${SUBMIT} ; @5s L ret s ; L end R ; L run a x`)).toBe(false);
  });

  test('not before the loop runs, nor after it stopped', () => {
    expect(isRunLate(`M inv N newLoop ; M ret N ; ${SUBMIT} ; @5s M inv R runForever ; M loop start ; L run a x`)).toBe(
      false,
    );
    expect(isRunLate(`${BUSY} ; L end R ; M loop stop ; M ret R ; ${SUBMIT} ; @5s M inv c close`)).toBe(false);
  });

  test('not if other work kept the loop from being idle for long', () => {
    const others = [600, 1200, 1800].map((ms) => `@${ms}ms L run x${ms} o ; L end x${ms}`).join(' ; ');
    expect(isRunLate(`${IDLE} ; ${SUBMIT} ; ${others} ; L run a x`)).toBe(false);
  });

  test('when it had not run by a deadline that found the loop idle for more than B', () => {
    expect(isRunLate(`${IDLE} ; ${SUBMIT} ; @3s M eot deadline`)).toBe(true);
    expect(isRunLate(`${IDLE} ; ${SUBMIT} ; @900ms M eot deadline`)).toBe(false);
    expect(isRunLate(`${BUSY} ; ${SUBMIT} ; @3s M eot deadline`)).toBe(false);
  });

  test('always at a deadlock of an idle loop, whatever the bound', () => {
    for (const bound of ['null', '0', '1000000000']) {
      expect(isRunLate(`M meta B=${bound} ; ${IDLE} ; ${SUBMIT} ; M eot deadlock`)).toBe(true);
      expect(isRunLate(`M meta B=${bound} ; ${BUSY} ; ${SUBMIT} ; M eot deadlock`)).toBe(false);
    }
  });

  test('never by time where the bound is infinite, and at once where it is 0', () => {
    expect(isRunLate(`M meta B=null ; ${IDLE} ; ${SUBMIT} ; @3600s L run a x`)).toBe(false);
    expect(isRunLate(`M meta B=null ; ${IDLE} ; ${SUBMIT} ; @3600s M eot deadline`)).toBe(false);
    expect(isRunLate(`M meta B=0 ; ${IDLE} ; ${SUBMIT} ; @2ms L run a x`)).toBe(true);
  });

  test('whichever of many pauses it was', () => {
    const pauses = Array.from({ length: 8 }, (_, at) => `@${2 * at + 2}s L run p${at} o ; L end p${at}`).join(' ; ');
    for (let from = 1; from < 16; from += 2) {
      const { index } = read(`${IDLE} ; ${pauses}`);
      const since = { ...index.events[0]!, seq: index.events.findLast(({ t }) => t <= from * 1e9)!.seq, t: from * 1e9 };
      expect(isLate(index, since, undefined)).toBe(from < 15);
    }
  });
});

describe('the loop', () => {
  test('was idle between two stamps if a pause lies between them', () => {
    const { index, at } = read(`${IDLE} ; L run a x ; L end a ; L resm R id=w ; L end R`);
    expect(wasIdleBetween(index, at('susp', 'R')!.seq, at('run', 'a')!.seq)).toBe(true);
    expect(wasIdleBetween(index, at('run', 'a')!.seq, at('end', 'a')!.seq)).toBe(false);
    expect(wasIdleBetween(index, at('run', 'a')!.seq, at('resm', 'R')!.seq)).toBe(true);
    expect(wasIdleBetween(index, at('inv', 'N')!.seq, at('run', 'R')!.seq)).toBe(true);
    expect(wasIdleBetween(index, at('inv', 'N')!.seq, at('inv', 'R')!.seq)).toBe(false);
  });
});
