import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Fault } from '../../spec/fault.ts';
import type { FromAdapter } from '../../spec/message.ts';
import { fromAdapterSchema } from '../../spec/message-schema.ts';
import { JsonLines, type Line } from './json-lines.ts';
import { type Exit, fault } from './process-fault.ts';
import { killGroup, signalGroup } from './process-group.ts';
import type { ProcessLimits } from './process-limits.ts';
import { StderrTail } from './process-stderr.ts';
import type { Watchdog } from './process-watchdog.ts';
import { isWithin, startTimer } from './timer.ts';

/** How an adapter is started: by /bin/sh, so that a command line means what it means in a terminal. */
export type Launch = {
  readonly command: string;
  readonly env: { readonly [name: string]: string };
  readonly cwd: string | undefined;
};

/** What a process does, as it is found. After anything but a message nothing follows. */
export type Report =
  | { readonly kind: 'message'; readonly message: FromAdapter }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'exited'; readonly exit: Exit };

const SIGNAL_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);
/** A shell that waited for a command ended by signal n exits with 128 + n. */
const SHELL_SIGNAL_BASE = 128;

/**
 * One adapter process and its group. Reads its output as messages, within the line limit and the allowance of bytes;
 * tells what it finds to one listener, messages in their order and before the exit. Reading stops at the first fault.
 *
 *   running ── exit ──────────── its group is killed ── streams closed ── 'exited' is reported
 *      └────── output closed ─── at most exitMs ─────────┘
 */
export class AdapterProcess {
  /** Its streams are missing where the system had no files left for them. */
  private readonly child: ChildProcess;
  private readonly limits: ProcessLimits;
  private readonly watchdog: Watchdog;
  private readonly report: (report: Report) => void;
  private readonly lines: JsonLines;
  private readonly stderrTail: StderrTail;
  private readonly closed: Promise<void>;
  private allowedBytes: number;
  private isSilenced = false;
  private gone: Promise<boolean> | undefined;
  private stopWaiting: () => void = () => {};
  private isWaiting = false;
  exit: Exit | undefined;
  /** It was written to, and did not read any more. */
  hasClosedInput = false;
  /** Its process group, if the system could not end it. */
  survivor: number | undefined;

  constructor(launch: Launch, limits: ProcessLimits, watchdog: Watchdog, report: (report: Report) => void) {
    this.limits = limits;
    this.watchdog = watchdog;
    this.report = report;
    this.lines = new JsonLines(limits.lineBytes);
    this.stderrTail = new StderrTail(limits.stderrBytes);
    this.allowedBytes = limits.runBytes;
    this.child = spawn('/bin/sh', ['-c', launch.command], {
      detached: true,
      stdio: 'pipe',
      env: { ...process.env, ...launch.env },
      ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
    });
    if (this.child.pid !== undefined) watchdog.add(this.child.pid);
    this.closed = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.attach();
  }

  /** The last bytes that it wrote to stderr, as text. */
  get stderr(): string {
    return this.stderrTail.text;
  }

  /** Writes one message. Lost if it does not read any more: the missing answer, or its exit, tells. */
  send(message: object | string): void {
    const line = typeof message === 'string' ? message : JSON.stringify(message);
    if (this.child.stdin?.writable) this.child.stdin.write(`${line}\n`);
  }

  /** From here on it may write as much as one run may. */
  renewAllowance(): void {
    this.allowedBytes = this.limits.runBytes;
  }

  closeInput(): void {
    this.child.stdin?.end();
  }

  /** Gives it so long to exit by itself, and ends whatever is left of its group. */
  async end(graceMs: number): Promise<boolean> {
    await this.waitForExit(graceMs);
    return this.kill();
  }

  /** SIGTERM to the group, and SIGKILL to what is left of it later. */
  async terminate(): Promise<boolean> {
    if (this.child.pid !== undefined) signalGroup(this.child.pid, 'SIGTERM');
    await this.waitForExit(this.limits.terminateMs);
    return this.kill();
  }

  /** SIGKILL to the group; resolves once nothing of it is alive. False: the system could not end a process. Reports end. */
  kill(): Promise<boolean> {
    this.isSilenced = true;
    this.gone ??= this.killOnce();
    return this.gone;
  }

  private async killOnce(): Promise<boolean> {
    this.stopWaiting();
    const { pid } = this.child;
    if (pid === undefined) return true;
    const isGone = await killGroup(pid, this.limits.goneMs);
    await isWithin(this.closed, this.limits.exitMs);
    // A process that left the group may hold the other ends.
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) stream?.destroy();
    if (isGone) this.watchdog.remove(pid);
    else this.survivor = pid;
    return isGone;
  }

  private async waitForExit(limitMs: number): Promise<void> {
    if (this.exit !== undefined || this.child.pid === undefined) return;
    await isWithin(new Promise((resolve) => this.child.once('exit', resolve)), limitMs);
  }

  private attach(): void {
    const { child } = this;
    child.on('error', (error) => this.finish({ kind: 'fault', fault: cannotSpawn(error) }));
    // Writing to a process that closed its input or is gone: its exit or its silence is what is reported.
    child.stdin?.on('error', () => {
      this.hasClosedInput = true;
    });
    child.stdout?.on('data', (chunk: Buffer) => this.read(chunk));
    child.stdout?.on('error', () => {});
    child.stderr?.on('data', (chunk: Buffer) => this.stderrTail.push(chunk));
    child.stderr?.on('error', () => {});
    child.stdout?.on('end', () => this.awaitExit());
    child.on('exit', (code, signal) => this.onExit(code, signal));
    void this.closed.then(() => this.onClosed());
  }

  private onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.exit = exitOf(code, signal);
    // What it left behind goes with it; what it wrote before is still read.
    if (!this.isSilenced && this.child.pid !== undefined) void killGroup(this.child.pid, this.limits.goneMs);
    this.awaitExit();
  }

  private awaitExit(): void {
    if (this.isSilenced || this.isWaiting) return;
    this.isWaiting = true;
    this.stopWaiting = startTimer(this.limits.exitMs, () => this.onClosed());
  }

  private onClosed(): void {
    if (this.exit !== undefined) this.finish({ kind: 'exited', exit: this.exit });
    else
      this.finish({
        kind: 'fault',
        fault: fault('exited', 'adapter', 'the adapter closed its output and did not exit'),
      });
  }

  private finish(last: Report): void {
    if (this.isSilenced) return;
    void this.kill();
    this.report(last);
  }

  private read(chunk: Buffer): void {
    if (this.isSilenced) return;
    this.allowedBytes -= chunk.length;
    if (this.allowedBytes < 0) {
      const message = `the adapter wrote more than ${this.limits.runBytes} bytes`;
      this.finish({ kind: 'fault', fault: fault('flooded', 'adapter', message) });
      return;
    }
    for (const line of this.lines.push(chunk)) {
      if (this.isSilenced) return;
      const found = this.interpret(line);
      if (found.kind === 'message') this.report(found);
      else this.finish(found);
    }
  }

  private interpret(line: Line): Report {
    switch (line.kind) {
      case 'endless': {
        const message = `the adapter wrote a line of more than ${this.limits.lineBytes} bytes`;
        return { kind: 'fault', fault: fault('flooded', 'adapter', message) };
      }
      case 'garbage': {
        const message = `the adapter wrote a line that is no message, ${line.reason}: ${JSON.stringify(line.excerpt)}`;
        return { kind: 'fault', fault: fault('bad-line', 'adapter', message) };
      }
      case 'value': {
        const parsed = fromAdapterSchema.safeParse(line.value);
        return parsed.success
          ? { kind: 'message', message: parsed.data }
          : { kind: 'fault', fault: badMessage(line.value, parsed.error.issues[0]) };
      }
    }
  }
}

function badMessage(value: unknown, issue: { path: readonly PropertyKey[]; message: string } | undefined): Fault {
  const type = (value as { readonly type?: unknown } | null)?.type;
  const what = type === undefined ? 'a message without a type' : `a message of type ${JSON.stringify(type)}`;
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.map(String).join('.')}`;
  return fault('bad-message', 'adapter', `the adapter sent ${what} that breaks the schema${at}: ${issue?.message}`);
}

function cannotSpawn(error: Error): Fault {
  return fault(
    'did-not-start',
    'environment',
    `the system did not start the adapter: ${error.message}`,
    'Check that the folder of --cwd exists, and that the system has processes, memory and files left.',
  );
}

function exitOf(code: number | null, signal: string | null): Exit {
  if (signal !== null) return { kind: 'signal', signal };
  const carried = SIGNAL_NAMES.get((code ?? 0) - SHELL_SIGNAL_BASE);
  return carried === undefined ? { kind: 'code', code: code ?? 0 } : { kind: 'signal', signal: carried };
}
