import { describe, expect, test } from 'vitest';
import type { Step } from '../spec/program.ts';
import { programOf } from './fixtures/performances.ts';
import { pathOf } from './interpret-actor.ts';
import { compileProgram } from './interpret-compile.ts';

describe('a compiled program', () => {
  test('knows the path of every step, with a place for each round', () => {
    const mark: Step = { op: 'mark', tag: 'm' };
    const inner: Step = { op: 'repeat', count: 2, steps: [{ op: 'try', steps: [], finally: [mark] }] };
    const { main } = compileProgram(programOf([{ op: 'repeat', count: 17, steps: [mark, inner] }], {}));
    const [first, nested] = main[1]!.steps;
    expect(pathOf(first!, [17])).toBe('1.0#17');
    expect(pathOf(nested!.steps[0]!.finallySteps[0]!, [17, 2])).toBe('1.1#17.0#2.finally.0');
  });

  test('shows the arguments of a step without its own fields and those of blocks', () => {
    const spawn: Step = { op: 'spawn', body: 'body', to: 'thread' };
    const { main } = compileProgram(programOf([spawn], { body: { kind: 'thread', steps: [] } }));
    expect(main[1]!.shown).toEqual({ body: 'body' });
  });

  test.each<readonly [string, Step]>([
    ['gather', { op: 'gather', of: [] }],
    ['a second loop', { op: 'newLoop', to: 'loop' }],
    ['an operation on a chosen loop', { op: 'close', loop: 'loop' }],
    ['debug mode', { op: 'setDebug', value: true }],
  ])('is not made of what the reference does not declare: %s', (_, step) => {
    expect(() => compileProgram(programOf([step], {}))).toThrow('does not declare');
  });
});
