import { describe, expect, test } from 'vitest';
import type { Body, Program, Step } from '../spec/program.ts';
import { findSharing } from './slots-sharing.ts';

function program(main: readonly Step[], bodies: { readonly [name: string]: Body }): Program {
  return { format: 1, name: 'sharing', needs: [], gates: [], bodies, main };
}

const read: Step = { op: 'cellRead', tag: 'tag' };

describe('what threads share', () => {
  test('nothing, if main, tasks and callbacks alone use it: they are one thread', () => {
    const task: Body = { kind: 'task', steps: [{ op: 'await', of: 'made' }, read] };
    const callback: Body = { kind: 'callback', steps: [{ op: 'setResult', of: 'made', value: 1 }, read] };
    const { slots, tags } = findSharing(program([{ op: 'createFuture', to: 'made' }, read], { task, callback }));
    expect([...slots, ...tags]).toEqual([]);
  });

  test('slots and tags of a spawned thread and the loop, blocks inside steps included', () => {
    const complete: Step = { op: 'complete', of: 'made', value: 1 };
    const thread: Body = { kind: 'thread', steps: [{ op: 'try', steps: [], finally: [complete, read] }] };
    const main: readonly Step[] = [{ op: 'createFuture', to: 'made' }, read, { op: 'spawn', body: 'thread' }];
    const { slots, tags } = findSharing(program(main, { thread }));
    expect([...slots, ...tags]).toEqual(['made', 'tag']);
  });

  test.each([
    ['once, is one thread', [{ op: 'spawn', body: 'thread' }], []],
    [
      'twice, is two',
      [
        { op: 'spawn', body: 'thread' },
        { op: 'spawn', body: 'thread' },
      ],
      ['tag'],
    ],
    ['in a repeat, is several', [{ op: 'repeat', count: 2, steps: [{ op: 'spawn', body: 'thread' }] }], ['tag']],
  ] as readonly (readonly [string, readonly Step[], readonly string[]])[])('a body spawned %s', (_, main, shared) => {
    expect([...findSharing(program(main, { thread: { kind: 'thread', steps: [read] } })).tags]).toEqual(shared);
  });

  test('what a callback of a concurrent future uses: any thread may perform it', () => {
    const main: readonly Step[] = [
      { op: 'createConcurrent', to: 'c' },
      { op: 'concurrentAddDoneCallback', of: 'c', body: 'notice' },
    ];
    expect([...findSharing(program(main, { notice: { kind: 'callback', steps: [read] } })).tags]).toEqual(['tag']);
  });
});
