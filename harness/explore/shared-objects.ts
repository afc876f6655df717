import { DIFFERENT, type Message, OP, TIMED_OUT, type VisibleOp } from '../../impl/platform.ts';
import { invariant } from '../../spec/assert-never.ts';
import * as limits from '../limits.ts';
import { cloneMessage } from './simulated-platform.ts';

const PORTS = limits.simulatedPortsPerThread * limits.virtualThreadsMax;

/** The cells and ports that virtual threads share, and what operations do to them. All cells hold 0 at first. */
export class SharedObjects {
  readonly memory: Int32Array = new Int32Array(limits.simulatedCellsPerThread * limits.virtualThreadsMax);
  private readonly ports: Message[][] = [];
  private readonly used: number[] = [];
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
    for (const port of this.used) this.ports[port]!.length = 0;
    this.used.length = 0;
  }

  /** Performs an operation on a cell or a port; a wait is one that does not block. Returns its result. */
  apply(op: VisibleOp): unknown {
    const { memory } = this;
    const { object, a } = op;
    switch (op.kind) {
      case OP.load:
        return memory[object];
      case OP.store:
        memory[object] = a;
        return undefined;
      case OP.until:
        memory[object] = op.b;
        return undefined;
      case OP.exchange: {
        const old = memory[object];
        memory[object] = a;
        return old;
      }
      case OP.compareExchange: {
        const old = memory[object];
        if (old === a) memory[object] = op.b;
        return old;
      }
      case OP.add: {
        const old = memory[object]!;
        memory[object] = old + a;
        return old;
      }
      case OP.wait:
        return memory[object] === a ? TIMED_OUT : DIFFERENT;
      case OP.post:
        this.port(object).push(cloneMessage(op.message));
        return undefined;
      case OP.receive:
        return this.port(object).shift();
      case OP.drain:
        return this.port(object).splice(0);
      case OP.peek:
        return cloneMessage(this.port(object)[0]);
      default:
        return undefined;
    }
  }

  private port(port: number): Message[] {
    let queue = this.ports[port];
    if (queue === undefined) {
      invariant(port < PORTS, `no port ${port}`);
      queue = [];
      this.ports[port] = queue;
    }
    if (queue.length === 0) this.used.push(port);
    return queue;
  }
}
