import { invariant } from '../../spec/assert-never.ts';
import type { Fault } from '../../spec/fault.ts';
import type { Ready } from '../../spec/message.ts';
import type { Launch } from './process-child.ts';
import { fault } from './process-fault.ts';
import type { ProcessLimits } from './process-limits.ts';
import { AdapterSession } from './process-session.ts';
import { Watchdog } from './process-watchdog.ts';

/** The one process at a time, and how to get the next. */
export class ProcessFleet {
  private readonly launch: Launch;
  private readonly suite: string;
  private readonly limits: ProcessLimits;
  private readonly watchdog: Watchdog = new Watchdog();
  private session: AdapterSession | undefined;
  private lateBefore = 0;
  private isClosed = false;

  constructor(launch: Launch, suite: string, limits: ProcessLimits) {
    this.launch = launch;
    this.suite = suite;
    this.limits = limits;
  }

  get current(): AdapterSession {
    invariant(this.session !== undefined, 'a process was started');
    return this.session;
  }

  /** Answers to earlier runs that came too late, over all processes. */
  get lateAnswers(): number {
    return this.lateBefore + (this.session?.lateAnswers ?? 0);
  }

  /** Ends the process and starts another. After a fault there is none. */
  async replace(): Promise<Ready | Fault> {
    await this.retire();
    if (this.isClosed) return fault('exited', 'crossloop', 'the driver was closed');
    this.session = new AdapterSession(this.launch, this.limits, this.watchdog);
    return this.session.greet(this.suite);
  }

  /** Ends the process and the watchdog: nothing is left. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.retire();
    await this.watchdog.close();
  }

  private async retire(): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    this.lateBefore += session.lateAnswers;
    this.session = undefined;
    await session.stop();
  }
}
