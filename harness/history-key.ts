import type { History } from '../spec/history.ts';

/**
 * A key that is equal for equal histories and, with a probability of about 1 - n² / 2^54 among n, for no others: the
 * same history needs no second judgement. A clash could hide a violation, never invent one. O(n), no allocation a field.
 */
export function historyKey(history: History): string {
  let high = 0x811c9dc5;
  let low = 0x9747b28c;
  const mix = (value: number) => {
    high = Math.imul(high ^ value, 0x01000193);
    low = Math.imul(low ^ value, 0x85ebca6b);
    low ^= low >>> 15;
  };
  const text = (value: string) => {
    for (let at = 0; at < value.length; at++) mix(value.charCodeAt(at));
  };
  const any = (value: unknown) => {
    if (typeof value === 'number') {
      mix(value | 0);
      mix((value / 4_294_967_296) | 0);
    } else if (typeof value === 'string') text(value);
    else text(JSON.stringify(value));
  };
  for (const event of history) {
    if (event.ev === 'meta') {
      any(event.bounds.B);
      continue;
    }
    const fields = event as unknown as { readonly [name: string]: unknown };
    for (const name in fields) {
      const value = fields[name];
      if (name === 'seq' || value === undefined) continue;
      mix(name.charCodeAt(0) + 256);
      any(value);
    }
  }
  return `${high >>> 0}.${low >>> 0}`;
}
