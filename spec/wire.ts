import { z } from 'zod';
import { ERROR_KINDS, type ErrorText, type Json } from './program.ts';

/** Levels of lists and objects in a value; deeper ones would exhaust the stack of whoever walks them. */
const NESTING_MAX = 64;

/** A count or a time: an integer from 0, beyond 2^53 a decimal string, which loses its last digits here. */
export const natural: z.ZodType<number> = z.union([
  z.int().min(0),
  z
    .string()
    .regex(/^[0-9]+$/)
    .transform(Number),
]);

/** Any JSON. Its depth is limited; JSON Schema cannot say so. */
export const json: z.ZodType<Json> = z
  .unknown()
  .refine(isShallow, `nested deeper than ${NESTING_MAX} levels`) as unknown as z.ZodType<Json>;

const KINDS = ERROR_KINDS.filter((kind) => kind !== 'FATAL').join('|');

/** One of the error kinds of the contract. A misspelt one would be judged as another error, so it is no message. */
export const errorText: z.ZodType<ErrorText> = z
  .string()
  .regex(new RegExp(`^(${KINDS}|FATAL(\\([^]*\\))?|USER\\([^]*\\)|OTHER\\([^]*\\))$`.replaceAll('[^]', '[\\s\\S]')));

/** The object schema, with the rule that exactly one of two of its fields is there, in zod and in JSON Schema. */
export function exactlyOneOf<S extends z.ZodObject>(schema: S, left: string, right: string): S {
  return schema
    .refine((value) => left in value !== right in value, `exactly one of "${left}" and "${right}"`)
    .meta({ oneOf: [{ required: [left] }, { required: [right] }] });
}

function isShallow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  let level: unknown[] = [value];
  for (let depth = 0; depth < NESTING_MAX; depth++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return true;
  }
  return false;
}
