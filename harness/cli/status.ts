import type { Progress } from '../campaign.ts';

const REDRAW_MS = 100;
const HEARTBEAT_MS = 30_000;

/**
 * Live status on stderr: one line an implementation, redrawn at most ten times a second on a terminal; elsewhere a
 * heartbeat every 30 seconds. Says nothing on stdout.
 */
export class LiveStatus {
  private readonly stream: NodeJS.WriteStream;
  private readonly latest: Map<string, Progress> = new Map();
  private readonly startedMs: number = performance.now();
  private drawnMs = 0;
  private lines = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  update(progress: Progress): void {
    this.latest.set(progress.implementation, progress);
    const now = performance.now();
    if (now - this.drawnMs < (this.stream.isTTY ? REDRAW_MS : HEARTBEAT_MS)) return;
    if (this.drawnMs === 0 && !this.stream.isTTY) {
      this.drawnMs = now;
      return;
    }
    this.drawnMs = now;
    if (this.stream.isTTY) this.redraw();
    else for (const line of this.texts()) this.stream.write(`${line}\n`);
  }

  /** Takes the status off a terminal. */
  clear(): void {
    if (this.lines > 0) this.stream.write(`\u001b[${this.lines}A\u001b[J`);
    this.lines = 0;
  }

  private redraw(): void {
    this.clear();
    const width = this.stream.columns ?? 80;
    const texts = this.texts();
    for (const text of texts) this.stream.write(`${text.slice(0, width - 1)}\n`);
    this.lines = texts.length;
  }

  private texts(): readonly string[] {
    const seconds = Math.round((performance.now() - this.startedMs) / 1000);
    return [...this.latest.values()].map(({ implementation, done, planned, executions, violations, program }) => {
      const found = violations === 0 ? '' : `, ${violations} violations so far`;
      return `${implementation}: ${done} of ${planned} programs, ${executions} executions${found} (${seconds} s) ${program}`;
    });
  }
}
