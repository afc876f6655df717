/**
 * The Program language, format 1: data that an interpreter in any language can perform. All times are integers in
 * microseconds. Names are asyncio's, in camelCase. `well-formed.ts` holds the rules that types cannot express.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type BodyKind = 'callback' | 'task' | 'worker' | 'thread';

/** `USER(tag)`, `OTHER(class)`, `FATAL(class)` or one of the plain kinds of `ERROR_KINDS`. */
export type ErrorText = string;

export const ERROR_KINDS: readonly string[] = [
  'INVALID_STATE',
  'CANCELLED',
  'TIMEOUT',
  'CLOSED',
  'SHUTDOWN',
  'WRONG_THREAD',
  'NOT_RUNNING',
  'ALREADY_RUNNING',
  'TYPE',
  'FATAL',
  'UNSET',
];

type Placed = { readonly loop?: string };
type Made = { readonly to?: string };
type Passed = { readonly body: string; readonly as?: 'function' };
type Outcome = { readonly value: Json } | { readonly error: ErrorText };
type Block = { readonly steps: readonly Step[] };
type Subject = { readonly of: string } | { readonly body: string };

type OnLoop =
  | ({ readonly op: 'callSoon' | 'callSoonThreadsafe'; readonly context?: Context } & Passed & Made & Placed)
  | ({ readonly op: 'callLater' | 'callAt'; readonly delayUs: number | 'none'; readonly context?: Context } & Passed &
      Made &
      Placed)
  | { readonly op: 'cancelHandle'; readonly of: string }
  | ({ readonly op: 'createTask'; readonly eager?: boolean; readonly implicit?: boolean } & Passed & Made & Placed)
  | ({ readonly op: 'ensureFuture'; readonly as?: 'function' } & Subject & Made & Placed)
  | ({ readonly op: 'createFuture'; readonly to: string } & Placed)
  | ({ readonly op: 'setResult' | 'setException' | 'complete'; readonly of: string } & Outcome)
  | { readonly op: 'cancelFuture' | 'query' | 'result' | 'exception'; readonly of: string }
  | { readonly op: 'cancelTask' | 'uncancel'; readonly of?: string }
  | { readonly op: 'addDoneCallback' | 'removeDoneCallback'; readonly of: string; readonly body: string }
  | ({ readonly op: 'await' | 'shield' } & Subject)
  | ({ readonly op: 'waitFor'; readonly timeoutUs: number | null } & Subject)
  | { readonly op: 'gather'; readonly of: readonly string[] }
  | ({ readonly op: 'timeout'; readonly timeoutUs: number | null } & Block)
  | { readonly op: 'sleep' | 'spin'; readonly delayUs: number }
  | { readonly op: 'yield' }
  | { readonly op: 'time' | 'cpuTime' };

type Offload =
  | ({ readonly op: 'runInExecutor'; readonly executor?: string; readonly args?: readonly Json[] } & Passed &
      Made &
      Placed)
  | { readonly op: 'toThread'; readonly body: string }
  | { readonly op: 'makeExecutor'; readonly count: number; readonly to: string }
  | { readonly op: 'shutdownExecutor'; readonly of: string; readonly wait?: boolean; readonly cancelFutures?: boolean }
  | { readonly op: 'shutdownDefaultExecutor' };

type Inbound =
  | ({ readonly op: 'runCoroutineThreadsafe' } & Passed & Made & Placed)
  | { readonly op: 'concurrentResult' | 'concurrentException'; readonly of: string; readonly timeoutUs?: number | null }
  | { readonly op: 'concurrentCancel' | 'concurrentQuery'; readonly of: string }
  | { readonly op: 'createConcurrent'; readonly to: string }
  | ({ readonly op: 'concurrentSet'; readonly of: string } & Outcome)
  | { readonly op: 'concurrentAddDoneCallback'; readonly of: string; readonly body: string };

type Lifecycle =
  | { readonly op: 'newLoop'; readonly to?: string }
  | ({ readonly op: 'runUntil' } & Subject & Made & Placed)
  | ({ readonly op: 'runForever' | 'quiesce' | 'stop' | 'close' } & Placed)
  | { readonly op: 'runner'; readonly body: string }
  | { readonly op: 'setExceptionHandler'; readonly body: string | null }
  | { readonly op: 'setDebug'; readonly value: boolean }
  | { readonly op: 'spawn'; readonly body: string; readonly to?: string }
  | { readonly op: 'join'; readonly of?: string };

type Language =
  | { readonly op: 'signal' | 'waitGate'; readonly gate: string }
  | { readonly op: 'meet'; readonly gate: string; readonly count?: number }
  | { readonly op: 'cellWrite' | 'contextSet'; readonly tag: string; readonly value: Json }
  | { readonly op: 'cellRead' | 'contextGet'; readonly tag: string }
  | { readonly op: 'mark'; readonly tag: string; readonly value?: Json }
  | { readonly op: 'return'; readonly value: Json }
  | { readonly op: 'raise'; readonly error: ErrorText }
  | ({
      readonly op: 'try';
      readonly on?: string;
      readonly then?: readonly Step[];
      readonly finally?: readonly Step[];
    } & Block)
  | ({ readonly op: 'repeat'; readonly count: number } & Block)
  | { readonly op: 'drop'; readonly of: string }
  | { readonly op: 'collectGarbage' }
  | { readonly op: 'rawCall'; readonly call: Step };

type Context = { readonly [tag: string]: Json };

export type Step = OnLoop | Offload | Inbound | Lifecycle | Language;

export type OpName = Step['op'];

export type Body = { readonly kind: BodyKind; readonly steps: readonly Step[] };

export type Program = {
  readonly format: 1;
  readonly name: string;
  /** Capabilities and profiles without which the program means nothing: it is not run where one is missing. */
  readonly needs: readonly string[];
  readonly gates: readonly string[];
  readonly bodies: { readonly [name: string]: Body };
  readonly main: readonly Step[];
};

/** The step lists nested in a step, with the path segment that leads to each (`3.then.0`). Empty for plain steps. */
export function nestedSteps(step: Step): readonly (readonly [segment: string, steps: readonly Step[]])[] {
  switch (step.op) {
    case 'timeout':
    case 'repeat':
      return [['', step.steps]];
    case 'try':
      return [
        ['', step.steps],
        ['then', step.then ?? []],
        ['finally', step.finally ?? []],
      ];
    default:
      return [];
  }
}

/** Every step of a list and of the blocks inside it, outermost first. */
export function* allSteps(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    for (const [, inner] of nestedSteps(step)) yield* allSteps(inner);
    if (step.op === 'rawCall') yield step.call;
  }
}

/** Every step of a program with the kind of the body it stands in: main first, then the bodies in their order. */
export function* programSteps(program: Program): Generator<readonly [Step, BodyKind | 'main']> {
  for (const step of allSteps(program.main)) yield [step, 'main'];
  for (const body of Object.values(program.bodies)) {
    for (const step of allSteps(body.steps)) yield [step, body.kind];
  }
}
