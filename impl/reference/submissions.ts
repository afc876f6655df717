import type { Cell, Message, Visible } from '../platform.ts';
import { ConcurrentFuture } from './concurrent-future.ts';
import { encodeError, type Outcome } from './errors.ts';
import type { Future } from './future.ts';
import type { Loop } from './loop.ts';
import type { Seams } from './seams.ts';
import type { Task } from './task.ts';
import type { Callback, ConcurrentAddress, FunctionTable } from './types.ts';

type Submission = { readonly future: ConcurrentFuture; task: Task | undefined };

/** Coroutines that other threads gave a loop, from the moment it took them until they are done; on its thread. */
export class Submissions {
  private readonly loop: Loop;
  private readonly functions: FunctionTable;
  private readonly seams: Seams;
  private readonly open: Map<Cell, Submission> = new Map();

  constructor(loop: Loop, functions: FunctionTable, seams: Seams) {
    this.loop = loop;
    this.functions = functions;
    this.seams = seams;
  }

  /** Returns the callback that makes its task. */
  accept(functionId: string, args: readonly Message[], address: ConcurrentAddress): Callback {
    const future = ConcurrentFuture.at(this.loop.platform, this.functions, address, this.seams);
    const submission: Submission = { future, task: undefined };
    this.open.set(address.state, submission);
    return () => this.start(submission, functionId, args);
  }

  /** The concurrent future was cancelled: so is the coroutine. */
  *cancel(state: Cell): Visible<void> {
    yield* [];
    this.open.get(state)?.task?.cancel();
  }

  /** The loop is closed: nobody may wait for what will not go on. */
  *abandon(): Visible<void> {
    const abandoned = [...this.open.values()];
    this.open.clear();
    for (const { future } of abandoned) yield* future.settle({ cancelled: true });
  }

  private *start(submission: Submission, functionId: string, args: readonly Message[]): Visible<void> {
    const { future } = submission;
    const coroutine = this.functions[functionId];
    if (coroutine?.kind !== 'coroutine' || (yield* future.cancelled())) {
      this.open.delete(future.address.state);
      return;
    }
    const task = this.loop.createTask(coroutine.run(this.loop, args));
    submission.task = task;
    task.addDoneCallback(() => this.finish(submission, task));
  }

  private *finish({ future }: Submission, task: Future): Visible<void> {
    this.open.delete(future.address.state);
    yield* future.settle(outcomeOf(task));
  }
}

function outcomeOf(task: Future): Outcome {
  if (task.cancelled()) return { cancelled: true };
  const error = task.exception();
  return error === null ? { value: task.result() as Message } : { error: encodeError(error) };
}
