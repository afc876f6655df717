import { Seed } from '../seed.ts';
import { auditAll, IMPLEMENTATIONS } from './audit.ts';

/** `npm run audit`: over random small Programs, does a search with sleep sets say all that one without them says? */
const PROGRAMS = 200;
const WITH_TWO_THREADS = 80;

const startedMs = performance.now();
const total = auditAll(new Seed('verdict audit'), PROGRAMS, WITH_TWO_THREADS, (done) => {
  if (done % 10 === 0) process.stderr.write(`${done} of ${PROGRAMS} programs\n`);
});
const seconds = Math.round((performance.now() - startedMs) / 1000);
process.stdout.write(
  [
    `${PROGRAMS} programs (${WITH_TWO_THREADS} with two foreign threads, ${total.redrawn} redrawn as too large) on ${IMPLEMENTATIONS.join(', ')}: ${seconds} s`,
    `${total.naive} executions without reduction, ${total.traces} traces, ${total.violations} times a requirement violated`,
    ...total.differences.map((difference) => `DIFFERENCE: ${difference}`),
    total.differences.length === 0 ? 'no verdict is lost or invented' : `${total.differences.length} differences`,
    '',
  ].join('\n'),
);
process.exitCode = total.differences.length === 0 ? 0 : 1;
