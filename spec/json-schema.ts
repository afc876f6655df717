import { z } from 'zod';
import { eventSchema, sentEventSchema } from './history-schema.ts';
import { fromAdapterSchema, toAdapterSchema } from './message-schema.ts';
import { programSchema } from './program-schema.ts';

/** The published formats. */
const SCHEMAS: { readonly [name: string]: z.ZodType } = {
  program: programSchema,
  event: eventSchema,
  'sent-event': sentEventSchema,
  'from-adapter': fromAdapterSchema,
  'to-adapter': toAdapterSchema,
};

/** Names that `jsonSchema` knows. */
export const SCHEMA_NAMES: readonly string[] = Object.keys(SCHEMAS);

/**
 * A published format as JSON Schema 2020-12, of what is accepted (`io: 'input'`; the output would refuse messages that
 * leave out a default). Undefined for an unknown name. Depth limits of values are not in it.
 */
export function jsonSchema(name: string): object | undefined {
  const schema = SCHEMAS[name];
  return schema === undefined ? undefined : z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
}
