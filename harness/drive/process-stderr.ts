/** The last bytes of a stream that may never end, in bounded memory: at most twice the limit is held. */
export class StderrTail {
  private readonly bytesMax: number;
  private held: Buffer = Buffer.alloc(0);

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    const joined = Buffer.concat([this.held, chunk]);
    this.held = joined.length > 2 * this.bytesMax ? Buffer.from(joined.subarray(-this.bytesMax)) : joined;
  }

  /** As text; a character cut in half at the beginning is replaced. */
  get text(): string {
    return this.held.subarray(-this.bytesMax).toString('utf8');
  }
}
