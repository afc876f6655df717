import type { Json } from './program.ts';

/** One text for equal JSON values, whatever the order of their keys. O(size log size). */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined || value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`;
  const keyed = value as { readonly [key: string]: Json };
  const fields = Object.keys(keyed).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonicalJson(keyed[key])}`).join(',')}}`;
}
