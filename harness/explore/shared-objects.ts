import { DIFFERENT, type Message, OP, type VisibleOp } from '../../impl/platform.ts';
import { invariant } from '../../spec/assert-never.ts';
import * as limits from '../limits.ts';
import { cloneMessage } from './simulated-platform.ts';

const PORTS = limits.simulatedPortsPerThread * limits.virtualThreadsMax;

/** The cells and ports that virtual threads share, and what operations do to them. All cells hold 0 at first. */
export class SharedObjects {
  readonly memory: Int32Array = new Int32Array(limits.simulatedCellsPerThread * limits.virtualThreadsMax);
  private readonly ports: Message[][] = [];
  /** Ports that may hold messages, and how many of the list count. */
  private readonly used: number[] = [];
  private usedCount = 0;
  private filled = 0;

  /** Gives cells 0, 1, … their first values. */
  fill(words: readonly number[]): void {
    for (let cell = words.length; cell < this.filled; cell++) this.memory[cell] = 0;
    for (let cell = 0; cell < words.length; cell++) this.memory[cell] = words[cell]!;
    this.filled = words.length;
  }

  /** Sets the first `count` cells of a thread's reserve to 0. */
  clear(thread: number, count: number): void {
    const first = thread * limits.simulatedCellsPerThread;
    this.memory.fill(0, first, first + count);
  }

  clearPorts(): void {
    // Setting a length costs as much as a step, even to what it is.
    for (let at = 0; at < this.usedCount; at++) {
      const queue = this.ports[this.used[at]!]!;
      if (queue.length > 0) queue.length = 0;
    }
    this.usedCount = 0;
  }

  /** Performs an operation of the kinds `load` to `add`. Returns its result. */
  applyToWord({ kind, object, a, b }: VisibleOp): unknown {
    const { memory } = this;
    const old = memory[object]!;
    switch (kind) {
      case OP.load:
        return old;
      case OP.store:
        memory[object] = a;
        return undefined;
      case OP.exchange:
        memory[object] = a;
        return old;
      case OP.compareExchange:
        if (old === a) memory[object] = b;
        return old;
      default:
        memory[object] = old + a;
        return old;
    }
  }

  /** Performs an operation on a cell or a port; a wait is one that does not block. Returns its result. */
  apply(op: VisibleOp): unknown {
    const { kind, object } = op;
    if (kind <= OP.add) return this.applyToWord(op);
    switch (kind) {
      case OP.until:
        this.memory[object] = op.b;
        return undefined;
      case OP.wait:
        return DIFFERENT;
      case OP.post:
        this.port(object).push(cloneMessage(op.message));
        return undefined;
      case OP.receive:
        return this.port(object).shift();
      case OP.drain:
        return this.drain(object);
      case OP.peek:
        return cloneMessage(this.port(object)[0]);
      default:
        return undefined;
    }
  }

  /** All messages; the port gets a new queue, so that nothing is copied. */
  private drain(port: number): readonly Message[] {
    const queue = this.ports[port];
    if (queue === undefined || queue.length === 0) return [];
    this.ports[port] = [];
    return queue;
  }

  private port(port: number): Message[] {
    let queue = this.ports[port];
    if (queue === undefined) {
      invariant(port < PORTS, `no port ${port}`);
      queue = [];
      this.ports[port] = queue;
    }
    if (queue.length === 0) this.used[this.usedCount++] = port;
    return queue;
  }
}
