import { describe, expect, test } from 'vitest';
import type { Event, History } from '../spec/history.ts';
import { parseHistory } from '../spec/notation.ts';
import { historyKey } from './history-key.ts';

const key = (text: string) => historyKey(parseHistory(text));

/** The events in the order given, on the clock of one: only stamps tell them apart. */
function keyOfOrder(text: string): string {
  return historyKey(parseHistory(text).map((event) => ({ ...event, t: 0 })));
}

describe('the keys of two histories are equal', () => {
  test('if they differ only in stamps, with any gaps', () => {
    const history = parseHistory('M inv N newLoop ; M ret N ; F1 inv a callSoonThreadsafe body=x ; F1 ret a');
    expect(historyKey(history.map((event) => ({ ...event, seq: event.seq * 7 })))).toBe(historyKey(history));
  });

  test.each([
    ['two submissions that overlap', 'F1 inv a close ; F2 inv b close', 'F2 inv b close ; F1 inv a close'],
    [
      'two returns',
      'F1 inv a close ; F2 inv b close ; F1 ret a ; F2 ret b',
      'F1 inv a close ; F2 inv b close ; F2 ret b ; F1 ret a',
    ],
    [
      'an invocation and a return after it',
      'F1 inv a close ; F2 inv b close ; F1 ret a',
      'F2 inv b close ; F1 inv a close ; F1 ret a',
    ],
  ])('if %s are in no provable order', (_, one, other) => {
    expect(keyOfOrder(one)).toBe(keyOfOrder(other));
  });
});

describe('the keys of two histories differ', () => {
  test.each([
    [
      'a return came before an invocation',
      'F1 inv a close ; F1 ret a ; F2 inv b close',
      'F1 inv a close ; F2 inv b close ; F1 ret a',
    ],
    ['a mark came before an invocation', 'F1 mark m ; F2 inv b close', 'F2 inv b close ; F1 mark m'],
    ['one mark came before another', 'F1 mark m ; F2 mark n', 'F2 mark n ; F1 mark m'],
    ['the loop ran a body before a thread invoked', 'L run x b ; F1 inv a close', 'F1 inv a close ; L run x b'],
    ['one thread did the same in another order', 'F1 inv a close ; F1 inv b close', 'F1 inv b close ; F1 inv a close'],
    ['it was another thread', 'F1 inv a close inst=i', 'F2 inv a close inst=i'],
  ])('if it became provable that %s', (_, one, other) => {
    expect(keyOfOrder(one)).not.toBe(keyOfOrder(other));
  });

  test('if any value of any record does', () => {
    const history = parseHistory(
      'M meta B=0 ; M inv N newLoop ; M ret N v={"ref":"N"} ; M inv R runUntil body=root ; M loop start ; L run R root ; L inv w await of=f ; L susp R id=w on=f ; L resm R id=w v=1 ; L mark m data=2 ; L hnd w err=USER(x) ; L end R err=USER(y) ; M loop stop ; M eot done',
    );
    const keys = new Set([historyKey(history)]);
    let changes = 0;
    for (const [at, event] of history.entries()) {
      for (const [name, value] of Object.entries(event)) {
        if (name === 'seq' || name === 'ev' || (event.ev === 'meta' && name !== 'bounds')) continue;
        const other =
          name === 'th' ? 'F9' : name === 'state' ? 'closed' : name === 'bounds' ? { B: 5, G: 0 } : changed(value);
        keys.add(historyKey(replaced(history, at, { ...event, [name]: other } as Event)));
        changes++;
      }
    }
    expect(keys.size).toBe(changes + 1);
  });

  test('if times do, from nanoseconds to hours', () => {
    const at = (t: number) => historyKey([{ ...parseHistory('M inv N newLoop')[0]!, t }]);
    const times = [0, 1, 2 ** 31, 2 ** 32, 2 ** 33, 3_600e9];
    expect(new Set(times.map(at)).size).toBe(times.length);
  });

  test('if one is the beginning of the other', () => {
    expect(key('F1 inv a close')).not.toBe(key('F1 inv a close ; F1 ret a'));
    expect(key('F1 inv a close')).not.toBe(key('F1 inv a close ; M eot done'));
  });
});

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value}'`;
  return { other: value };
}

function replaced(history: History, at: number, event: Event): History {
  return history.map((old, position) => (position === at ? event : old));
}
