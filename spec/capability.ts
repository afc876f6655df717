import { type BodyKind, type OpName, type Program, programSteps, type Step } from './program.ts';

/** Profiles are independent of each other: a worker pool has no loop of its own. */
export const PROFILES: { readonly [name: string]: { readonly scenario: string; readonly core: string } } = {
  'ON-LOOP': { scenario: 'A', core: 'callSoon, timers, futures, tasks on one loop' },
  OFFLOAD: { scenario: 'B', core: 'runInExecutor, or complete from another thread' },
  INBOUND: { scenario: 'C', core: 'callSoonThreadsafe, runCoroutineThreadsafe, concurrentResult, concurrentCancel' },
  LIFECYCLE: { scenario: 'shutdown', core: 'run, stop, close, executor shutdown' },
};

/** What an implementation may declare beyond its profiles, in words. */
export const CAPABILITIES: { readonly [name: string]: string } = {
  'call-at': 'Timers can be set for an absolute loop time (callAt, time).',
  'cancel-propagates': 'Cancelling a task cancels what it awaits.',
  'clock-control': "The loop's clock can be replaced or made coarse by the adapter.",
  'concurrent-callbacks': 'The concurrent future has done callbacks.',
  'concurrent-direct':
    'A concurrent future can be made and completed by the program itself (createConcurrent, concurrentSet).',
  'concurrent-states': 'The concurrent future tells pending, running, cancelled and finished apart.',
  context: 'Context variables are captured when work is scheduled.',
  'context-arg': 'An explicit context can be given when scheduling.',
  'context-shared-await': "A directly awaited coroutine shares its caller's context.",
  'custom-executor': 'Executors can be made with a chosen number of workers and passed to runInExecutor.',
  'debug-thread-check': 'Debug mode detects calls from the wrong thread.',
  'dynamic-args': 'Arguments of a wrong kind are detected when the call is made, not by a compiler.',
  'eager-tasks': 'A new task may run its first step inside the call that creates it.',
  'edge-cancel': 'Cancellation is delivered once per request (edge), not again at every await (level).',
  'ensure-future': 'ensureFuture exists.',
  'executor-cancel-futures': 'Shutting an executor down can cancel its queued work.',
  'executor-queue-cancel': 'Executor work that has not started can be cancelled.',
  'executor-shutdown': 'The default executor can be shut down by awaiting it.',
  fatal: 'Some exceptions (KeyboardInterrupt, SystemExit) leave the loop instead of going to the exception handler.',
  'fifo-tasks': 'Callbacks and task steps share one first-in-first-out queue.',
  'future-cancel': 'Futures can be cancelled.',
  gather: 'gather exists.',
  'global-fifo': 'Submissions of different threads run in real-time order.',
  'implicit-loop': 'There are module-level calls that use the running loop.',
  kwargs: 'The language has keyword arguments.',
  'loop-control': 'The program runs, stops and closes the loop itself.',
  'loop-restart': 'A stopped loop can be run again.',
  'misuse-tests':
    'The adapter can perform raw calls that the documentation forbids (rawCall), safely in a process of its own.',
  'multi-loop': 'More than one loop can exist in a process.',
  'remove-done-callback': 'Done callbacks can be removed.',
  runner: 'There is a high-level runner that makes, runs and closes a loop.',
  'self-await-check': 'A task that awaits itself is detected.',
  'self-cancel': 'A task can cancel itself.',
  shield: 'shield exists.',
  'strict-settle': 'Completing a completed future is an error, not silently ignored.',
  'suppressible-cancel': 'A coroutine may catch cancellation and go on.',
  'sync-await': 'Awaiting something already done does not yield to the loop.',
  'sync-query': 'result() and exception() of a future can be read without blocking.',
  'task-is-future': 'A task has the methods of a future.',
  'threadsafe-handle': 'callSoonThreadsafe returns a handle that can be cancelled from another thread.',
  'threadsafe-handle-blocking': 'Cancelling such a handle waits for a callback that is running.',
  'threadsafe-shares-fifo': 'callSoonThreadsafe called on the loop thread joins the same queue as callSoon.',
  'timeout-scope': 'A time-out can be put around a block (timeout).',
  'to-thread': 'toThread exists.',
  uncancel: 'Cancellation requests are counted and can be withdrawn.',
  'unretrieved-report': 'An exception nobody retrieved is reported when the task is collected.',
  'wait-for': 'waitFor exists.',
};

/** Values that an implementation declares, in words. */
export const PARAMETERS: { readonly [name: string]: string } = {
  timerEarlyNs: 'How much earlier than its deadline a timer may run (clock resolution; 1,500,000 for libuv).',
  clockResolutionNs: "The step of the loop's own clock.",
  executorCancel: 'Cancelling the await of running executor work releases the awaiter at once, or waits for the work.',
  executorContext: 'Whether executor work sees the context of the submitter.',
  closePolicy: 'What close does with accepted work that has not run.',
  weakTasks: 'Whether a task that only the loop knows may be collected.',
  cpuClock: "Whether the adapter can read the loop thread's CPU time.",
};

/** What performing an operation at all needs: profiles, capabilities, or nothing (the language). */
const OPERATION_NEEDS: { readonly [op in OpName]: readonly string[] } = {
  addDoneCallback: ['ON-LOOP'],
  await: ['ON-LOOP'],
  callAt: ['call-at'],
  callLater: ['ON-LOOP'],
  callSoon: ['ON-LOOP'],
  callSoonThreadsafe: ['INBOUND'],
  cancelFuture: ['future-cancel'],
  cancelHandle: ['ON-LOOP'],
  cancelTask: ['ON-LOOP'],
  cellRead: [],
  cellWrite: [],
  close: [],
  collectGarbage: ['unretrieved-report'],
  complete: ['OFFLOAD'],
  concurrentAddDoneCallback: ['concurrent-callbacks'],
  concurrentCancel: ['INBOUND'],
  concurrentException: ['INBOUND'],
  concurrentQuery: ['INBOUND'],
  concurrentResult: ['INBOUND'],
  concurrentSet: ['concurrent-direct'],
  contextGet: ['context'],
  contextSet: ['context'],
  cpuTime: [],
  createConcurrent: ['concurrent-direct'],
  createFuture: ['ON-LOOP'],
  createTask: ['ON-LOOP'],
  drop: [],
  ensureFuture: ['ensure-future'],
  exception: ['sync-query'],
  gather: ['gather'],
  join: [],
  makeExecutor: ['custom-executor'],
  mark: [],
  meet: [],
  newLoop: [],
  query: ['ON-LOOP'],
  quiesce: [],
  raise: [],
  rawCall: ['misuse-tests'],
  removeDoneCallback: ['remove-done-callback'],
  repeat: [],
  result: ['sync-query'],
  return: [],
  runCoroutineThreadsafe: ['INBOUND'],
  runForever: ['LIFECYCLE', 'loop-control'],
  runInExecutor: ['OFFLOAD'],
  runUntil: [],
  runner: ['runner'],
  setDebug: ['debug-thread-check'],
  setException: ['ON-LOOP'],
  setExceptionHandler: ['ON-LOOP'],
  setResult: ['ON-LOOP'],
  shield: ['shield'],
  shutdownDefaultExecutor: ['executor-shutdown'],
  shutdownExecutor: ['custom-executor'],
  signal: [],
  sleep: ['ON-LOOP'],
  spawn: [],
  spin: [],
  stop: ['LIFECYCLE', 'loop-control'],
  time: ['ON-LOOP'],
  timeout: ['timeout-scope'],
  toThread: ['to-thread'],
  try: [],
  uncancel: ['uncancel'],
  waitFor: ['wait-for'],
  waitGate: [],
  yield: ['ON-LOOP'],
};

/** What the arguments of a step need on top of its operation. */
function* argumentNeeds(step: Step, kind: BodyKind | 'main'): Generator<string> {
  if ('context' in step) yield 'context-arg';
  if ('as' in step || ('delayUs' in step && step.delayUs === 'none')) yield 'dynamic-args';
  switch (step.op) {
    case 'createTask':
      if (step.eager) yield 'eager-tasks';
      if (step.implicit) yield 'implicit-loop';
      break;
    case 'newLoop':
      if (step.to !== undefined) yield 'multi-loop';
      break;
    case 'cancelHandle':
      if (kind === 'thread' || kind === 'worker') yield 'threadsafe-handle';
      break;
    case 'raise':
      if (step.error.startsWith('FATAL')) yield 'fatal';
      break;
    case 'cancelTask':
      if (step.of === undefined) yield 'self-cancel';
      break;
    case 'runInExecutor':
      if (step.executor !== undefined) yield 'custom-executor';
      break;
    case 'shutdownExecutor':
      if (step.cancelFutures) yield 'executor-cancel-futures';
  }
}

/** Profiles and capabilities that performing this step needs in a body of that kind. */
export function stepNeeds(step: Step, kind: BodyKind | 'main'): readonly string[] {
  return [...OPERATION_NEEDS[step.op], ...argumentNeeds(step, kind)];
}

/** All that the operations of a program need, sorted, each once. */
export function programNeeds(program: Program): readonly string[] {
  const needs = new Set<string>();
  for (const [step, kind] of programSteps(program)) for (const need of stepNeeds(step, kind)) needs.add(need);
  return [...needs].sort();
}
