import { invariant } from '../../spec/assert-never.ts';
import type { Fault } from '../../spec/fault.ts';
import {
  type FromAdapter,
  PROTOCOL_VERSIONS,
  type Ready,
  type RunOptions,
  type Samples,
  type ToAdapter,
} from '../../spec/message.ts';
import type { Program } from '../../spec/program.ts';
import { AdapterProcess, type Launch, type Report } from './process-child.ts';
import { didNotStart, exited, fault, withStderr } from './process-fault.ts';
import type { ProcessLimits } from './process-limits.ts';
import { RunExchange, type RunOutcome, reportedError } from './process-run.ts';
import type { Watchdog } from './process-watchdog.ts';
import { startTimer } from './timer.ts';

/** The answer to one question, or why there is none. */
export type Answer = Report | { readonly kind: 'silent' };

/** What is told apart when a run is asked for. */
export type RunRequest = { readonly program: Program; readonly seed: number; readonly options: RunOptions };

/** Who is waiting for messages. At most one: the protocol answers one thing after the other. */
type Waiting = {
  readonly ids: readonly number[];
  readonly isOver: boolean;
  receive(message: FromAdapter): void;
  lose(loss: Exclude<Report, { readonly kind: 'message' }>): void;
};

/**
 * The protocol with one adapter process: what was asked, what is answered, what is late. Late answers of earlier
 * questions are counted and dropped; an answer to what nobody asked is a fault. Whatever goes wrong between two
 * questions is kept and told to the next.
 */
export class AdapterSession {
  private readonly process: AdapterProcess;
  private readonly limits: ProcessLimits;
  private lastId = 0;
  private waiting: Waiting | undefined;
  /** What ended the process, if it is known. */
  private lost: Exclude<Report, { readonly kind: 'message' }> | undefined;
  private lastProgram = '';
  private isSpent = false;
  /** Programs that it was asked to run. */
  programs = 0;
  lateAnswers = 0;

  constructor(launch: Launch, limits: ProcessLimits, watchdog: Watchdog) {
    this.limits = limits;
    this.process = new AdapterProcess(launch, limits, watchdog, (report) => this.take(report));
  }

  get stderr(): string {
    return this.process.stderr;
  }

  /** Its process group, if the system could not end it. */
  get survivor(): number | undefined {
    return this.process.survivor;
  }

  /** It may be asked for another run. */
  get isUsable(): boolean {
    return !this.isSpent && this.lost === undefined;
  }

  /** Something ended it between two programs, which the next `run` will tell. */
  get hasUntoldLoss(): boolean {
    return !this.isSpent && this.lost !== undefined;
  }

  /** Hello and ready. After a fault nothing of the process is left. */
  async greet(suite: string): Promise<Ready | Fault> {
    const answer = await this.ask(
      (id) => ({ type: 'hello', id, protocol: PROTOCOL_VERSIONS, suite }),
      this.limits.readyMs,
    );
    const faulty = readyFault(answer, this.limits.readyMs);
    if (faulty !== undefined) return this.abandon(faulty);
    return (answer as { readonly message: Ready }).message;
  }

  /** Samples of this machine, or why there are none; the process must then be replaced. */
  async calibrate(count: number): Promise<Samples | Fault> {
    const answer = await this.ask((id) => ({ type: 'calibrate', id, count }), this.limits.calibrationMs);
    if (answer.kind === 'message' && answer.message.type === 'calibrated') return answer.message.samples;
    return this.abandon(calibrationFault(answer, this.limits.calibrationMs));
  }

  /** Runs the program once. After a fault or a crash nothing of the process is left; after an abort it is spent. */
  async run(request: RunRequest, deadlineMs: number): Promise<RunOutcome> {
    const { lost } = this;
    if (lost !== undefined) return this.settle({ kind: 'fault', fault: this.lostBetween(lost), isStuck: false });
    invariant(this.waiting?.isOver !== false, 'a process is asked for one thing after the other');
    this.programs++;
    this.lastProgram = request.program.name;
    this.process.renewAllowance();
    const run = this.send((id) => ({ type: 'run', id, ...request }));
    const exchange = new RunExchange({ run, send: (build) => this.send(build) }, this.limits, deadlineMs);
    this.waiting = exchange;
    return this.settle(await exchange.outcome);
  }

  /** One question and its answer, or an error that answers nothing. For what is no run; a string is sent as it is. */
  ask(build: (id: number) => ToAdapter | string, limitMs: number): Promise<Answer> {
    const { lost } = this;
    if (lost !== undefined) return Promise.resolve(lost);
    this.process.renewAllowance();
    return this.listen([this.send(build)], limitMs);
  }

  /** Asks it to stop, and ends what is left of its group. True: it exited by itself with code 0, in time. */
  stop(): Promise<boolean> {
    this.send((id) => ({ type: 'stop', id }));
    return this.leave();
  }

  /** Closes its input, which means the same. */
  endInput(): Promise<boolean> {
    this.process.closeInput();
    return this.leave();
  }

  private async leave(): Promise<boolean> {
    if (this.waiting?.isOver === false) {
      const closed = fault('exited', 'crossloop', 'crossloop was closed while a program ran');
      this.waiting.lose({ kind: 'fault', fault: closed });
    }
    this.isSpent = true;
    await this.process.end(this.limits.terminateMs);
    const { exit } = this.process;
    return exit?.kind === 'code' && exit.code === 0;
  }

  private send(build: (id: number) => ToAdapter | string): number {
    this.lastId++;
    this.process.send(build(this.lastId));
    return this.lastId;
  }

  private listen(ids: readonly number[], limitMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        cancel();
        waiting.isOver = true;
        resolve(answer);
      };
      const cancel = startTimer(limitMs, () => settle({ kind: 'silent' }));
      const waiting = {
        ids,
        isOver: false,
        receive: (message: FromAdapter) => settle({ kind: 'message', message }),
        lose: settle,
      };
      this.waiting = waiting;
    });
  }

  private take(report: Report): void {
    const waiting = this.waiting?.isOver === false ? this.waiting : undefined;
    if (report.kind !== 'message') {
      this.lost = report;
      waiting?.lose(report);
      return;
    }
    const { message } = report;
    if (waiting !== undefined && (message.re === null || waiting.ids.includes(message.re))) waiting.receive(message);
    else if (message.re !== null && message.re >= 1 && message.re <= this.lastId) this.lateAnswers++;
    else this.refuse(message, waiting);
  }

  private refuse(message: FromAdapter, waiting: Waiting | undefined): void {
    const unasked =
      message.type === 'error' && message.re === null
        ? reportedError(message)
        : fault('unknown-run', 'adapter', `the adapter answered message ${message.re}, which was never sent`);
    const loss = { kind: 'fault', fault: unasked } as const;
    this.lost = loss;
    void this.process.kill();
    waiting?.lose(loss);
  }

  private async settle(outcome: RunOutcome): Promise<RunOutcome> {
    this.waiting = undefined;
    if (outcome.kind === 'ended') this.isSpent ||= outcome.isAborted;
    if (outcome.kind === 'ended' || outcome.kind === 'rejected') return outcome;
    this.isSpent = true;
    if (outcome.kind === 'fault' && outcome.isStuck) await this.process.terminate();
    else await this.process.kill();
    if (outcome.kind === 'crashed') return outcome;
    return { ...outcome, fault: withStderr(this.explain(outcome.fault), this.stderr) };
  }

  /** A process that cannot hear a ping is no sign of a hung implementation. */
  private explain(faulty: Fault): Fault {
    if (faulty.code !== 'hung' || !this.process.hasClosedInput) return faulty;
    return fault('hung', 'adapter', 'the adapter closed its input and did not exit');
  }

  private async abandon(faulty: Fault): Promise<Fault> {
    this.isSpent = true;
    await this.process.kill();
    return withStderr(faulty, this.stderr);
  }

  private lostBetween(lost: Exclude<Report, { readonly kind: 'message' }>): Fault {
    const when =
      this.lastProgram === '' ? 'before its first program' : `after the program ${this.lastProgram} was done`;
    return lost.kind === 'exited'
      ? exited(lost.exit, when)
      : { ...lost.fault, message: `${lost.fault.message} (${when})` };
  }
}

function readyFault(answer: Answer, limitMs: number): Fault | undefined {
  switch (answer.kind) {
    case 'silent':
      return fault('did-not-start', 'adapter', `the adapter did not answer hello within ${limitMs} ms`);
    case 'exited':
      return didNotStart(answer.exit);
    case 'fault':
      return answer.fault.code === 'bad-message'
        ? { ...answer.fault, ...badReady(answer.fault.message) }
        : answer.fault;
    case 'message':
      break;
  }
  const { message } = answer;
  if (message.type === 'error') return badReady(reportedError(message).message);
  if (message.type !== 'ready') return badReady(`the adapter answered hello with "${message.type}"`);
  const { min, max } = PROTOCOL_VERSIONS;
  if (message.protocol >= min && message.protocol <= max) return undefined;
  return badReady(`the adapter speaks version ${message.protocol} of the protocol, crossloop ${min} to ${max}`);
}

function badReady(message: string): Fault {
  return fault('bad-ready', 'adapter', message);
}

function calibrationFault(answer: Answer, limitMs: number): Fault {
  switch (answer.kind) {
    case 'silent':
      return fault('hung', 'adapter', `the adapter did not answer calibrate within ${limitMs} ms`);
    case 'exited':
      return exited(answer.exit, 'while it calibrated');
    case 'fault':
      return answer.fault;
    case 'message': {
      const { message } = answer;
      if (message.type === 'error') return reportedError(message);
      return fault('bad-message', 'adapter', `the adapter answered calibrate with "${message.type}"`);
    }
  }
}
