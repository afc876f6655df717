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
  private readonly survivors: number[] = [];
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

  /** What a person should know about the processes so far. */
  get notes(): readonly string[] {
    const late = this.lateBefore + (this.session?.lateAnswers ?? 0);
    return [
      ...(late === 0 ? [] : [`${late} answers came after their run was over and were dropped`]),
      ...this.survivors.map((group) => `the system could not end the process group ${group} of the adapter`),
    ];
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
    if (session.survivor !== undefined) this.survivors.push(session.survivor);
  }
}
