import { jsonSchema, SCHEMA_NAMES } from '../../spec/json-schema.ts';
import { EXIT, type ExitCode, UsageError } from './exit-code.ts';

/** `crossloop schema NAME`: JSON Schema 2020-12 of what the protocol carries. */
export function schemaCommand(name: string): ExitCode {
  const schema = jsonSchema(name);
  if (schema === undefined) throw new UsageError(`schema "${name}" is unknown; known are ${SCHEMA_NAMES.join(', ')}`);
  process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  return EXIT.conforms;
}
