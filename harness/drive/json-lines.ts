import { isUtf8 } from 'node:buffer';

/** One line of a stream, or why there is none. After `endless` the stream is not to be read further. */
export type Line =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'garbage'; readonly reason: string; readonly excerpt: string }
  | { readonly kind: 'endless'; readonly bytes: number };

const NEWLINE = 10;
const EXCERPT_BYTES = 120;

/**
 * Cuts a stream of chunks into lines of JSON, wherever the chunks were split. Holds at most one line and one chunk,
 * whatever comes. Empty lines are garbage like any other; what follows the last newline is a line only if one comes.
 */
export class JsonLines {
  private readonly bytesMax: number;
  private held: Buffer = Buffer.alloc(0);
  private heldBytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** The lines that this chunk completes, lazily: stop iterating and the rest is not parsed. */
  *push(chunk: Uint8Array): Generator<Line> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const line = this.take(chunk.subarray(from, end));
      from = end + 1;
      if (line.length > this.bytesMax) {
        yield { kind: 'endless', bytes: line.length };
        return;
      }
      yield parse(line);
    }
    this.hold(chunk.subarray(from));
    if (this.heldBytes > this.bytesMax) {
      yield { kind: 'endless', bytes: this.heldBytes };
    }
  }

  private hold(part: Uint8Array): void {
    const bytes = this.heldBytes + part.length;
    if (bytes > this.held.length) {
      const larger = Buffer.allocUnsafe(Math.max(bytes, 2 * this.held.length));
      larger.set(this.held.subarray(0, this.heldBytes));
      this.held = larger;
    }
    this.held.set(part, this.heldBytes);
    this.heldBytes = bytes;
  }

  /** What was held and this part, valid until the next chunk. */
  private take(part: Uint8Array): Buffer {
    if (this.heldBytes === 0) return Buffer.from(part.buffer, part.byteOffset, part.length);
    this.hold(part);
    const line = this.held.subarray(0, this.heldBytes);
    this.heldBytes = 0;
    return line;
  }
}

function parse(line: Buffer): Line {
  if (!isUtf8(line)) return garbage(line, 'it is not UTF-8');
  try {
    return { kind: 'value', value: JSON.parse(line.toString('utf8')) as unknown };
  } catch {
    return garbage(line, 'it is not JSON');
  }
}

function garbage(line: Buffer, reason: string): Line {
  return { kind: 'garbage', reason, excerpt: line.subarray(0, EXCERPT_BYTES).toString('utf8') };
}
