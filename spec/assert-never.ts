/** Makes a switch over a union exhaustive for the compiler; reaching it at run time is a crossloop bug. */
export function assertNever(value: never): never {
  throw new Error(`crossloop bug: unexpected ${JSON.stringify(value)}`);
}

/** Our own assumption, always checked. A failure means that crossloop is wrong, never the implementation under test. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`crossloop bug: ${message}`);
}
