import type { Fault, FaultCode, Party } from '../../spec/fault.ts';

/** How a process ended: by its own exit code, or by a signal. */
export type Exit =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string };

/** What the person who wrote the adapter, or uses it, should do about each fault. */
const HINTS: { readonly [code in FaultCode]: string } = {
  'did-not-start':
    'Run the command by hand: it must read a line {"type":"hello",…} from stdin and answer {"type":"ready",…} on stdout within the limit. `crossloop smoke` shows each step.',
  'bad-ready':
    'Compare the answer to hello with the schema (`crossloop schema from-adapter`), and the version with what this crossloop speaks.',
  'bad-line':
    'Only the protocol may write to stdout. Keep a private copy of it and redirect stdout to stderr before the implementation is loaded.',
  'bad-message': 'Compare the message with the schema (`crossloop schema from-adapter`).',
  'unknown-run': 'Answer with "re" set to the "id" of the message that is answered.',
  'lost-events':
    'Send every event of a run once: "first" counts the events sent before in this run, "events" of done is their total.',
  rejected:
    'Declare only the capabilities that the adapter can perform, or add the operation. `data/capabilities.json` says what each operation needs.',
  'reported-error': 'The adapter itself says that it failed; its message and traceback say where.',
  exited:
    'An adapter ends on stop, at the end of its input or by a signal only. The tail of its stderr may say why it ended.',
  hung: 'Put a debugger under the adapter (`--env`, `--cwd`, `--print-command`). Its control thread must answer ping and abort whatever the loop does.',
  flooded:
    'Stop the endless output, or split it: lines are limited to 1 MiB, events are sent in batches after main ended.',
  nondeterministic: 'This is a bug of crossloop: please report it with the case file.',
};

/** A fault with the hint of its code. */
export function fault(code: FaultCode, party: Party, message: string, hint: string = HINTS[code]): Fault {
  return { code, party, message, hint };
}

/** The fault with the tail of what the adapter wrote to stderr, if it wrote anything. */
export function withStderr(faulty: Fault, stderr: string): Fault {
  return stderr === '' ? faulty : { ...faulty, stderr };
}

function describeExit(exit: Exit): string {
  return exit.kind === 'code' ? `exited with code ${exit.code}` : `was ended by ${exit.signal}`;
}

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** The process ended before its first `ready`. */
export function didNotStart(exit: Exit): Fault {
  const message = `the adapter ${describeExit(exit)} before it was ready`;
  if (exit.kind === 'code' && exit.code === NOT_FOUND) {
    return fault(
      'did-not-start',
      'adapter',
      message,
      'The shell did not find the command: check its spelling and PATH.',
    );
  }
  if (exit.kind === 'code' && exit.code === NOT_EXECUTABLE) {
    return fault('did-not-start', 'adapter', message, 'The shell may not execute the command: check its permissions.');
  }
  return fault('did-not-start', 'adapter', message);
}

/** The process ended outside a run, or during one in a way that is not the implementation's crash. */
export function exited(exit: Exit, when: string): Fault {
  const message = `the adapter ${describeExit(exit)} ${when}`;
  if (exit.kind === 'signal' && exit.signal === 'SIGKILL') {
    return fault('exited', 'adapter', message, 'crossloop did not send it: often the system ran out of memory.');
  }
  return fault('exited', 'adapter', message);
}
