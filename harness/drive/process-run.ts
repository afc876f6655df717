import { assertNever, invariant } from '../../spec/assert-never.ts';
import type { Fault } from '../../spec/fault.ts';
import type { Done, DumpedThread, FromAdapter, SentEvent, ToAdapter } from '../../spec/message.ts';
import type { Report } from './process-child.ts';
import { type Exit, exited, fault } from './process-fault.ts';
import type { ProcessLimits } from './process-limits.ts';
import { startTimer } from './timer.ts';

/** How one run ended, as far as the protocol goes. `isAborted`: the process must not be used again. */
export type RunOutcome =
  | {
      readonly kind: 'ended';
      readonly events: readonly SentEvent[];
      readonly done: Done;
      readonly threads: readonly DumpedThread[];
      readonly isAborted: boolean;
    }
  | { readonly kind: 'rejected'; readonly operation: string; readonly reason: string }
  | { readonly kind: 'crashed'; readonly signal: string }
  /** `isStuck`: it may still react to SIGTERM, and to nothing else. */
  | { readonly kind: 'fault'; readonly fault: Fault; readonly isStuck: boolean };

/** What a run needs of the session that carries it. */
export type RunLine = {
  readonly run: number;
  /** Sends a message with the next id, and says which. */
  send(build: (id: number) => ToAdapter): number;
};

/** A crash by one of these, while a program ran, is the implementation's. */
const CRASHES: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE']);

type Phase = 'sent' | 'running' | 'pinged' | 'aborted' | 'collecting';

/**
 * One run, from the `run` that was sent to its `done`. Every wait is limited; the deadline counts from `started`.
 *
 *   sent ─ started ─ running ─ events ─────────────────────────── collecting ─ done
 *                       └ deadline ─ pinged ─ pong ─ aborted ─ dump ─┘
 *                                       └ 1 s: hung     └ 2 s: hung
 */
export class RunExchange {
  /** Ids whose answers belong to this run. */
  readonly ids: number[];
  readonly outcome: Promise<RunOutcome>;
  private readonly line: RunLine;
  private readonly limits: ProcessLimits;
  private readonly deadlineMs: number;
  private readonly events: SentEvent[] = [];
  private threads: readonly DumpedThread[] | undefined;
  private phase: Phase = 'sent';
  private isAborted = false;
  isOver = false;
  private cancelTimer: () => void = () => {};
  private resolve: (outcome: RunOutcome) => void = () => {};

  constructor(line: RunLine, limits: ProcessLimits, deadlineMs: number) {
    this.line = line;
    this.limits = limits;
    this.deadlineMs = deadlineMs;
    this.ids = [line.run];
    this.outcome = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.enter('sent');
  }

  /** A message that answers it. Not to be called when it is over. */
  receive(message: FromAdapter): void {
    switch (message.type) {
      case 'started':
        if (this.phase === 'sent') this.enter('running');
        else this.fail(fault('bad-message', 'adapter', 'the adapter started one run twice'));
        break;
      case 'rejected':
        if (this.phase === 'sent') this.end({ kind: 'rejected', operation: message.operation, reason: message.reason });
        else this.fail(fault('bad-message', 'adapter', 'the adapter rejected a program that it had started'));
        break;
      case 'events':
        this.collect(message.first, message.events);
        break;
      case 'done':
        this.finish(message);
        break;
      case 'dump':
        this.takeDump(message.threads);
        break;
      case 'pong':
        if (this.phase === 'pinged') this.abort();
        break;
      case 'error':
        this.fail(reportedError(message));
        break;
      case 'ready':
      case 'calibrated':
        this.fail(fault('bad-message', 'adapter', `the adapter answered a run with "${message.type}"`));
        break;
      default:
        assertNever(message);
    }
  }

  /** The process was lost under it. Not to be called when it is over. */
  lose(loss: Exclude<Report, { readonly kind: 'message' }>): void {
    if (loss.kind === 'fault') this.fail(loss.fault);
    else this.crash(loss.exit);
  }

  private enter(phase: Phase): void {
    this.cancelTimer();
    this.phase = phase;
    this.cancelTimer = startTimer(this.limitMs(), () => this.expire());
  }

  private limitMs(): number {
    const { startedMs, pongMs, abortMs, collectMs } = this.limits;
    switch (this.phase) {
      case 'sent':
        return startedMs;
      case 'running':
        return this.deadlineMs;
      case 'pinged':
        return pongMs;
      case 'aborted':
        return abortMs;
      case 'collecting':
        return collectMs;
      default:
        return assertNever(this.phase);
    }
  }

  private expire(): void {
    const { phase } = this;
    const after = `within ${this.limitMs()} ms`;
    switch (phase) {
      case 'sent':
        this.fail(fault('hung', 'adapter', `the adapter neither started nor rejected the program ${after}`));
        break;
      case 'running':
        this.enter('pinged');
        this.ids.push(this.line.send((id) => ({ type: 'ping', id })));
        break;
      case 'pinged': {
        const message = `the program did not end within ${this.deadlineMs} ms, and nothing answered a ping ${after}`;
        this.stick(fault('hung', 'implementation', message));
        break;
      }
      case 'aborted':
        this.stick(fault('hung', 'adapter', `the adapter answered a ping, but not an abort ${after}`));
        break;
      case 'collecting':
        this.stick(fault('hung', 'adapter', `the adapter did not send the rest of the run ${after}`));
        break;
      default:
        assertNever(phase);
    }
  }

  private abort(): void {
    this.isAborted = true;
    this.enter('aborted');
    this.ids.push(this.line.send((id) => ({ type: 'abort', id, run: this.line.run })));
  }

  private takeDump(threads: readonly DumpedThread[]): void {
    if (this.isAborted) {
      this.threads = threads;
      this.enter('collecting');
    } else this.fail(fault('bad-message', 'adapter', 'the adapter sent a dump that nobody asked for'));
  }

  private collect(first: number, events: readonly SentEvent[]): void {
    if (this.phase === 'sent') this.fail(fault('bad-message', 'adapter', 'the adapter sent events before "started"'));
    else if (first !== this.events.length)
      this.fail(lost(`an events message begins with event ${first}`, this.events.length));
    else if (this.events.length + events.length > this.limits.runEvents) {
      this.fail(fault('flooded', 'adapter', `one run sent more than ${this.limits.runEvents} events`));
    } else {
      for (const event of events) this.events.push(event);
      if (this.phase !== 'collecting') this.enter('collecting');
    }
  }

  private finish(done: Done): void {
    const { events, threads, isAborted } = this;
    if (this.phase === 'sent') this.fail(fault('bad-message', 'adapter', 'the adapter sent "done" before "started"'));
    else if (done.events !== events.length) this.fail(lost(`the run had ${done.events} events`, events.length));
    else if ((done.outcome === 'deadline') !== (threads !== undefined)) {
      const message = `"done" says ${done.outcome}, ${threads === undefined ? 'without' : 'after'} a dump`;
      this.fail(fault('bad-message', 'adapter', message));
    } else this.end({ kind: 'ended', events, done, threads: threads ?? [], isAborted });
  }

  private crash(exit: Exit): void {
    if (this.phase === 'sent') this.fail(exited(exit, 'before it started the program'));
    else if (this.isAborted) this.fail(exited(exit, 'after it was asked to abort the program'));
    else if (exit.kind === 'signal' && CRASHES.has(exit.signal)) this.end({ kind: 'crashed', signal: exit.signal });
    else this.fail(exited(exit, 'while a program ran'));
  }

  private fail(faulty: Fault): void {
    this.end({ kind: 'fault', fault: faulty, isStuck: false });
  }

  private stick(faulty: Fault): void {
    this.end({ kind: 'fault', fault: faulty, isStuck: true });
  }

  private end(outcome: RunOutcome): void {
    invariant(!this.isOver, 'a run ends once');
    this.isOver = true;
    this.cancelTimer();
    this.resolve(outcome);
  }
}

/** The adapter says that it failed. */
export function reportedError(message: Extract<FromAdapter, { readonly type: 'error' }>): Fault {
  const certainty = message.definite ? '' : ', and may have done what was asked';
  const trace = message.traceback === null ? '' : `\n${message.traceback}`;
  const said = `the adapter reported ${message.code}${certainty}: ${message.message}${trace}`;
  return fault('reported-error', 'adapter', said);
}

function lost(said: string, arrived: number): Fault {
  return fault('lost-events', 'adapter', `${said}, but ${arrived} arrived before it`);
}
