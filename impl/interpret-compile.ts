import { invariant } from '../spec/assert-never.ts';
import type { Args } from '../spec/history.ts';
import type { BodyKind, Json, OpName, Program, Step } from '../spec/program.ts';
import { allSteps } from '../spec/program.ts';
import { CONCURRENT } from './interpret-concurrent.ts';
import { FUTURES } from './interpret-futures.ts';
import { LANGUAGE, THREAD_SLEEP } from './interpret-language.ts';
import { LIFECYCLE } from './interpret-lifecycle.ts';
import { SCHEDULING } from './interpret-scheduling.ts';
import type { CellTag, CompiledBody, CompiledProgram, CompiledStep, Operation, Shape } from './interpret-step.ts';
import { WAITING } from './interpret-waiting.ts';
import type { Slot } from './slots.ts';
import { findSharing, type Sharing } from './slots-sharing.ts';

const OPERATIONS: { readonly [op: string]: Operation } = {
  ...SCHEDULING,
  ...FUTURES,
  ...CONCURRENT,
  ...WAITING,
  ...LIFECYCLE,
  ...LANGUAGE,
};

/** Operations whose shape is not that of a plain call. */
const SHAPES: { readonly [op in OpName]?: Shape } = {
  return: 'return',
  raise: 'raise',
  try: 'try',
  repeat: 'repeat',
  timeout: 'scope',
  runForever: 'drive',
  runUntil: 'drive',
  quiesce: 'drive',
  close: 'close',
  mark: 'moment',
  time: 'moment',
  cellRead: 'moment',
  contextGet: 'moment',
};

/** Operations that make an object. */
const MAKERS: ReadonlySet<OpName> = new Set<OpName>([
  'callSoon',
  'callSoonThreadsafe',
  'callLater',
  'callAt',
  'createTask',
  'ensureFuture',
  'createFuture',
  'createConcurrent',
  'runInExecutor',
  'runCoroutineThreadsafe',
  'makeExecutor',
  'spawn',
]);

/** Arguments that `args` of an inv does not show. */
const HIDDEN: ReadonlySet<string> = new Set(['op', 'to', 'loop', 'steps', 'then', 'finally']);

const NS_PER_US = 1_000;
/** Operations of control, which have none of their own. */
const NOTHING: Operation = { kind: 'plain', perform: () => null };

/** Every argument that any step may have: a view of all the shapes that a step can have at once. */
type Arguments = {
  readonly op: OpName;
  readonly to?: string;
  readonly of?: string;
  readonly loop?: string;
  readonly executor?: string;
  readonly body?: string | null;
  readonly as?: 'function';
  readonly delayUs?: number | 'none';
  readonly timeoutUs?: number | null;
  readonly value?: Json;
  readonly error?: string;
  readonly on?: string;
  readonly tag?: string;
  readonly gate?: string;
  readonly count?: number;
  readonly wait?: boolean;
  readonly cancelFutures?: boolean;
  readonly context?: { readonly [tag: string]: Json };
  readonly args?: readonly Json[];
  readonly steps?: readonly Step[];
  readonly then?: readonly Step[];
  readonly finally?: readonly Step[];
};

class Compiler {
  readonly bodies: Map<string, CompiledBody> = new Map();
  readonly slots: Map<string, Slot> = new Map();
  readonly tags: Map<string, CellTag> = new Map();
  private readonly program: Program;
  private readonly sharing: Sharing;
  private readonly dropped: Set<string> = new Set();
  sharedSlots = 0;

  constructor(program: Program) {
    this.program = program;
    this.sharing = findSharing(program);
    for (const [name, { kind }] of Object.entries(program.bodies)) this.bodies.set(name, { name, kind, steps: [] });
    const blocks = [program.main, ...Object.values(program.bodies).map((body) => body.steps)];
    for (const block of blocks) for (const step of allSteps(block)) if (step.op === 'drop') this.dropped.add(step.of);
  }

  /** `path` is cut where rounds go; the index of a step is appended to its last piece, `suffix` after that. */
  block(steps: readonly Step[], kind: BodyKind | 'main', path: readonly string[], isRepeat: boolean): CompiledStep[] {
    const before = path.at(-1)!;
    const outer = path.slice(0, -1);
    return steps.map((step, index) => {
      const at = [...outer, `${before}${index}`];
      return this.step(step as Arguments, kind, isRepeat ? [...outer, `${before}${index}#`, ''] : at);
    });
  }

  private step(step: Arguments, kind: BodyKind | 'main', path: readonly string[]): CompiledStep {
    const { op } = step;
    const [of, executor, to] = [this.slot(step.of), this.slot(step.executor), this.slot(step.to)];
    const inside = (segment: string): string[] => [...path.slice(0, -1), `${path.at(-1)}.${segment}`];
    const operation = this.operation(step, kind);
    const readsShared = of?.isShared === true || executor?.isShared === true;
    return {
      op,
      shape: SHAPES[op] ?? callShape(operation, readsShared || to?.isShared === true),
      operation,
      path,
      shown: shownArguments(step),
      of,
      executor,
      to,
      makes: MAKERS.has(op),
      readsShared,
      body: step.body == null ? null : this.body(step.body),
      asFunction: step.as === 'function',
      delayNs: typeof step.delayUs === 'number' ? step.delayUs * NS_PER_US : null,
      timeoutNs: step.timeoutUs == null ? null : step.timeoutUs * NS_PER_US,
      value: step.value ?? null,
      error: step.error ?? null,
      on: step.on,
      tag: step.tag ?? '',
      count: step.count ?? 2,
      wait: step.wait ?? true,
      cancelFutures: step.cancelFutures ?? false,
      context: step.context ?? null,
      args: step.args ?? null,
      ...this.placed(step),
      steps: this.block(step.steps ?? [], kind, inside(''), op === 'repeat'),
      thenSteps: this.block(step.then ?? [], kind, inside('then.'), false),
      finallySteps: this.block(step.finally ?? [], kind, inside('finally.'), false),
    };
  }

  private operation(step: Arguments, kind: BodyKind | 'main'): Operation {
    if (step.op === 'sleep' && kind !== 'task') return THREAD_SLEEP;
    const shape = SHAPES[step.op];
    if (shape === 'return' || shape === 'raise' || shape === 'try' || shape === 'repeat') return NOTHING;
    const operation = OPERATIONS[step.op];
    const isSupported = operation !== undefined && step.loop === undefined && !(step.op === 'newLoop' && step.to);
    invariant(isSupported, `"${step.op}" was given to an interpreter that does not declare what it needs`);
    return operation;
  }

  private body(name: string): CompiledBody {
    const body = this.bodies.get(name);
    invariant(body !== undefined, `the program has no body "${name}"; it was not checked to be well-formed`);
    return body;
  }

  private slot(name: string | undefined): Slot | null {
    if (name === undefined) return null;
    let slot = this.slots.get(name);
    if (slot === undefined) {
      const isShared = this.sharing.slots.has(name);
      const place = isShared ? this.sharedSlots++ : -1;
      slot = { name, index: this.slots.size, isShared, isDropped: this.dropped.has(name), place };
      this.slots.set(name, slot);
    }
    return slot;
  }

  private placed(step: Arguments): { readonly place: number; readonly code: number } {
    if (step.gate !== undefined) return { place: this.program.gates.indexOf(step.gate), code: 0 };
    if (step.op !== 'cellWrite' && step.op !== 'cellRead') return { place: -1, code: 0 };
    const name = step.tag!;
    let tag = this.tags.get(name);
    if (tag === undefined) {
      tag = { place: this.tags.size, isShared: this.sharing.tags.has(name), values: [] };
      this.tags.set(name, tag);
    }
    return { place: tag.place, code: step.op === 'cellWrite' ? tag.values.push(step.value ?? null) : 0 };
  }
}

function callShape({ kind }: Operation, touchesShared: boolean): Shape {
  if (kind === 'waiting') return 'wait';
  return kind === 'plain' && !touchesShared ? 'plain' : 'call';
}

/** Slots keep their place among the arguments; what they hold is filled in when the step is performed. */
function shownArguments(step: Arguments): Args {
  return Object.fromEntries(Object.entries(step).filter(([name]) => !HIDDEN.has(name))) as Args;
}

/** Does once what is the same in every execution of a well-formed program. O(steps). */
export function compileProgram(program: Program): CompiledProgram {
  const compiler = new Compiler(program);
  for (const [name, { kind, steps }] of Object.entries(program.bodies)) {
    compiler.bodies.get(name)!.steps = compiler.block(steps, kind, [''], false);
  }
  const main = compiler.block(program.main, 'main', [''], false);
  const gatesFrom = compiler.sharedSlots;
  const tagsFrom = gatesFrom + program.gates.length;
  return {
    bodies: compiler.bodies,
    main,
    cellCount: tagsFrom + compiler.tags.size,
    gatesFrom,
    tagsFrom,
    portCount: compiler.sharedSlots,
    tags: [...compiler.tags.values()],
  };
}
