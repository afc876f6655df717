import { expect, test } from 'vitest';
import { JsonLines, type Line } from './json-lines.ts';

function read(chunks: readonly (string | Uint8Array)[], bytesMax = 1_000): Line[] {
  const lines = new JsonLines(bytesMax);
  return chunks.flatMap((chunk) => [...lines.push(Buffer.from(chunk))]);
}

const STREAM = '{"a":1}\n"ä€😀"\n[2]\n';
const VALUES = [{ a: 1 }, 'ä€😀', [2]].map((value) => ({ kind: 'value', value }));

test('a stream gives the same lines however it is split, in the middle of characters too', () => {
  const bytes = Buffer.from(STREAM);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    expect(read(chunks), `chunks of ${size} bytes`).toEqual(VALUES);
  }
});

test('what no newline ends is no line yet', () => {
  expect(read(['{"a":1}\n{"b":'])).toHaveLength(1);
});

test('a line that is not JSON is garbage, and the next line is read', () => {
  expect(read(['hello\n\n{"a":1}\n'])).toEqual([
    { kind: 'garbage', reason: 'it is not JSON', excerpt: 'hello' },
    { kind: 'garbage', reason: 'it is not JSON', excerpt: '' },
    { kind: 'value', value: { a: 1 } },
  ]);
});

test('a line that is not UTF-8 is garbage even where JSON would take it', () => {
  expect(read([Uint8Array.of(0x22, 0xff, 0x22, 0x0a)])).toMatchObject([{ kind: 'garbage', reason: 'it is not UTF-8' }]);
});

test('an excerpt of garbage is short', () => {
  expect(read([`${'x'.repeat(900)}\n`])).toMatchObject([{ excerpt: 'x'.repeat(120) }]);
});

test('a line of exactly the limit is a line, one byte more is endless', () => {
  expect(read([`"${'x'.repeat(8)}"\n`], 10)).toHaveLength(1);
  expect(read([`"${'x'.repeat(9)}"\n`], 10)).toEqual([{ kind: 'endless', bytes: 11 }]);
});

test('a line without an end is endless as soon as it is longer than the limit, in chunks of any size', () => {
  expect(read(['x'.repeat(6), 'x'.repeat(6)], 10)).toEqual([{ kind: 'endless', bytes: 12 }]);
  expect(read(['x'.repeat(5_000)], 10)).toEqual([{ kind: 'endless', bytes: 5_000 }]);
});
