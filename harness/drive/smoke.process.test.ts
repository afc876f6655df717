import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { programProblems } from '../../spec/well-formed.ts';
import { type SmokeCheck, smoke } from './smoke.ts';
import { BLOCKED_LOOP, IDLE_LOOP, SMOKE_PROGRAMS } from './smoke-programs.ts';

const SCRIPT = fileURLToPath(new URL('fixtures/scripted-adapter.mjs', import.meta.url));

function check(misbehaviour: string): Promise<readonly SmokeCheck[]> {
  return smoke({
    command: `exec '${process.execPath}' '${SCRIPT}' ${misbehaviour}`,
    key: 'scripted',
    options: [],
    suite: '0',
    limits: {
      ...{ readyMs: 5_000, calibrationMs: 1_000, startedMs: 1_000, pongMs: 600, abortMs: 600, collectMs: 1_000 },
      ...{ terminateMs: 300, exitMs: 200, latenessNs: 100_000_000 },
    },
  });
}

const namesOf = (checks: readonly SmokeCheck[]) => checks.map((one) => one.check);
const failedOf = (checks: readonly SmokeCheck[]) => checks.filter((one) => !one.passed);

test.each([...Object.values(SMOKE_PROGRAMS).flat(), BLOCKED_LOOP, IDLE_LOOP])(
  'the program $name is well-formed',
  (program) => {
    expect(programProblems(program)).toEqual([]);
  },
);

describe('smoke', () => {
  test('passes an adapter that obeys, and has tried everything', async () => {
    const checks = await check('none');
    expect(failedOf(checks)).toEqual([]);
    expect(namesOf(checks)).toEqual([
      ...['start', 'ready', 'calibrate', 'bad-line', 'unknown-message'],
      ...['run ON-LOOP', 'run OFFLOAD', 'run INBOUND', 'run LIFECYCLE', 'reject', 'stop'],
      ...['ping a blocked loop', 'abort a blocked loop', 'ping an idle loop', 'abort an idle loop', 'end-of-input'],
    ]);
  });

  test.each<readonly [string, readonly string[]]>([
    ['exits-at-hello', ['start']],
    ['bad-ready', ['ready']],
    ['wrong-version', ['ready']],
    ['no-samples', ['calibrate']],
    ['ignores-nonsense', ['bad-line', 'unknown-message']],
    ['garbage', ['run ON-LOOP', 'run OFFLOAD', 'run INBOUND', 'run LIFECYCLE']],
    ['segfaults', ['run ON-LOOP', 'run OFFLOAD', 'run INBOUND', 'run LIFECYCLE']],
    ['shared-stamp', ['run ON-LOOP', 'run OFFLOAD', 'run INBOUND', 'run LIFECYCLE']],
    ['runs-everything', ['reject']],
    ['is-deaf-while-it-runs', ['ping a blocked loop', 'ping an idle loop']],
    ['never-dumps', ['abort a blocked loop', 'abort an idle loop']],
    ['always-ends', ['ping a blocked loop', 'ping an idle loop']],
    ['ignores-stop', ['stop']],
    ['ignores-the-end', ['end-of-input']],
  ])('of %s fails exactly %j, with a hint', async (misbehaviour, expected) => {
    const failed = failedOf(await check(misbehaviour));
    expect(namesOf(failed)).toEqual(expected);
    for (const one of failed) expect(one.hint).not.toBe('');
  });
});
