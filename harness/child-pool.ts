import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

type Message<Order> = { readonly kind: 'order'; readonly order: Order } | { readonly kind: 'interrupt' };
type Answer<Part, Result> =
  | { readonly kind: 'part'; readonly part: Part }
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'bug'; readonly message: string };

type Job<Order, Part, Result> = {
  readonly order: Order;
  readonly onPart: (part: Part) => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Child processes that perform orders, one at a time each, so that the parent stays free for real threads and for the
 * person. Orders start in their order; an order may report parts before its result. What an order gives must not
 * depend on which child performs it, nor on how many there are.
 */
export class ChildPool<Order, Part, Result> {
  private readonly idle: ChildProcess[] = [];
  private readonly busy: Set<ChildProcess> = new Set();
  private readonly waiting: Job<Order, Part, Result>[] = [];

  /** `module`: the compiled file, below `dist/harness`, that calls `serveParent`. */
  constructor(module: string, workers: number) {
    const main = join(packageRoot(), 'dist', 'harness', module);
    for (let worker = 0; worker < workers; worker++) {
      this.idle.push(fork(main, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
    }
    // Also when this process is told to end at once.
    process.on('exit', this.killAll);
  }

  perform(order: Order, onPart: (part: Part) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ order, onPart, resolve, reject });
      this.assign();
    });
  }

  /** Orders in hand end at once and give what they have. */
  interrupt(): void {
    for (const child of this.busy) child.send({ kind: 'interrupt' } satisfies Message<Order>);
  }

  close(): void {
    process.off('exit', this.killAll);
    this.killAll();
  }

  private readonly killAll = (): void => {
    for (const child of [...this.idle, ...this.busy]) child.kill('SIGKILL');
  };

  private assign(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) this.start(this.idle.pop()!, this.waiting.shift()!);
  }

  private start(child: ChildProcess, { order, onPart, resolve, reject }: Job<Order, Part, Result>): void {
    this.busy.add(child);
    const settle = () => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      this.busy.delete(child);
    };
    const onMessage = (answer: Answer<Part, Result>) => {
      if (answer.kind === 'part') {
        onPart(answer.part);
        return;
      }
      settle();
      if (answer.kind === 'bug') reject(new Error(answer.message));
      else resolve(answer.result);
      this.idle.push(child);
      this.assign();
    };
    const onExit = (code: number | null, signal: string | null) => {
      settle();
      reject(new Error(`crossloop bug: a worker ended with ${signal ?? `code ${code}`}`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send({ kind: 'order', order } satisfies Message<Order>);
  }
}

/** The child's side: performs the orders it is told to, and ends with its parent. */
export function serveParent<Order, Part, Result>(
  perform: (order: Order, onPart: (part: Part) => void, stop: () => boolean) => Promise<Result>,
): void {
  let interrupted = false;
  const answer = (message: Answer<Part, Result>): void => {
    process.send?.(message);
  };
  process.on('message', (message: Message<Order>) => {
    if (message.kind === 'interrupt') {
      interrupted = true;
      return;
    }
    perform(
      message.order,
      (part) => answer({ kind: 'part', part }),
      () => interrupted,
    ).then(
      (result) => answer({ kind: 'result', result }),
      (error: unknown) => answer({ kind: 'bug', message: String((error as Error).stack ?? error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {});
}
