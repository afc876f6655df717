import { programNeeds } from './capability.ts';
import { type Body, type BodyKind, nestedSteps, type OpName, type Program, type Step } from './program.ts';

/** Where a program breaks a rule of its language, as a path into its JSON, and what to do about it. */
export type Problem = { readonly path: string; readonly message: string };

const TASK_ONLY: ReadonlySet<OpName> = new Set([
  'await',
  'shield',
  'waitFor',
  'gather',
  'toThread',
  'timeout',
  'yield',
  'shutdownDefaultExecutor',
]);
/** The loop's thread performs these; M does while the loop is not running; others only inside rawCall. */
const LOOP_ONLY: ReadonlySet<OpName> = new Set([
  'callSoon',
  'callLater',
  'callAt',
  'createTask',
  'ensureFuture',
  'createFuture',
  'setResult',
  'setException',
  'cancelFuture',
  'cancelTask',
  'uncancel',
  'addDoneCallback',
  'removeDoneCallback',
  'query',
  'result',
  'exception',
  'runInExecutor',
  'setExceptionHandler',
]);
const FOREIGN_ONLY: ReadonlySet<OpName> = new Set([
  'complete',
  'concurrentResult',
  'concurrentException',
  'runCoroutineThreadsafe',
]);
const MAIN_ONLY: ReadonlySet<OpName> = new Set([
  'newLoop',
  'spawn',
  'join',
  'quiesce',
  'runner',
  'makeExecutor',
  'setDebug',
]);

/** The kind of body that an operation schedules. */
const SCHEDULES: { readonly [op in OpName]?: BodyKind } = {
  callSoon: 'callback',
  callSoonThreadsafe: 'callback',
  callLater: 'callback',
  callAt: 'callback',
  addDoneCallback: 'callback',
  removeDoneCallback: 'callback',
  concurrentAddDoneCallback: 'callback',
  setExceptionHandler: 'callback',
  createTask: 'task',
  ensureFuture: 'task',
  await: 'task',
  shield: 'task',
  waitFor: 'task',
  runUntil: 'task',
  runner: 'task',
  runCoroutineThreadsafe: 'task',
  runInExecutor: 'worker',
  toThread: 'worker',
  spawn: 'thread',
};

/** How a step uses a gate: open/wait, or meet with so many. */
type GateUse = 'signal' | number;

class Inspector {
  readonly problems: Problem[] = [];
  private readonly program: Program;
  private readonly written: Map<string, string> = new Map();
  private readonly gates: Map<string, GateUse> = new Map();
  private readonly scheduled: Map<string, number> = new Map();
  private readonly writers: Map<string, string> = new Map();

  constructor(program: Program) {
    this.program = program;
  }

  report(path: string, message: string): void {
    this.problems.push({ path, message });
  }

  inspect(): void {
    const { program } = this;
    if (program.main[0]?.op !== 'newLoop') this.report('main.0', 'main begins with newLoop');
    this.steps(program.main, 'main', 'main', false);
    for (const [name, body] of Object.entries(program.bodies)) this.body(name, body);
    for (const [name, path] of this.writers) {
      if ((this.scheduled.get(name) ?? 0) > 1) {
        this.report(path, `writes a slot, but its body "${name}" is scheduled more than once`);
      }
    }
    const declared = new Set(program.needs);
    for (const need of programNeeds(program)) {
      if (!declared.has(need)) this.report('needs', `add "${need}": an operation of the program needs it`);
    }
  }

  private body(name: string, body: Body): void {
    this.steps(body.steps, `bodies.${name}`, body.kind, false, name);
  }

  private steps(steps: readonly Step[], path: string, kind: BodyKind | 'main', repeated: boolean, body?: string): void {
    for (const [index, step] of steps.entries()) {
      const at = `${path}.${index}`;
      this.performer(step, at, kind);
      this.gate(step, at);
      this.schedule(step, at, repeated);
      this.slot(step, at, repeated, body);
      for (const [segment, inner] of nestedSteps(step)) {
        const deeper = segment === '' ? at : `${at}.${segment}`;
        this.steps(inner, deeper, kind, repeated || step.op === 'repeat', body);
      }
    }
  }

  private performer(step: Step, at: string, kind: BodyKind | 'main'): void {
    const onLoop = kind === 'task' || kind === 'callback' || kind === 'main';
    if (TASK_ONLY.has(step.op) && kind !== 'task') this.report(at, `${step.op} is performed by a task only`);
    if (step.op === 'cancelTask' && step.of === undefined && kind !== 'task') {
      this.report(at, 'cancelTask without "of" is performed by a task only');
    }
    if (LOOP_ONLY.has(step.op) && !onLoop)
      this.report(at, `${step.op} belongs to the loop's thread; use rawCall to misuse it`);
    if (FOREIGN_ONLY.has(step.op) && onLoop) this.report(at, `${step.op} is performed by a foreign thread or a worker`);
    if (MAIN_ONLY.has(step.op) && kind !== 'main') this.report(at, `${step.op} is performed by main only`);
    if (step.op === 'sleep' && (kind === 'callback' || kind === 'main')) {
      this.report(at, 'sleep is performed by a task, a thread or a worker; use spin to block the loop');
    }
  }

  private gate(step: Step, at: string): void {
    if (step.op !== 'signal' && step.op !== 'waitGate' && step.op !== 'meet') return;
    const use: GateUse = step.op === 'meet' ? (step.count ?? 2) : 'signal';
    if (!this.program.gates.includes(step.gate)) this.report(at, `declare the gate "${step.gate}" in "gates"`);
    const before = this.gates.get(step.gate);
    if (before !== undefined && before !== use) {
      this.report(at, `the gate "${step.gate}" is used by signal and waitGate or by meet of one count, not by both`);
    }
    this.gates.set(step.gate, use);
  }

  private schedule(step: Step, at: string, repeated: boolean): void {
    if (!('body' in step) || step.body === null) return;
    const body = this.program.bodies[step.body];
    if (body === undefined) {
      this.report(at, `there is no body "${step.body}" in "bodies"`);
      return;
    }
    const wanted = SCHEDULES[step.op];
    const asFunction = 'as' in step && step.as === 'function';
    if (wanted !== undefined && body.kind !== wanted && !asFunction) {
      this.report(at, `${step.op} takes a body of kind "${wanted}"; "${step.body}" is a "${body.kind}"`);
    }
    this.scheduled.set(step.body, (this.scheduled.get(step.body) ?? 0) + (repeated ? 2 : 1));
  }

  private slot(step: Step, at: string, repeated: boolean, body: string | undefined): void {
    if (!('to' in step) || step.to === undefined) return;
    const before = this.written.get(step.to);
    if (before !== undefined)
      this.report(at, `the slot "${step.to}" is already written by ${before}: one step writes a slot`);
    if (repeated) this.report(at, 'no "to" inside a repeat: a slot is written once');
    this.written.set(step.to, at);
    if (body !== undefined) this.writers.set(body, at);
  }
}

/**
 * The rules of contract section 1 that types cannot express; empty = well-formed. Pure; O(steps). A program that breaks
 * one is never sent to an implementation: what it would do there is not defined.
 */
export function programProblems(program: Program): readonly Problem[] {
  const inspector = new Inspector(program);
  inspector.inspect();
  return inspector.problems;
}
