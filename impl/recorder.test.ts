import { describe, expect, test } from 'vitest';
import { formatEvent } from '../spec/notation.ts';
import { OP } from './platform.ts';
import { Recorder } from './recorder.ts';

const lines = (recorder: Recorder): readonly string[] => recorder.history().map(formatEvent);

describe('the recorder', () => {
  test('stamps early records when their thread is flushed, and late ones at once', () => {
    const recorder = new Recorder(() => 0);
    const main = recorder.begin();
    main.inv('main', '0', 'stop', {});
    const foreign = recorder.thread(1);
    foreign.label = 'F1';
    foreign.run('M.1', 'body', undefined);
    recorder.flush(0);
    main.ret('M.1', null);
    expect(lines(recorder)).toEqual(['F1 run M.1 body', 'M inv M.1 stop step=0 inst=main', 'M ret M.1 v=null']);
    expect(recorder.history().map((event) => event.seq)).toEqual([1, 2, 3]);
  });

  test('refuses a late record while early ones of its thread wait: they would change places', () => {
    const main = new Recorder(() => 0).begin();
    main.inv('main', '0', 'stop', {});
    expect(() => main.ret('M.1', null)).toThrow('crossloop bug');
  });

  test('keeps the label a record was made under, and counts on under both labels of the loop thread', () => {
    const recorder = new Recorder(() => 0);
    const main = recorder.begin();
    expect(main.inv('main', '0', 'runForever', {})).toBe('M.1');
    main.loopStart();
    main.label = 'L';
    recorder.flush(0);
    expect(main.inv('b', '0', 'stop', {})).toBe('L.2');
    main.label = 'M';
    recorder.flush(0);
    expect(recorder.history().map((event) => event.th)).toEqual(['M', 'M', 'L']);
  });

  test('numbers threads that nobody spawned by their first record', () => {
    const recorder = new Recorder(() => 0);
    recorder.begin();
    recorder.thread(3).run('a', 'work', undefined);
    recorder.thread(2).run('b', 'work', undefined);
    recorder.thread(3).run('c', 'work', undefined);
    expect(lines(recorder)).toEqual(['W1 run a work', 'W2 run b work', 'W1 run c work']);
  });

  test('begins every execution anew and leaves earlier histories alone', () => {
    let now = 5;
    const recorder = new Recorder(() => now);
    const first = recorder.begin();
    now = 7;
    first.run('a', 'body', undefined);
    const history = recorder.history();
    const again = recorder.begin();
    expect(again.inv('main', '0', 'stop', {})).toBe('M.1');
    recorder.flush(0);
    expect(history.map((event) => event.t)).toEqual([2]);
    expect(recorder.history().map((event) => event.t)).toEqual([0]);
  });

  test('counts what quiesce watches: bodies entered and resumed', () => {
    const main = new Recorder(() => 0).begin();
    main.run('a', 'body', [1]);
    main.resm('a', 'b', null);
    main.resmFailed('a', 'b', 'CANCELLED');
    main.hnd(null, 'OTHER(none)');
    expect(main.progress).toBe(3);
  });

  test('refuses the history of an execution in which crossloop itself went wrong', () => {
    const recorder = new Recorder(() => 0);
    recorder.begin();
    recorder.noteBug(new Error('crossloop bug: seen'));
    expect(() => recorder.history()).toThrow('seen');
    recorder.begin();
    expect(recorder.history()).toEqual([]);
  });

  test('offers a step that only carries records', () => {
    expect(new Recorder(() => 0).begin().pause.kind).toBe(OP.record);
  });
});
