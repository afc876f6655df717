import { EXIT } from './exit-code.ts';
import type { LiveStatus } from './status.ts';

/** Ctrl-C once finishes what is in hand and reports; twice ends at once. Children end with us, whatever happens. */
export function abortOnInterrupt(status: LiveStatus): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    status.say('\nInterrupted: finishing the run in hand and writing the reports. Once more ends at once.\n');
    controller.abort();
  });
  return controller.signal;
}
