/**
 * All randomness of the harness. A seed is a string; `fork` gives an independent stream for a label, so that adding a
 * draw in one place moves nothing in another. The same seed and labels give the same numbers on every machine.
 */
export class Seed {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.a = hash32(`${text}/a`) | 0;
    this.b = hash32(`${text}/b`) | 0;
    this.c = hash32(`${text}/c`) | 0;
    this.d = 1;
    for (let round = 0; round < 12; round++) this.next();
  }

  /** An independent stream, a function of this seed's text and the label alone (not of what was drawn so far). */
  fork(label: string | number): Seed {
    return new Seed(`${this.text}/${label}`);
  }

  /** 32 uniform bits (sfc32). */
  next(): number {
    const sum = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in 0 … n-1, n ≤ 2^32; the bias of the multiplication is below n / 2^32. */
  below(n: number): number {
    return Math.floor((this.next() * n) / 4_294_967_296);
  }
}

/** FNV-1a over UTF-16 units with a final mix: a label's 32 bits, not a cryptographic hash. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
