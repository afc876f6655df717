import {
  DIFFERENT,
  FOREVER,
  type Message,
  OP,
  type ThreadFunctions,
  TIMED_OUT,
  type Visible,
  type VisibleOp,
  type WaitOutcome,
  WOKEN,
} from '../../impl/platform.ts';
import { assertNever, invariant } from '../../spec/assert-never.ts';
import type { EndReason } from '../../spec/history.ts';
import type { ClockMode, Deviation } from '../../spec/result.ts';
import * as limits from '../limits.ts';
import { cloneMessage, SimulatedPlatform } from './simulated-platform.ts';
import { CLOCK, defaultPick, NOBODY, type Situation, type Strategy, type Tid } from './strategy.ts';

/** What the engine tells a recorder: `flush` comes just before a thread's next operation is performed. */
type Witness = { flush(thread: Tid): void };

/** One performed operation, kept only when an execution is traced. `seq` is the recorder's stamp afterwards. */
export type Step = { readonly tid: Tid; readonly kind: number; readonly object: number; readonly blocked: boolean };

export type Execution = {
  readonly reason: Extract<EndReason, 'done' | 'deadlock' | 'step-cap'>;
  readonly steps: number;
  /** Moves at which more than one thread could go on. */
  readonly decisions: number;
  /** Times the clock moved: 0 in a program without timed operations, whatever the schedule. */
  readonly advances: number;
  readonly deviations: readonly Deviation[];
};

type Start = {
  readonly main: (platform: SimulatedPlatform) => Visible<void>;
  readonly functions: ThreadFunctions;
  readonly strategy: Strategy;
  readonly clock: ClockMode;
  readonly witness: Witness;
  readonly onStep?: (step: Step) => void;
};

type Condition = 'ready' | 'waiting' | 'waking' | 'joining' | 'ended';

type VirtualThread = {
  readonly tid: Tid;
  readonly platform: SimulatedPlatform;
  code: Visible<void>;
  condition: Condition;
  op: VisibleOp;
  /** What the wait that is over will return. */
  outcome: WaitOutcome;
};

/**
 * Performs executions of programs of virtual threads, one visible operation a step. Everything is a function of the
 * strategy's choices: no clock, no randomness and no order of objects of its own. One engine serves any number of
 * executions; nothing of one reaches the next, whatever happened in it.
 *
 * A thread's step: flush its early records, perform the pending operation, run its code up to the next one. Thread
 * starts and joins are performed as soon as they can be and are never decisions. With nobody enabled and no deadline
 * pending the execution is an exact deadlock; it is over when thread 0 has ended.
 */
export class Engine implements Situation {
  readonly performed: Int32Array = new Int32Array(32);
  last: Tid = NOBODY;
  nowNs = 0;
  private readonly memory: Int32Array = new Int32Array(limits.simulatedCellsPerThread * limits.virtualThreadsMax);
  private readonly ports: Map<number, Message[]> = new Map();
  private readonly platforms: SimulatedPlatform[] = [];
  private threads: VirtualThread[] = [];
  private enabled = 0;
  private start!: Start;

  run(start: Start): Execution {
    this.start = start;
    this.reset();
    start.strategy.begin();
    this.launch((platform) => start.main(platform));
    const deviations: Deviation[] = [];
    let decisions = 0;
    let steps = 0;
    for (; this.threads[0]!.condition !== 'ended'; steps++) {
      if (steps === limits.stepsPerExecutionMax) return this.finish('step-cap', steps, decisions, deviations);
      const choices = this.choices();
      if (choices === 0) return this.finish('deadlock', steps, decisions, deviations);
      let tid = 31 - Math.clz32(choices);
      if ((choices & (choices - 1)) !== 0) {
        decisions++;
        tid = start.strategy.pick(choices, this);
        if (tid !== defaultPick(choices, this.last)) {
          const operation = this.last === NOBODY ? 0 : this.performed[this.last]!;
          deviations.push({ after: this.last, operation, to: tid });
        }
      }
      this.perform(tid);
      this.last = tid;
    }
    return this.finish('done', steps, decisions, deviations);
  }

  private finish(
    reason: Execution['reason'],
    steps: number,
    decisions: number,
    deviations: readonly Deviation[],
  ): Execution {
    return { reason, steps, decisions, advances: this.performed[CLOCK]!, deviations };
  }

  private reset(): void {
    for (const platform of this.platforms) {
      const first = platform.thread * limits.simulatedCellsPerThread;
      this.memory.fill(0, first, first + platform.cellsUsed);
      platform.reset();
    }
    this.ports.clear();
    this.performed.fill(0);
    this.last = NOBODY;
    this.nowNs = 0;
    this.threads = [];
    this.enabled = 0;
  }

  private launch(code: (platform: SimulatedPlatform) => Visible<void>): Tid {
    const tid = this.threads.length;
    invariant(tid < limits.virtualThreadsMax, `a program started more than ${limits.virtualThreadsMax} threads`);
    const platform = this.platforms[tid] ?? new SimulatedPlatform(tid);
    this.platforms[tid] = platform;
    const thread: VirtualThread = {
      tid,
      platform,
      code: code(platform),
      condition: 'ready',
      op: platform.op,
      outcome: WOKEN,
    };
    this.threads.push(thread);
    this.proceed(thread, undefined);
    return tid;
  }

  /** Runs a thread's code up to its next operation that is a decision. */
  private proceed(thread: VirtualThread, result: unknown): void {
    for (let value = result; ; ) {
      const next = thread.code.next(value);
      if (next.done === true) {
        this.end(thread);
        return;
      }
      thread.op = next.value;
      thread.condition = 'ready';
      if (thread.op.kind === OP.spawn) {
        this.start.witness.flush(thread.tid);
        const [functionId, ...args] = cloneMessage(thread.op.message) as [string, ...Message[]];
        const code = this.start.functions[functionId];
        invariant(code !== undefined, `no thread function "${functionId}"`);
        value = this.launch((platform) => code(platform, args));
      } else if (thread.op.kind === OP.join) {
        this.start.witness.flush(thread.tid);
        if (this.threads[thread.op.object]?.condition !== 'ended') {
          thread.condition = 'joining';
          this.enabled &= ~(1 << thread.tid);
          return;
        }
        value = undefined;
      } else {
        this.enabled |= 1 << thread.tid;
        return;
      }
    }
  }

  private end(thread: VirtualThread): void {
    thread.condition = 'ended';
    this.enabled &= ~(1 << thread.tid);
    this.start.witness.flush(thread.tid);
    for (const other of this.threads) {
      if (other.condition === 'joining' && other.op.object === thread.tid) this.proceed(other, undefined);
    }
  }

  private choices(): number {
    if (this.enabled !== 0 && this.start.clock === 'late') return this.enabled;
    for (const thread of this.threads) {
      if (thread.condition === 'waiting' && thread.op.deadline !== FOREVER) return this.enabled | (1 << CLOCK);
    }
    return this.enabled;
  }

  private perform(tid: Tid): void {
    this.performed[tid]!++;
    if (tid === CLOCK) {
      this.advance();
      this.start.onStep?.({ tid, kind: OP.now, object: 0, blocked: false });
      return;
    }
    const thread = this.threads[tid]!;
    const { op, condition } = thread;
    const { kind, object } = op;
    if (condition === 'waking') {
      this.start.onStep?.({ tid, kind, object, blocked: false });
      this.proceed(thread, thread.outcome);
      return;
    }
    const blocked = kind === OP.wait && this.memory[object] === op.a && op.deadline > this.nowNs;
    this.start.onStep?.({ tid, kind, object, blocked });
    this.start.witness.flush(tid);
    if (!blocked) this.proceed(thread, this.effect(op));
    else {
      thread.condition = 'waiting';
      this.enabled &= ~(1 << tid);
    }
  }

  private effect(op: VisibleOp): unknown {
    const { memory } = this;
    const { object, a } = op;
    const old = memory[object]!;
    switch (op.kind) {
      case OP.load:
        return old;
      case OP.store:
      case OP.exchange:
        memory[object] = a;
        return old;
      case OP.compareExchange:
        if (old === a) memory[object] = op.b;
        return old;
      case OP.add:
        memory[object] = old + a;
        return old;
      case OP.wait:
        return old === a ? TIMED_OUT : DIFFERENT;
      case OP.notify:
        return this.notify(object, a);
      case OP.post:
        this.port(object).push(cloneMessage(op.message));
        return undefined;
      case OP.receive:
        return this.port(object).shift();
      case OP.drain:
        return this.port(object).splice(0);
      case OP.peek:
        return cloneMessage(this.port(object)[0]);
      case OP.now:
        return this.nowNs;
      case OP.record:
        return undefined;
      case OP.spawn:
      case OP.join:
        return invariant(false, 'spawn and join are performed by proceed');
      default:
        return assertNever(op.kind);
    }
  }

  private port(port: number): Message[] {
    invariant(port < limits.simulatedPortsPerThread * limits.virtualThreadsMax, `no port ${port}`);
    let queue = this.ports.get(port);
    if (queue === undefined) {
      queue = [];
      this.ports.set(port, queue);
    }
    return queue;
  }

  /** Wakes waiters in the order of their threads, as many as asked for. */
  private notify(cell: number, count: number): number {
    let woken = 0;
    for (const thread of this.threads) {
      if (woken >= count) break;
      if (thread.condition !== 'waiting' || thread.op.object !== cell) continue;
      this.wake(thread, WOKEN);
      woken++;
    }
    return woken;
  }

  private wake(thread: VirtualThread, outcome: WaitOutcome): void {
    thread.condition = 'waking';
    thread.outcome = outcome;
    this.enabled |= 1 << thread.tid;
  }

  private advance(): void {
    let next = FOREVER;
    for (const thread of this.threads) {
      if (thread.condition === 'waiting' && thread.op.deadline < next) next = thread.op.deadline;
    }
    this.nowNs = Math.max(this.nowNs, next);
    for (const thread of this.threads) {
      if (thread.condition === 'waiting' && thread.op.deadline <= this.nowNs) this.wake(thread, TIMED_OUT);
    }
  }
}
