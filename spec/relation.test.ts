import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Event, osThread } from './history.ts';
import { parseHistory } from './notation.ts';
import { precedes } from './relation.ts';

const EARLY = ['inv a callSoon body=x', 'end a', 'susp a id=w on=f', 'loop start', 'meta'];
const LATE = ['ret a', 'run a x', 'resm a id=w', 'hnd a err=USER(x)', 'loop stop', 'loop closed', 'eot done'];
const MOMENT = ['mark m'];

function event(text: string, th: string, seq: number): Event {
  return { ...parseHistory(`${th} ${text}`)[0]!, seq };
}

const anyEvent = (seq: number) =>
  fc
    .tuple(fc.constantFrom(...EARLY, ...LATE, ...MOMENT), fc.constantFrom('M', 'L', 'F1', 'F2', 'W1'))
    .map(([text, th]) => event(text, th, seq));

const histories = fc
  .array(fc.nat(), { minLength: 3, maxLength: 8 })
  .chain((list) => fc.tuple(...list.map((_, at) => anyEvent(at + 1))));

describe('precedes', () => {
  test.each([
    ['late', LATE, 'early', EARLY, true],
    ['late', LATE, 'late', LATE, false],
    ['early', EARLY, 'early', EARLY, false],
    ['early', EARLY, 'late', LATE, false],
    ['late', LATE, 'momentary', MOMENT, true],
    ['momentary', MOMENT, 'early', EARLY, true],
    ['momentary', MOMENT, 'momentary', MOMENT, true],
    ['momentary', MOMENT, 'late', LATE, false],
    ['early', EARLY, 'momentary', MOMENT, false],
  ] as const)('of a %s record %j and a later %s one %j of another thread: %s', (_, firsts, __, seconds, proves) => {
    for (const first of firsts)
      for (const second of seconds) expect(precedes(event(first, 'F1', 1), event(second, 'F2', 2))).toBe(proves);
  });

  test('orders any two records of one operating-system thread by their stamps, M and L being one', () => {
    for (const first of [...EARLY, ...LATE])
      for (const second of [...EARLY, ...LATE]) {
        expect(precedes(event(first, 'F1', 1), event(second, 'F1', 2))).toBe(true);
        expect(precedes(event(first, 'M', 1), event(second, 'L', 2))).toBe(true);
        expect(precedes(event(first, 'L', 2), event(second, 'M', 1))).toBe(false);
      }
  });

  test('never holds both ways, nor of a record and itself', () => {
    fc.assert(
      fc.property(histories, (events) => {
        for (const first of events)
          for (const second of events) expect(precedes(first, second) && precedes(second, first)).toBe(false);
      }),
    );
  });

  test('is transitive over records of different threads', () => {
    const isAcross = (a: Event, b: Event) => osThread(a.th) !== osThread(b.th);
    fc.assert(
      fc.property(histories, (events) => {
        for (const a of events)
          for (const b of events.filter((event) => isAcross(a, event) && precedes(a, event)))
            for (const c of events.filter((event) => isAcross(b, event) && precedes(b, event)))
              expect(precedes(a, c)).toBe(true);
      }),
    );
  });

  test("does not follow one thread's own order on to another thread: that takes the late record itself", () => {
    const [inv, ret, other] = [event(EARLY[0]!, 'F1', 1), event(LATE[0]!, 'F1', 2), event(EARLY[0]!, 'F2', 3)];
    expect([precedes(inv, ret), precedes(ret, other), precedes(inv, other)]).toEqual([true, true, false]);
  });
});
