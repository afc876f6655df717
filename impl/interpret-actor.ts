import { invariant } from '../spec/assert-never.ts';
import type { Args, OpId } from '../spec/history.ts';
import type { ErrorText, Json } from '../spec/program.ts';
import { DoneCallbacks } from './interpret-done-callbacks.ts';
import { Departures, isBug, kindOf } from './interpret-errors.ts';
import type { Call, CompiledProgram, CompiledStep, Rounds } from './interpret-step.ts';
import type { Cell, Platform, Port } from './platform.ts';
import type { Recorder, ThreadLog } from './recorder.ts';
import type { Loop } from './reference/loop.ts';
import { RemoteLoop } from './reference/remote-loop.ts';
import type { Seams } from './reference/seams.ts';
import type { FunctionTable, LoopAddress } from './reference/types.ts';
import { Slots } from './slots.ts';

/** What crosses to every thread when it starts: where the program's shared cells and ports are, and its loop. */
export type Shared = { readonly cells: Cell; readonly ports: readonly Port[]; readonly loop: LoopAddress | null };

/** What is the same for all threads of all executions of a program. */
export type Setting = {
  readonly program: CompiledProgram;
  readonly functions: FunctionTable;
  readonly recorder: Recorder;
  readonly seams: Seams | undefined;
};

export type Values = { readonly [tag: string]: Json };
const NO_VALUES: Values = {};

/** One thread that performs bodies of a program: what it knows, none of which another thread may touch. */
export class Actor {
  readonly platform: Platform;
  readonly setting: Setting;
  readonly functions: FunctionTable;
  readonly log: ThreadLog;
  readonly departures: Departures = new Departures();
  readonly slots: Slots = new Slots();
  readonly doneCallbacks: DoneCallbacks = new DoneCallbacks();
  /** Codes of the tags that only one thread uses. */
  readonly cellCodes: number[] = [];
  shared: Shared;
  /** Context variables of a thread that is not the loop's. */
  context: Values = NO_VALUES;
  /** Threads that main spawned. */
  readonly spawned: number[] = [];
  private loop: Loop | null = null;
  private loopFromHere: RemoteLoop | null = null;
  private sleepCell: Cell = -1;

  constructor(platform: Platform, setting: Setting, shared: Shared) {
    this.platform = platform;
    this.setting = setting;
    this.functions = setting.functions;
    this.log = setting.recorder.thread(platform.thread);
    this.shared = shared;
  }

  /** The loop of this thread, or null on a thread that is not the loop's. */
  get ownLoop(): Loop | null {
    return this.loop;
  }

  adopt(loop: Loop): void {
    this.loop = loop;
    this.shared = { ...this.shared, loop: loop.address };
  }

  /** The loop of this thread, for operations that belong to it. */
  homeLoop(): Loop {
    invariant(this.loop !== null, 'an operation of the loop was performed on another thread');
    return this.loop;
  }

  /** The loop as a thread that is not the loop's sees it. */
  remoteLoop(): RemoteLoop {
    if (this.loopFromHere === null) {
      invariant(this.shared.loop !== null, 'a thread was started before the loop was made');
      this.loopFromHere = new RemoteLoop(this.platform, this.functions, this.shared.loop, this.setting.seams);
    }
    return this.loopFromHere;
  }

  /** A cell on which this thread alone waits, to let time pass. */
  privateCell(): Cell {
    if (this.sleepCell < 0) this.sleepCell = this.platform.allocateCells(1);
    return this.sleepCell;
  }

  /** Records inv, and returns the id of the operation. */
  begin(call: Call, rounds: Rounds): string {
    const { step, inst } = call;
    call.id = this.log.inv(inst, pathOf(step, rounds), step.op, argsOf(call));
    return call.id;
  }

  kindOf(error: unknown): ErrorText {
    if (isBug(error)) this.setting.recorder.noteBug(error);
    return kindOf(error);
  }
}

export function pathOf(step: CompiledStep, rounds: Rounds): string {
  const { path } = step;
  let text = path[0]!;
  for (let round = 1; round < path.length; round++) text += rounds[round - 1]! + path[round]!;
  return text;
}

/** `args` of the inv: the step's own, with the slots it names as refs. */
function argsOf({ step, of, executor }: Call): Args {
  const { shown } = step;
  if (step.of === null && step.executor === null) return shown;
  const args: { [name: string]: Args[string] } = { ...shown };
  if (step.of !== null) args['of'] = refOf(of?.ref);
  if (step.executor !== null) args['executor'] = refOf(executor?.ref);
  return args;
}

function refOf(ref: OpId | undefined): { readonly ref: OpId | null } {
  return { ref: ref ?? null };
}
