import type { Step } from '../program.ts';
import type { Requirement } from '../requirement.ts';
import { articleRequirement } from './article-scenario.ts';
import { callback, fixedProgram, idle, running, task, thread, worker } from './builder.ts';

/** The article's second, made short: causal order holds at any speed. Blocking times are n.5 units, so nothing ties. */
const UNIT_US = 2000;

const mark = (tag: string): Step => ({ op: 'mark', tag });
const sleep = (units: number): Step => ({ op: 'sleep', delayUs: units * UNIT_US });

/** `prefix`0, `prefix`1, … each a mark with a unit of sleep behind it. */
function ticks(prefix: string, count: number, first = 0): readonly Step[] {
  return Array.from({ length: count }, (_, n) => [mark(`${prefix}${n + first}`), sleep(1)]).flat();
}

function chain(prefix: string, last: number, first = 0): readonly (readonly [string, string])[] {
  return Array.from(
    { length: last - first },
    (_, n) => [`${prefix}${n + first}`, `${prefix}${n + first + 1}`] as const,
  );
}

/** Both tasks of an example that runs for ever, awaited so that the program ends. */
function tasks(id: string, ...bodies: readonly string[]): readonly Step[] {
  return [
    mark(id),
    ...bodies.map((body): Step => ({ op: 'createTask', body, to: `${body}Task` })),
    ...bodies.map((body): Step => ({ op: 'await', of: `${body}Task` })),
  ];
}

const finish = callback({ op: 'setResult', of: 'finished', value: null });
const finishing: Step = { op: 'callSoonThreadsafe', body: 'finish' };

export const runInExecutorExample: Requirement = articleRequirement({
  id: 'SEED-B1',
  title: 'run_in_executor',
  lines: '107-124',
  scenario: 'B',
  needs: ['fifo-tasks'],
  happensBefore: [...chain('a', 6), ['a0', 'c.put'], ['c.put', 'b.start'], ['b.start', 'b.end'], ['b.end', 'c.result']],
  onLoop: ['a0', 'a1', 'c.put', 'c.result'],
  notOnLoop: ['b.start', 'b.end'],
  values: { 'c.result': 'hello world' },
  forbidden: [],
  examples: {
    upholds: [running('L mark SEED-B1 ; L mark a0 ; L mark c.put ; W1 run x b ; W1 mark b.start inst=x ; M eot done')],
    violates: [
      running('L mark SEED-B1 ; L mark c.put ; L mark a0 ; M eot done'),
      running('L mark SEED-B1 ; L mark a0 ; L mark c.put ; L mark b.start ; M eot done'),
      running('L mark SEED-B1 ; W1 mark b.start ; L inv w await of=x ; L ret w v=1 ; L mark c.result ; M eot done'),
    ],
    unexercised: [running('L mark c.put ; L mark a0 ; M eot done')],
  },
  program: fixedProgram('SEED-B1', {
    needs: ['ON-LOOP', 'OFFLOAD'],
    bodies: {
      root: task(...tasks('SEED-B1', 'a', 'c')),
      a: task(...ticks('a', 7)),
      c: task(
        mark('c.put'),
        { op: 'runInExecutor', body: 'b', to: 'work' },
        { op: 'await', of: 'work' },
        mark('c.result'),
      ),
      b: worker(mark('b.start'), sleep(3.5), mark('b.end'), { op: 'return', value: 'hello world' }),
    },
  }),
});

export const foreignCallbackExample: Requirement = articleRequirement({
  id: 'SEED-B2',
  title: 'foreign callback, handed over with call_soon_threadsafe',
  lines: '160-193',
  scenario: 'B',
  needs: ['fifo-tasks'],
  happensBefore: [
    ...chain('a', 4),
    ['a0', 'b.put'],
    ['t.started', 't.got'],
    ['b.put', 't.got'],
    ['t.got', 'cb'],
    ['cb', 'b.result'],
  ],
  onLoop: ['b.put', 'b.result'],
  notOnLoop: ['t.started', 't.got', 'cb'],
  values: { 'b.result': 25 },
  forbidden: [],
  examples: {
    upholds: [running('L mark SEED-B2 ; L mark a0 ; L mark b.put ; F1 mark t.started ; F1 mark t.got ; M eot done')],
    violates: [running('L mark SEED-B2 ; F1 mark t.started ; F1 mark t.got ; L mark a0 ; L mark b.put ; M eot done')],
    unexercised: [running('F1 mark t.got ; L mark b.put ; M eot done')],
  },
  program: fixedProgram('SEED-B2', {
    needs: ['ON-LOOP', 'OFFLOAD'],
    gates: ['put'],
    bodies: {
      root: task({ op: 'createFuture', to: 'future' }, ...tasks('SEED-B2', 'a', 'b')),
      a: task(...ticks('a', 5)),
      b: task(mark('b.put'), { op: 'signal', gate: 'put' }, { op: 'await', of: 'future' }, mark('b.result')),
      foreign: thread(mark('t.started'), { op: 'waitGate', gate: 'put' }, mark('t.got'), sleep(3.5), mark('cb'), {
        op: 'complete',
        of: 'future',
        value: 25,
      }),
    },
    spawn: ['foreign'],
  }),
});

export const callSoonExample: Requirement = articleRequirement({
  id: 'SEED-C1',
  title: 'a bound function through call_soon',
  lines: '234-241',
  scenario: 'A',
  needs: [],
  happensBefore: [
    ['sched', 'ret'],
    ['ret', 'run'],
  ],
  onLoop: ['sched', 'run'],
  notOnLoop: [],
  values: {},
  forbidden: [],
  examples: {
    upholds: [running('L mark SEED-C1 ; L mark sched ; L mark ret ; L mark run ; M eot done')],
    violates: [running('L mark SEED-C1 ; L mark sched ; L mark run ; L mark ret ; M eot done')],
    unexercised: [running('L mark run ; L mark ret ; M eot done')],
  },
  program: fixedProgram('SEED-C1', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(mark('SEED-C1'), mark('sched'), { op: 'callSoon', body: 'print' }, mark('ret'), { op: 'yield' }),
      print: callback(mark('run')),
    },
  }),
});

export const blockingResultExample: Requirement = articleRequirement({
  id: 'SEED-C2',
  title: 'run_coroutine_threadsafe and result()',
  lines: '267-293',
  scenario: 'C',
  needs: [],
  happensBefore: [
    ...chain('a', 7),
    ...chain('b.p', 5, 1),
    ['t.started', 't.ask'],
    ['t.ask', 't.sent'],
    ['t.ask', 'b.got'],
    ['b.got', 'b.p1'],
    ['b.p5', 't.result'],
    ['t.sent', 't.result'],
  ],
  onLoop: ['b.got', 'b.p1', 'b.p5'],
  notOnLoop: ['t.ask', 't.sent', 't.result'],
  values: { 't.result': 25 },
  forbidden: [],
  examples: {
    upholds: [idle('L mark SEED-C2 ; F1 mark t.started ; F1 mark t.ask ; L mark b.got ; F1 mark t.sent ; M eot done')],
    violates: [idle('L mark SEED-C2 ; F1 mark t.started ; L mark b.got ; F1 mark t.ask ; M eot done')],
    unexercised: [idle('L mark b.got ; F1 mark t.ask ; M eot done')],
  },
  program: fixedProgram('SEED-C2', {
    needs: ['ON-LOOP', 'INBOUND'],
    gates: ['made'],
    bodies: {
      root: task({ op: 'createFuture', to: 'finished' }, { op: 'signal', gate: 'made' }, ...tasks('SEED-C2', 'a'), {
        op: 'await',
        of: 'finished',
      }),
      a: task(...ticks('a', 8)),
      b: task(mark('b.got'), ...ticks('b.p', 5, 1), { op: 'return', value: 25 }),
      foreign: thread(mark('t.started'), { op: 'waitGate', gate: 'made' }, sleep(1.5), {
        op: 'try',
        steps: [
          mark('t.ask'),
          { op: 'runCoroutineThreadsafe', body: 'b', to: 'sent' },
          mark('t.sent'),
          { op: 'concurrentResult', of: 'sent', timeoutUs: null },
          mark('t.result'),
        ],
        finally: [finishing],
      }),
      finish,
    },
    spawn: ['foreign'],
  }),
});

export const timeoutAndCancelExample: Requirement = articleRequirement({
  id: 'SEED-C3',
  title: 'result(timeout), then cancel()',
  lines: '316-320',
  scenario: 'C',
  needs: ['suppressible-cancel'],
  happensBefore: [
    ['b.got', 'b.cancelled'],
    ['t.sent', 't.timeout'],
    ['t.timeout', 't.cancel'],
    ['t.timeout', 'b.cancelled'],
    ['t.cancel', 't.result2'],
  ],
  onLoop: ['b.got', 'b.cancelled'],
  notOnLoop: ['t.timeout', 't.cancel', 't.result2'],
  values: { 't.timeout': 'TIMEOUT', 't.cancel': true, 't.result2': 'CANCELLED' },
  forbidden: ['b.finished'],
  examples: {
    upholds: [
      idle(
        'L mark SEED-C3 ; F1 mark t.sent ; F1 inv g concurrentResult of=a ; F1 ret g err=TIMEOUT done=false ; F1 mark t.timeout ; M eot done',
      ),
    ],
    violates: [
      idle('L mark SEED-C3 ; L mark b.got ; L mark b.finished ; M eot done'),
      idle(
        'L mark SEED-C3 ; F1 mark t.sent ; F1 inv g concurrentResult of=a ; F1 ret g v=1 ; F1 mark t.timeout ; M eot done',
      ),
    ],
    unexercised: [idle('L mark b.got ; L mark b.finished ; M eot done')],
  },
  program: fixedProgram('SEED-C3', {
    needs: ['ON-LOOP', 'INBOUND', 'suppressible-cancel'],
    gates: ['made'],
    bodies: {
      root: task(
        mark('SEED-C3'),
        { op: 'createFuture', to: 'never' },
        { op: 'createFuture', to: 'finished' },
        { op: 'signal', gate: 'made' },
        { op: 'await', of: 'finished' },
      ),
      co: task(mark('b.got'), {
        op: 'try',
        steps: [{ op: 'await', of: 'never' }, mark('b.finished')],
        on: 'CANCELLED',
        then: [mark('b.cancelled'), { op: 'raise', error: 'CANCELLED' }],
      }),
      foreign: thread(
        { op: 'waitGate', gate: 'made' },
        {
          op: 'try',
          steps: [
            { op: 'runCoroutineThreadsafe', body: 'co', to: 'sent' },
            mark('t.sent'),
            {
              op: 'try',
              steps: [{ op: 'concurrentResult', of: 'sent', timeoutUs: UNIT_US }],
              on: 'TIMEOUT',
              then: [
                mark('t.timeout'),
                { op: 'concurrentCancel', of: 'sent' },
                mark('t.cancel'),
                {
                  op: 'try',
                  steps: [{ op: 'concurrentResult', of: 'sent', timeoutUs: null }],
                  on: 'CANCELLED',
                  then: [mark('t.result2')],
                },
              ],
            },
          ],
          finally: [finishing],
        },
      ),
      finish,
    },
    spawn: ['foreign'],
  }),
});
