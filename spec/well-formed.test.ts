import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import type { Program, Step } from './program.ts';
import { callback, fixedProgram, task, thread } from './requirements/builder.ts';
import { programProblems } from './well-formed.ts';

const folder = new URL('../impl/cases/programs/', import.meta.url);

function withRoot(...steps: readonly Step[]): Program {
  return fixedProgram('p', {
    needs: ['ON-LOOP', 'INBOUND', 'OFFLOAD'],
    gates: ['g'],
    bodies: { root: task(...steps), cb: callback(), foreign: thread({ op: 'callSoonThreadsafe', body: 'cb' }) },
    spawn: ['foreign'],
  });
}

describe('a program is well-formed', () => {
  test.each(readdirSync(folder))('%s', (file) => {
    expect(programProblems(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Program)).toEqual([]);
  });

  test.each(CATALOGUE.map(({ id, program }) => [id, program] as const))('that exercises %s', (_, program) => {
    expect(programProblems(program)).toEqual([]);
  });
});

describe('a program is refused, with place and remedy, when', () => {
  const problem = (program: Program) => programProblems(program)[0];
  test.each<[string, Program, object]>([
    ['main does not begin with newLoop', { ...withRoot(), main: [] }, { path: 'main.0' }],
    ['a body is missing', withRoot({ op: 'callSoon', body: 'nobody' }), { path: 'bodies.root.0' }],
    ['a body is of the wrong kind', withRoot({ op: 'createTask', body: 'cb' }), { path: 'bodies.root.0' }],
    ['a gate is not declared', withRoot({ op: 'signal', gate: 'h' }), { path: 'bodies.root.0' }],
    [
      'a gate is used in two ways',
      withRoot({ op: 'signal', gate: 'g' }, { op: 'meet', gate: 'g' }),
      { path: 'bodies.root.1' },
    ],
    [
      'two steps write a slot',
      withRoot({ op: 'createFuture', to: 'f' }, { op: 'createFuture', to: 'f' }),
      { path: 'bodies.root.1' },
    ],
    [
      'a repeated step writes a slot',
      withRoot({ op: 'repeat', count: 2, steps: [{ op: 'createFuture', to: 'f' }] }),
      { path: 'bodies.root.0.0' },
    ],
    [
      'a body that writes a slot is scheduled twice',
      fixedProgram('p', {
        needs: ['ON-LOOP'],
        bodies: {
          root: task({ op: 'callSoon', body: 'cb' }, { op: 'callSoon', body: 'cb' }),
          cb: callback({ op: 'createFuture', to: 'f' }),
        },
      }),
      { path: 'bodies.cb.0' },
    ],
    [
      'the loop completes a future from outside',
      withRoot({ op: 'complete', of: 'f', value: 1 }),
      { path: 'bodies.root.0' },
    ],
    ['a need is missing', { ...withRoot({ op: 'gather', of: [] }) }, { path: 'needs' }],
    [
      'a callback awaits',
      { ...withRoot(), bodies: { ...withRoot().bodies, cb: callback({ op: 'yield' }) } },
      { path: 'bodies.cb.0' },
    ],
  ])('%s', (_, program, expected) => expect(problem(program)).toMatchObject(expected));
});
