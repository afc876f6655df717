import { plain } from '../../reports/text.ts';

const REDRAW_MS = 100;
/** On a terminal, how long the seconds shown may stand still. */
const TICK_MS = 1_000;
const HEARTBEAT_MS = 30_000;

/** What goes on, so many seconds after the start. */
export type Describe = (seconds: number) => string;

/**
 * Live status on stderr: one line for each thing that goes on, redrawn at most ten times a second on a terminal; elsewhere a
 * heartbeat every 30 seconds, also while no program finishes. Says nothing on stdout, and keeps no process alive.
 */
export class LiveStatus {
  private readonly stream: NodeJS.WriteStream;
  private readonly latest: Map<string, Describe> = new Map();
  private readonly startedMs: number = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private drawnMs = 0;
  private lines = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  /** `key` has a line of its own. */
  update(key: string, describe: Describe): void {
    this.latest.set(key, describe);
    this.timer ??= setInterval(() => this.show(), this.stream.isTTY ? TICK_MS : HEARTBEAT_MS).unref();
    if (this.stream.isTTY && performance.now() - this.drawnMs >= REDRAW_MS) this.show();
  }

  /** A text that stays, above the status. It ends with a line break. */
  say(text: string): void {
    this.erase();
    this.stream.write(text);
  }

  /** Takes the status off a terminal, and shows nothing further. */
  clear(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.erase();
  }

  private erase(): void {
    if (this.lines > 0) this.stream.write(`\u001b[${this.lines}A\u001b[J`);
    this.lines = 0;
  }

  private show(): void {
    this.drawnMs = performance.now();
    const texts = this.texts();
    if (!this.stream.isTTY) {
      for (const text of texts) this.stream.write(`${text}\n`);
      return;
    }
    this.erase();
    const width = this.stream.columns ?? 80;
    for (const text of texts) this.stream.write(`${text.slice(0, width - 1)}\n`);
    this.lines = texts.length;
  }

  private texts(): readonly string[] {
    const seconds = Math.round((performance.now() - this.startedMs) / 1000);
    return [...this.latest.values()].map((describe) => plain(describe(seconds)));
  }
}
