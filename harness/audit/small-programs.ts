import type { Body, Program, Step } from '../../spec/program.ts';
import type { Seed } from '../seed.ts';

const SENT = 'sent';
const TIMEOUTS_US: readonly (number | null)[] = [0, 500, null];

/** What a callback and a coroutine may do, so that what is submitted differs too. */
const WORK: readonly (readonly Step[])[] = [
  [],
  [{ op: 'mark', tag: 'worked' }],
  [{ op: 'raise', error: 'USER(work)' }],
  [{ op: 'callSoon', body: 'other' }],
];
const ANSWERS: readonly (readonly Step[])[] = [
  [{ op: 'return', value: 25 }],
  [{ op: 'raise', error: 'USER(answer)' }],
  [{ op: 'yield' }, { op: 'return', value: 25 }],
  [
    { op: 'sleep', delayUs: 500 },
    { op: 'return', value: 25 },
  ],
];
/** What `main` does before it lets the loop run or closes it. */
const OPENINGS: readonly (readonly Step[])[] = [
  [],
  [{ op: 'callSoon', body: 'other' }],
  [{ op: 'callSoonThreadsafe', body: 'work' }],
];

/** What a foreign thread does with the loop: one race each, as short as it gets. */
type Deed = 'submit' | 'submit-twice' | 'coroutine' | 'result' | 'cancel' | 'cancel-handle';

const DEEDS: readonly Deed[] = ['submit', 'submit-twice', 'coroutine', 'result', 'cancel', 'cancel-handle'];

/** With two threads, what keeps the search without reduction within bounds. */
const BRIEF_DEEDS: readonly Deed[] = ['submit', 'coroutine', 'cancel-handle'];

/** When the threads meet the loop: while it runs, before it runs, or while it is closed; or they meet a future alone. */
type Meeting = 'running' | 'before' | 'closing' | 'future';

const MEETINGS: readonly Meeting[] = ['running', 'running', 'before', 'closing', 'closing', 'future'];

/** Those after which the loop stops by itself, so that no second submission is needed. */
const STOPPING_DEEDS: readonly Deed[] = ['submit', 'coroutine', 'result'];

/** What threads do with one concurrent future. */
const FUTURE_DEEDS: readonly (readonly Step[])[] = [
  [{ op: 'try', steps: [{ op: 'concurrentSet', of: 'raced', value: 1 }], on: 'INVALID_STATE', then: [] }],
  [{ op: 'concurrentCancel', of: 'raced' }],
  [{ op: 'try', steps: [{ op: 'concurrentResult', of: 'raced', timeoutUs: 500 }], on: 'ANY', then: [] }],
];

function one<Item>(seed: Seed, items: readonly Item[]): Item {
  return items[seed.below(items.length)]!;
}

function unlessClosed(...steps: readonly Step[]): Step {
  return { op: 'try', steps, on: 'CLOSED', then: [] };
}

function deedSteps(deed: Deed, to: string, timeoutUs: number | null): readonly Step[] {
  switch (deed) {
    case 'submit':
      return [{ op: 'callSoonThreadsafe', body: 'work' }];
    case 'submit-twice':
      return [
        { op: 'callSoonThreadsafe', body: 'work' },
        { op: 'callSoonThreadsafe', body: 'other' },
      ];
    case 'coroutine':
      return [{ op: 'runCoroutineThreadsafe', body: 'answer', to }];
    case 'result':
      return [
        { op: 'runCoroutineThreadsafe', body: 'answer', to },
        { op: 'try', steps: [{ op: 'concurrentResult', of: to, timeoutUs }], on: 'ANY', then: [] },
      ];
    case 'cancel':
      return [
        { op: 'runCoroutineThreadsafe', body: 'answer', to },
        { op: 'concurrentCancel', of: to },
      ];
    case 'cancel-handle':
      return [
        { op: 'callSoonThreadsafe', body: 'work', to },
        { op: 'cancelHandle', of: to },
      ];
  }
}

/**
 * A random Program of one or two foreign threads and a loop, small enough to be searched without reduction now and
 * then. With two threads, a gate may put the second behind the first. The same for the same seed and index.
 */
export function smallProgram(seed: Seed, index: number, threads: 1 | 2): Program {
  const draw = seed.fork(`small program ${index}`);
  const meeting = one(draw, MEETINGS);
  const isSequenced = threads === 2 && draw.below(2) === 0;
  const stops: readonly Step[] = meeting === 'running' ? [{ op: 'stop' }] : [];
  const bodies: { [name: string]: Body } = {
    work: { kind: 'callback', steps: [...stops, ...one(draw, WORK)] },
    other: { kind: 'callback', steps: [] },
    stopper: { kind: 'callback', steps: [{ op: 'stop' }] },
    answer: { kind: 'task', steps: [...stops, ...one(draw, ANSWERS)] },
  };
  for (let thread = 1; thread <= threads; thread++) {
    const before: readonly Step[] = isSequenced && thread === 2 ? [{ op: 'waitGate', gate: 'turn' }] : [];
    const after: readonly Step[] = isSequenced && thread === 1 ? [{ op: 'signal', gate: 'turn' }] : [];
    const steps = [...before, ...visit(draw, meeting, threads, `${SENT}${thread}`), ...after];
    bodies[`foreign${thread}`] = { kind: 'thread', steps };
  }
  const spawns = Array.from({ length: threads }, (_, thread): Step => ({ op: 'spawn', body: `foreign${thread + 1}` }));
  return {
    format: 1,
    name: `small ${index}`,
    needs: ['ON-LOOP', 'INBOUND', 'LIFECYCLE', 'loop-control'],
    gates: isSequenced ? ['turn'] : [],
    bodies,
    main: [{ op: 'newLoop' }, ...one(draw, OPENINGS), ...aroundThreads(draw, meeting, spawns)],
  };
}

/** What one thread does. */
function visit(draw: Seed, meeting: Meeting, threads: number, to: string): readonly Step[] {
  if (meeting === 'future') return one(draw, FUTURE_DEEDS);
  const deeds = meeting === 'running' ? STOPPING_DEEDS : threads === 1 ? DEEDS : BRIEF_DEEDS;
  const timeoutUs = one(draw, TIMEOUTS_US);
  // Nobody would answer before the loop runs.
  return [unlessClosed(...deedSteps(one(draw, deeds), to, meeting === 'before' ? (timeoutUs ?? 500) : timeoutUs))];
}

/** The rest of `main`, which starts the threads. */
function aroundThreads(draw: Seed, meeting: Meeting, spawns: readonly Step[]): readonly Step[] {
  switch (meeting) {
    case 'running':
      return [...spawns, { op: 'runForever' }];
    case 'before':
      return [...spawns, { op: 'join' }, { op: 'callSoon', body: 'stopper' }, { op: 'runForever' }];
    case 'closing':
      return [...spawns, { op: 'close' }, { op: 'join' }];
    case 'future':
      return [{ op: 'createConcurrent', to: 'raced' }, ...spawns, ...one(draw, FUTURE_DEEDS), { op: 'join' }];
  }
}
