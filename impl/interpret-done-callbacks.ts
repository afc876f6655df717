import type { OpId } from '../spec/history.ts';
import type { Visible } from './platform.ts';
import type { Future } from './reference/future.ts';

type DoneCallback = (future: Future) => Visible<unknown>;

/** The registrations of one body with one future. */
class Registration {
  readonly callback: DoneCallback;
  private readonly ids: OpId[] = [];
  private called = 0;
  private removed: OpId | undefined;

  constructor(perform: (inst: OpId) => Visible<unknown>) {
    this.callback = () => perform(this.nextInstance());
  }

  add(id: OpId): void {
    this.ids.push(id);
  }

  remove(count: number): void {
    this.removed = this.ids.splice(this.ids.length - count, count).at(-1) ?? this.removed;
  }

  /**
   * The earliest registration that was not called yet. Called more often than registered, or after its removal, it is
   * the last one again: a second run, or a run that should not be, for a judge to see.
   */
  private nextInstance(): OpId {
    return this.ids[this.called++] ?? this.ids.at(-1) ?? this.removed!;
  }
}

/** Done callbacks of one thread: to an implementation all those of one body are one function, so one removal finds all. */
export class DoneCallbacks {
  private byFuture: WeakMap<Future, Map<string, Registration>> | undefined;

  add(future: Future, body: string, id: OpId, perform: (inst: OpId) => Visible<unknown>): void {
    this.byFuture ??= new WeakMap();
    let bodies = this.byFuture.get(future);
    if (bodies === undefined) {
      bodies = new Map();
      this.byFuture.set(future, bodies);
    }
    let registration = bodies.get(body);
    if (registration === undefined) {
      registration = new Registration(perform);
      bodies.set(body, registration);
    }
    registration.add(id);
    future.addDoneCallback(registration.callback);
  }

  /** Returns what the implementation says: how many it removed. */
  remove(future: Future, body: string): number {
    const registration = this.byFuture?.get(future)?.get(body);
    const count = future.removeDoneCallback(registration?.callback ?? neverRegistered);
    registration?.remove(count);
    return count;
  }
}

function* neverRegistered(): Visible<void> {
  yield* [];
}
