import type { Program, Step } from '../../spec/program.ts';

const RUN_AND_CLOSE: readonly Step[] = [
  { op: 'runUntil', body: 'root' },
  { op: 'quiesce' },
  { op: 'join' },
  { op: 'close' },
];

function program(name: string, rest: Pick<Program, 'needs' | 'bodies'> & Partial<Program>): Program {
  return { format: 1, name, gates: [], main: [{ op: 'newLoop' }, ...RUN_AND_CLOSE], ...rest };
}

/** A callback completes a future that a task awaits. */
const onLoop: Program = program('smoke-on-loop', {
  needs: ['ON-LOOP'],
  bodies: {
    root: {
      kind: 'task',
      steps: [
        { op: 'createFuture', to: 'future' },
        { op: 'callSoon', body: 'complete' },
        { op: 'await', of: 'future' },
      ],
    },
    complete: { kind: 'callback', steps: [{ op: 'setResult', of: 'future', value: 1 }] },
  },
});

/** A worker's value is awaited. */
const offload: Program = program('smoke-offload', {
  needs: ['OFFLOAD', 'ON-LOOP'],
  bodies: {
    root: {
      kind: 'task',
      steps: [
        { op: 'runInExecutor', body: 'work', to: 'value' },
        { op: 'await', of: 'value' },
      ],
    },
    work: { kind: 'worker', steps: [{ op: 'return', value: 1 }] },
  },
});

/** A foreign thread completes a future in the way that the implementation prescribes. */
const complete: Program = program('smoke-complete', {
  needs: ['OFFLOAD', 'ON-LOOP'],
  gates: ['made'],
  bodies: {
    root: {
      kind: 'task',
      steps: [
        { op: 'createFuture', to: 'future' },
        { op: 'signal', gate: 'made' },
        { op: 'await', of: 'future' },
      ],
    },
    foreign: {
      kind: 'thread',
      steps: [
        { op: 'waitGate', gate: 'made' },
        { op: 'complete', of: 'future', value: 1 },
      ],
    },
  },
  main: [{ op: 'newLoop' }, { op: 'spawn', body: 'foreign' }, ...RUN_AND_CLOSE],
});

/** A foreign thread sends a coroutine, waits for its value, and ends the root. */
const inbound: Program = program('smoke-inbound', {
  needs: ['INBOUND', 'ON-LOOP'],
  gates: ['made'],
  bodies: {
    root: {
      kind: 'task',
      steps: [
        { op: 'createFuture', to: 'finished' },
        { op: 'signal', gate: 'made' },
        { op: 'await', of: 'finished' },
      ],
    },
    foreign: {
      kind: 'thread',
      steps: [
        { op: 'waitGate', gate: 'made' },
        { op: 'runCoroutineThreadsafe', body: 'coroutine', to: 'sent' },
        { op: 'concurrentResult', of: 'sent', timeoutUs: null },
        { op: 'callSoonThreadsafe', body: 'finish' },
      ],
    },
    coroutine: { kind: 'task', steps: [{ op: 'return', value: 1 }] },
    finish: { kind: 'callback', steps: [{ op: 'setResult', of: 'finished', value: null }] },
  },
  main: [{ op: 'newLoop' }, { op: 'spawn', body: 'foreign' }, ...RUN_AND_CLOSE],
});

/** A callback stops the loop. */
const stop: Program = program('smoke-stop', {
  needs: ['LIFECYCLE', 'ON-LOOP', 'loop-control'],
  bodies: { stopper: { kind: 'callback', steps: [{ op: 'stop' }] } },
  main: [
    { op: 'newLoop' },
    { op: 'callSoon', body: 'stopper' },
    { op: 'runForever' },
    { op: 'quiesce' },
    { op: 'close' },
  ],
});

/** The loop is made, runs a task and is closed. */
const close: Program = program('smoke-close', {
  needs: ['LIFECYCLE'],
  bodies: { root: { kind: 'task', steps: [{ op: 'return', value: 1 }] } },
});

/** By profile, what an adapter that declares it performs; of several the first that it has the capabilities for. */
export const SMOKE_PROGRAMS: { readonly [profile: string]: readonly Program[] } = {
  'ON-LOOP': [onLoop],
  OFFLOAD: [offload, complete],
  INBOUND: [inbound],
  LIFECYCLE: [stop, close],
};

/** Never ends: the loop's thread is blocked by the program itself. */
export const BLOCKED_LOOP: Program = program('smoke-blocked-loop', {
  needs: [],
  gates: ['never'],
  bodies: { root: { kind: 'task', steps: [{ op: 'waitGate', gate: 'never' }] } },
});

/** Never ends: the loop is idle, with nothing that would wake it. */
export const IDLE_LOOP: Program = program('smoke-idle-loop', {
  needs: ['ON-LOOP'],
  bodies: {
    root: {
      kind: 'task',
      steps: [
        { op: 'createFuture', to: 'never' },
        { op: 'await', of: 'never' },
      ],
    },
  },
});

/** To be rejected whole: no language has this operation. */
export const UNKNOWN_OPERATION: Program = program('smoke-unknown-operation', {
  needs: [],
  bodies: { root: { kind: 'task', steps: [{ op: 'crossloop-unknown' } as unknown as Step] } },
});
