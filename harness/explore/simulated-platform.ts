import {
  type Cell,
  type Message,
  OP,
  type OpKind,
  type Platform,
  type Port,
  type Visible,
  type VisibleOp,
  type WaitOutcome,
} from '../../impl/platform.ts';
import { invariant } from '../../spec/assert-never.ts';
import { simulatedCellsPerThread, simulatedPortsPerThread } from '../limits.ts';

/** A copy that shares nothing with the original: what a structured clone does to data, without its generality. */
export function cloneMessage(message: Message): Message {
  if (typeof message !== 'object' || message === null) return message;
  if (Array.isArray(message)) return message.map(cloneMessage);
  const copy: { [key: string]: Message } = {};
  for (const key in message) copy[key] = cloneMessage((message as { [key: string]: Message })[key]);
  return copy;
}

/**
 * One virtual thread's view of the simulator: yields the next visible operation, which the engine performs when it
 * picks the thread. The operation object is reused, so a step costs no allocation beyond the generators.
 */
export class SimulatedPlatform implements Platform {
  readonly thread: number;
  readonly op: VisibleOp = { kind: OP.record, object: 0, a: 0, b: 0, deadline: 0, message: undefined };
  private readonly firstCell: Cell;
  private readonly firstPort: Port;
  cellsUsed = 0;
  portsUsed = 0;

  constructor(thread: number) {
    this.thread = thread;
    this.firstCell = thread * simulatedCellsPerThread;
    this.firstPort = thread * simulatedPortsPerThread;
  }

  /** Ready for the next execution. */
  reset(): void {
    this.cellsUsed = 0;
    this.portsUsed = 0;
  }

  allocateCells(count: number): Cell {
    const cell = this.firstCell + this.cellsUsed;
    this.cellsUsed += count;
    invariant(this.cellsUsed <= simulatedCellsPerThread, `more than ${simulatedCellsPerThread} cells on one thread`);
    return cell;
  }

  allocatePort(): Port {
    invariant(this.portsUsed < simulatedPortsPerThread, `more than ${simulatedPortsPerThread} ports on one thread`);
    return this.firstPort + this.portsUsed++;
  }

  private prepare(kind: OpKind, object: number, a: number, b: number): VisibleOp {
    const { op } = this;
    op.kind = kind;
    op.object = object;
    op.a = a;
    op.b = b;
    return op;
  }

  *load(cell: Cell): Visible<number> {
    return (yield this.prepare(OP.load, cell, 0, 0)) as number;
  }

  *store(cell: Cell, value: number): Visible<void> {
    yield this.prepare(OP.store, cell, value, 0);
  }

  *exchange(cell: Cell, value: number): Visible<number> {
    return (yield this.prepare(OP.exchange, cell, value, 0)) as number;
  }

  *compareExchange(cell: Cell, expected: number, replacement: number): Visible<number> {
    return (yield this.prepare(OP.compareExchange, cell, expected, replacement)) as number;
  }

  *add(cell: Cell, value: number): Visible<number> {
    return (yield this.prepare(OP.add, cell, value, 0)) as number;
  }

  *wait(cell: Cell, expected: number, deadline: number): Visible<WaitOutcome> {
    const op = this.prepare(OP.wait, cell, expected, 0);
    op.deadline = deadline;
    return (yield op) as WaitOutcome;
  }

  *notify(cell: Cell, count: number): Visible<number> {
    return (yield this.prepare(OP.notify, cell, count, 0)) as number;
  }

  *post(port: Port, message: Message): Visible<void> {
    const op = this.prepare(OP.post, port, 0, 0);
    op.message = message;
    yield op;
  }

  *receive(port: Port): Visible<Message> {
    return (yield this.prepare(OP.receive, port, 0, 0)) as Message;
  }

  *drain(port: Port): Visible<readonly Message[]> {
    return (yield this.prepare(OP.drain, port, 0, 0)) as readonly Message[];
  }

  *peek(port: Port): Visible<Message> {
    return (yield this.prepare(OP.peek, port, 0, 0)) as Message;
  }

  *now(): Visible<number> {
    return (yield this.prepare(OP.now, 0, 0, 0)) as number;
  }

  *spawn(functionId: string, args: readonly Message[]): Visible<number> {
    const op = this.prepare(OP.spawn, 0, 0, 0);
    op.message = [functionId, ...args];
    return (yield op) as number;
  }

  *join(thread: number): Visible<void> {
    yield this.prepare(OP.join, thread, 0, 0);
  }
}
