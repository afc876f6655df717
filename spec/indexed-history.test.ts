import { describe, expect, test } from 'vitest';
import { indexHistory, madeBy, operationsNamed, refsOf, scheduledBody } from './indexed-history.ts';
import { parseHistory } from './notation.ts';

const index = (text: string) => indexHistory(parseHistory(text));

describe('the loop of an operation', () => {
  const loops = (text: string) => [...index(text).operations.values()].map(({ id, loop }) => [id, loop]);

  test('is the newest, or the one it names', () => {
    expect(
      loops(
        'M inv N newLoop ; M ret N ; M inv a callSoon ; M inv O newLoop ; M inv b callSoon ; M inv c callSoon loop=N',
      ),
    ).toEqual([
      ['N', 'N'],
      ['a', 'N'],
      ['O', 'O'],
      ['b', 'O'],
      ['c', 'N'],
    ]);
  });

  test('is that of a runner while it is open, and the one before it again afterwards', () => {
    expect(
      loops(
        'M inv N newLoop ; M ret N ; M inv r runner body=root ; L run r root ; L inv a callSoon ; L ret a ; L end r ; M ret r ; M inv q quiesce',
      ),
    ).toEqual([
      ['N', 'N'],
      ['r', 'N'],
      ['a', 'r'],
      ['q', 'N'],
    ]);
  });

  test('is null before any', () => expect(loops('F1 inv a callSoonThreadsafe')).toEqual([['a', null]]));
});

describe('an index', () => {
  test('keeps the first of each record, and knows of second resumptions', () => {
    const { operations } = index(
      'L inv w await ; L susp R id=w on=f ; L resm R id=w ; L resm R id=w ; L ret w v=1 ; L ret w v=2',
    );
    expect(operations.get('w')).toMatchObject({
      ret: { v: 1 },
      susp: { seq: 2 },
      resm: { seq: 3 },
      extraResms: [{ seq: 4 }],
    });
  });

  test('survives records of things that it never heard of', () => {
    const history = index(
      'L ret x ; L run y body ; L end z ; L susp s id=x on=f ; L resm s id=x ; L hnd null err=USER(a)',
    );
    expect(history.operations.size).toBe(0);
    expect(history.instances.get('y')).toMatchObject({ operation: undefined, runs: [{ body: 'body' }] });
    expect(history.handlers).toHaveLength(1);
  });

  test('finds a body whether it ran before or after its operation was recorded', () => {
    for (const text of ['M inv a callSoon ; L run a x', 'L run a x ; M inv a callSoon']) {
      const history = index(text);
      const operation = history.operations.get('a')!;
      expect(scheduledBody(history, operation)).toMatchObject({ operation: { id: 'a' }, runs: [{ body: 'x' }] });
    }
  });

  test('merges operations of several names in the order they were begun', () => {
    const history = index('M inv a callSoon ; M inv b callLater ; M inv c callSoon ; M inv d callAt');
    expect(operationsNamed(history, 'callLater', 'callAt', 'callSoon').map(({ id }) => id)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
    expect(operationsNamed(history, 'close')).toEqual([]);
    expect(history.byOp.get('callSoon')!.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  test('follows references, lists and empty slots alike', () => {
    const history = index('M inv g gather of=["a","b"] ; M inv w await of=a ; M inv n await of=null');
    expect(history.byRef.get('a')!.map(({ id }) => id)).toEqual(['g', 'w']);
    expect(refsOf(history.operations.get('n')!.args)).toEqual([]);
    expect(madeBy(index('M inv a callSoon ; M ret a v={"ref":7}').operations.get('a')!.ret)).toBe(7);
    expect(madeBy(index('M inv a callSoon ; M ret a v=[1]').operations.get('a')!.ret)).toBeUndefined();
  });
});
