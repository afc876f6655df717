import { describe, expect, test } from 'vitest';
import { parseHistory } from '../spec/notation.ts';
import { Overlap } from './overlap.ts';

function measured(...texts: readonly string[]): { readonly histories: number; readonly actors: number } {
  const overlap = new Overlap();
  for (const text of texts) overlap.add(parseHistory(text));
  return { histories: overlap.histories, actors: overlap.actors };
}

const ONE_BY_ONE = 'F1 inv a callSoonThreadsafe body=x ; F1 ret a ; F2 inv b callSoonThreadsafe body=x ; F2 ret b';
const OVERLAPPING = 'F1 inv a callSoonThreadsafe body=x ; F2 inv b complete of=f ; F1 ret a ; F2 ret b';

describe('an overlap', () => {
  test('is two submissions of different threads that are open at once', () => {
    expect(measured(OVERLAPPING).histories).toBe(1);
    expect(measured(ONE_BY_ONE).histories).toBe(0);
  });

  test('is counted once a history', () => {
    expect(
      measured(`${OVERLAPPING} ; F1 inv c callSoonThreadsafe ; F2 inv d callSoonThreadsafe`, ONE_BY_ONE, OVERLAPPING)
        .histories,
    ).toBe(2);
  });

  test('is not one of a thread with itself, M and L being one', () => {
    expect(measured('M inv a callSoonThreadsafe ; L inv b callSoonThreadsafe').histories).toBe(0);
  });

  test('is not one with an operation that submits nothing', () => {
    expect(measured('F1 inv a waitGate ; F2 inv b callSoonThreadsafe').histories).toBe(0);
  });
});

test('actors are the threads that made a record in the busiest history; meta and eot are nobody’s', () => {
  expect(measured('M meta ; F1 inv a close ; M eot done').actors).toBe(1);
  expect(measured('M inv a close ; L mark m ; F1 inv b close ; F2 inv c close', ONE_BY_ONE).actors).toBe(3);
});
