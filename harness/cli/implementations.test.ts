import { afterEach, describe, expect, test, vi } from 'vitest';
import { MUTANTS } from '../../impl/mutants/mutants.ts';
import { chosenImplementations } from './implementations.ts';

const silent = () => {};

afterEach(() => vi.unstubAllEnvs());

describe('choosing implementations', () => {
  test('the reference and every mutant are simulated', () => {
    const names = ['reference', ...MUTANTS.map(({ id }) => `mutant:${id}`)];
    expect(chosenImplementations({ impl: names }, silent).map(({ kind }) => kind)).toEqual(
      names.map(() => 'simulated'),
    );
  });

  test('one that is named twice is judged once, adapters each', () => {
    const chosen = { impl: ['reference', 'reference'], adapter: ['a', 'b'] };
    expect(chosenImplementations(chosen, silent).map(({ key }) => key)).toEqual(['reference', 'adapter', 'adapter-2']);
  });

  test('an adapter has its command, parameters as JSON where they are JSON, and environment', () => {
    const set = ['timerEarlyNs=5', 'closePolicy=plain text'];
    const [adapter] = chosenImplementations({ adapter: ['x y'], set, env: ['A=b=c'], cwd: '/' }, silent);
    expect(adapter).toMatchObject({
      kind: 'process',
      command: 'x y',
      options: ['--adapter', 'x y'],
      set: { timerEarlyNs: 5, closePolicy: 'plain text' },
      env: { A: 'b=c' },
      cwd: '/',
    });
  });

  test('without a Python the reference is judged alone, and the person hears of it', () => {
    vi.stubEnv('PATH', '/nonexistent');
    vi.stubEnv('CROSSLOOP_PYTHON', undefined);
    const notes: string[] = [];
    expect(chosenImplementations({}, (text) => notes.push(text)).map(({ key }) => key)).toEqual(['reference']);
    expect(notes).toEqual([expect.stringContaining('--python PATH')]);
    expect(() => chosenImplementations({ impl: ['asyncio'] }, silent)).toThrow('give --python PATH');
  });

  test.each([
    [{ python: '/nonexistent/python' }, '--python /nonexistent/python: not a Python 3.8 or newer'],
    [{ impl: ['no'] }, '--impl no: unknown; known are reference, asyncio, mutant:'],
    [{ adapter: ['x'], set: ['speed=1'] }, '--set speed=1: no such parameter; known are timerEarlyNs'],
    [{ adapter: ['x'], set: ['x'] }, '--set x: write NAME=VALUE'],
    [{ adapter: ['x'], env: ['=x'] }, '--env =x: write NAME=VALUE'],
  ])('%o is refused', (chosen, message) => {
    expect(() => chosenImplementations(chosen, silent)).toThrow(message);
  });

  test.each(['0', '-1', 'fast'])('a time scale of %s is refused', (scale) => {
    vi.stubEnv('CROSSLOOP_TIME_SCALE', scale);
    expect(() => chosenImplementations({ adapter: ['x'] }, silent)).toThrow('give a number above 0');
  });
});
