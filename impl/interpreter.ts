import { invariant } from '../spec/assert-never.ts';
import type { OpId } from '../spec/history.ts';
import type { Json } from '../spec/program.ts';
import { Actor, type Setting, type Shared } from './interpret-actor.ts';
import { performBody, performMain } from './interpret-body.ts';
import { THREAD_FUNCTION } from './interpret-lifecycle.ts';
import { bodyAsCallback, functionId, neverRun } from './interpret-passed.ts';
import type { CompiledBody, CompiledProgram } from './interpret-step.ts';
import type { Message, Platform, Port, ThreadFunctions, Visible } from './platform.ts';
import type { Recorder } from './recorder.ts';
import { executorThreads } from './reference/executor.ts';
import type { Seams } from './reference/seams.ts';
import type { Coroutine, LoopFunction } from './reference/types.ts';

/**
 * Performs a compiled Program on the reference, and records its History: see the contract. One object serves any
 * number of executions, one after the other; nothing of one reaches the next. On a platform of real threads every
 * thread makes its own from the same program, since functions cross a thread by their id only.
 */
export class Interpreter {
  /** What `platform.spawn` of the program's platform must find. */
  readonly threads: ThreadFunctions;
  private readonly setting: Setting;
  /** By number of thread, those of the current execution. */
  private actors: Actor[] = [];

  constructor(program: CompiledProgram, recorder: Recorder, seams: Seams | undefined) {
    const functions: { [id: string]: LoopFunction } = {};
    for (const body of program.bodies.values()) this.addFunctions(functions, body);
    this.setting = { program, functions, recorder, seams };
    this.threads = {
      ...executorThreads(functions),
      [THREAD_FUNCTION]: (platform, args) => this.thread(platform, args),
    };
  }

  /** Performs `main` on thread 0; when it ends the program is done. */
  main(platform: Platform): Visible<void> {
    const { program, recorder } = this.setting;
    recorder.begin();
    this.actors = [];
    const cells = platform.allocateCells(program.cellCount);
    const ports: Port[] = [];
    for (let port = 0; port < program.portCount; port++) ports.push(platform.allocatePort());
    return performMain(this.enter(platform, { cells, ports, loop: null }), program.main);
  }

  /** The actor of a thread, made when the thread first performs something. */
  private enter(platform: Platform, shared: Shared): Actor {
    const actor = this.actors[platform.thread] ?? new Actor(platform, this.setting, shared);
    this.actors[platform.thread] = actor;
    return actor;
  }

  private actorOf(platform: Platform): Actor {
    const actor = this.actors[platform.thread];
    invariant(actor !== undefined, `thread ${platform.thread} performs a body before it has a part in the program`);
    return actor;
  }

  private *thread(platform: Platform, args: readonly Message[]): Visible<void> {
    const [name, inst, label, shared] = args as readonly [string, OpId, string, Message];
    const actor = this.enter(platform, shared as unknown as Shared);
    const { log } = actor;
    log.label = label;
    try {
      yield* bodyAsCallback(actor, this.setting.program.bodies.get(name)!, inst);
    } catch {
      // Its end record says so, and nobody else hears of an error that leaves a thread.
    }
    if (log.hasEarly) yield log.pause;
  }

  private addFunctions(functions: { [id: string]: LoopFunction }, body: CompiledBody): void {
    const { name, kind } = body;
    if (kind === 'task') {
      functions[functionId('coroutine', name)] = {
        kind: 'coroutine',
        run: (loop, [inst]) => performBody(this.actorOf(loop.platform), body, inst as OpId, undefined) as Coroutine,
      };
      functions[functionId('function', name)] = { kind: 'callback', run: neverRun };
      return;
    }
    functions[functionId('callback', name)] = {
      kind: 'callback',
      run: (loop, [inst]) => bodyAsCallback(this.actorOf(loop.platform), body, inst as OpId),
    };
    functions[functionId('notice', name)] = {
      kind: 'notice',
      run: (platform, [inst]) => bodyAsCallback(this.actorOf(platform), body, inst as OpId),
    };
    functions[functionId('worker', name)] = {
      kind: 'worker',
      run: (platform, args) => this.work(platform, body, args),
    };
  }

  private work(platform: Platform, body: CompiledBody, received: readonly Message[]): Visible<Message> {
    const [inst, shared, args] = received as readonly [OpId, Message, readonly Json[] | null];
    const actor = this.enter(platform, shared as unknown as Shared);
    // Executor work sees nothing of what earlier work set on its thread, nor of who submitted it.
    actor.context = {};
    return performBody(actor, body, inst, args ?? undefined) as Visible<Json>;
  }
}
