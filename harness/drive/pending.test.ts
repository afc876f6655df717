import { expect, test } from 'vitest';
import { parseHistory } from '../../spec/notation.ts';
import { pendingOf } from './pending.ts';

const pending = (notation: string) => pendingOf(parseHistory(notation));

test('nothing is owed where everything returned and ended', () => {
  expect(pending('M inv a callSoon body=cb ; M ret a ; L run a cb ; L end a')).toEqual([]);
});

test('an operation that did not return is owed', () => {
  expect(pending('F1 inv a concurrentResult of=x inst=t')).toEqual(['a']);
});

test('accepted work that did not run is owed, refused work is not', () => {
  expect(pending('M inv a callSoon body=cb ; M ret a ; M inv b callSoon body=cb ; M ret b err=CLOSED')).toEqual(['a']);
});

test('work that ran before its operation returned is owed only until it ends', () => {
  const begun = 'F1 inv a callSoonThreadsafe body=cb inst=t ; L run a cb ; F1 ret a';
  expect(pending(begun)).toEqual(['a']);
  expect(pending(`${begun} ; L end a`)).toEqual([]);
});

test('the body of runUntil and handlers are owed by nobody but their operation', () => {
  expect(pending('M inv r runUntil body=root ; L run r root ; M ret r err=NOT_RUNNING')).toEqual([]);
  expect(pending('M inv h setExceptionHandler body=handler ; M ret h')).toEqual([]);
});

test('removing a callback schedules nothing', () => {
  expect(pending('M inv a removeDoneCallback of=f body=cb ; M ret a v=1')).toEqual([]);
});
