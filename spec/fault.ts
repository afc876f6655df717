/** Whose mistake it is. Exactly one party is named for every fault. */
export type Party = 'implementation' | 'adapter' | 'crossloop' | 'environment';

export type FaultCode =
  | 'did-not-start'
  | 'bad-ready'
  | 'bad-line'
  | 'bad-message'
  | 'unknown-run'
  | 'lost-events'
  | 'rejected'
  | 'reported-error'
  | 'exited'
  | 'hung'
  | 'flooded'
  | 'nondeterministic';

/**
 * The outside misbehaved: a value, never an exception across a module border. `hint` says what to do; `stderr` is the
 * tail of what the adapter wrote there, which is shown and never judged.
 */
export type Fault = {
  readonly code: FaultCode;
  readonly party: Party;
  readonly message: string;
  readonly hint: string;
  readonly stderr?: string;
};
