import { describe, expect, test } from 'vitest';
import type { Measured } from '../spec/result.ts';
import {
  CONTROL,
  counterexample,
  failed,
  faultOf,
  HOSTILE,
  INFO,
  implementationOf,
  inconclusive,
  judgedRun,
  KEY,
  programResult,
  resultOf,
  row,
  runOf,
  UPHELD,
  violated,
} from './fixtures/run.ts';
import { type Style, terminalReport } from './terminal.ts';

const plainStyle: Style = (_, text) => text;
const MEASURED: Measured = {
  date: 'today',
  node: 'v20',
  machine: 'm',
  implementations: {
    [KEY]: {
      ...{ wallMs: 1, executions: 2000, executionsPerSecond: 1500, events: 1, bounds: { B: null, G: 0 } },
      notes: [`slow${HOSTILE}`],
    },
  },
};

function reportOf(run: Parameters<typeof terminalReport>[0], measured?: Measured): string {
  return terminalReport(run, measured, plainStyle);
}

describe('the terminal report', () => {
  test('of upheld requirements counts them by scenario and lists none', () => {
    const text = reportOf(judgedRun(resultOf('A-1', UPHELD), resultOf('A-2', UPHELD), resultOf('C-1', UPHELD)));
    expect(text).toMatch(/A {2}on the loop +2\n/);
    expect(text).toMatch(/B {2}loop to thread +0\n/);
    expect(text).toMatch(/C {2}thread to loop +1\n/);
    expect(text).not.toContain('A-1');
    expect(text).not.toContain('Skipped');
    expect(text).toMatch(/\n\nConformance: 3 passed, 0 failed, 0 skipped\n$/);
  });

  test('says what was performed, how fast, and how far apart threads got', () => {
    const run = runOf(implementationOf({ programs: [programResult(0), programResult(1)] }));
    const text = reportOf(run, MEASURED);
    expect(text).toContain('2 programs, 2,000 executions, 1,500 a second, 14 distinct histories judged');
    expect(text).toContain('at least 3 actors, median 20 events');
    expect(text).toContain('overlap in 25 % of the INBOUND histories');
    expect(text).toContain('late after 1 ms');
    expect(reportOf(run)).not.toContain('a second');
  });

  test('shows a violation as a table with its statement, source, hint and the command to see it again', () => {
    const run = runOf(
      implementationOf({ requirements: [resultOf('C-1', violated())], counterexamples: [counterexample('C-1')] }),
    );
    const text = reportOf(run);
    expect(text).toMatch(/violated +C-1 +MUST +The second ran first\./);
    expect(text).toContain('C-1 violated by made 1.0');
    expect(text).toMatch(/ L +│ F1\n/);
    expect(text).toContain('callSoonThreadsafe(x) → ok');
    expect(text).toContain('C-1 was broken.');
    expect(text).toContain('Statement: what C-1 says\nSource:    where C-1 is said\nLook at:   where to look for C-1');
    expect(text).toContain('in execution 17 of its program (4 steps, shrunk from 9)');
    expect(text).toContain('Replay:    npx crossloop replay xl1.00000001.AA --impl made\n');
  });

  test('of a real process names the case file, and quotes an option that a shell would split', () => {
    const reproduction = {
      kind: 'perturbation',
      seed: 1,
      noise: 1,
      switchIntervalUs: 5,
      shown: 7,
      repeats: 20,
    } as const;
    const run = runOf(
      implementationOf({
        info: { ...INFO, kind: 'process', options: ['--adapter', "my 'own' adapter"] },
        requirements: [resultOf('C-1', violated())],
        counterexamples: [counterexample('C-1', undefined, { reproduction })],
      }),
    );
    const text = reportOf(run);
    expect(text).toContain('seen 7 of 20 times in fresh processes');
    expect(text).toContain(
      `replay reports/out/cases/C-1-00000001.json --adapter 'my '\\''own'\\'' adapter' --repeat 20\n`,
    );
  });

  test('tells a listed deviation, and a level that does not count, from a failure', () => {
    const requirements = [resultOf('A-1', violated(), 'python/cpython#1'), resultOf('A-2', violated())];
    const run = runOf(implementationOf({ requirements }), { catalogue: [row('A-1'), row('A-2', 'SHOULD')] });
    const text = reportOf(run);
    expect(text).toMatch(/known +A-1 +MUST +listed deviation: python\/cpython#1/);
    expect(text).toMatch(/noted +A-2 +SHOULD/);
    expect(text).toContain('Conformance: 0 passed, 0 failed, 2 skipped');
  });

  test('lists what is inconclusive, unexercised and hung, not what is unsupported', () => {
    const requirements = [
      resultOf('A-1', { kind: 'inconclusive', evidence: 1, reason: 'time ran out' }),
      resultOf('A-2', { kind: 'unexercised' }),
      resultOf('A-3', { kind: 'unsupported', missing: ['INBOUND'] }),
    ];
    const text = reportOf(runOf(implementationOf({ requirements, inconclusive: [inconclusive()] })));
    expect(text).toMatch(/inconclusive +A-1 +MUST +time ran out/);
    expect(text).toMatch(/unexercised +A-2 +MUST +no program reached it/);
    expect(text).not.toContain('A-3');
    expect(text).toContain('hung, and no requirement says why: inbound-small, ended by deadline');
  });

  test('of an adapter that failed names the party, the remedy and the end of its stderr', () => {
    const stderr = `${Array.from({ length: 30 }, (_, at) => `line ${at + 1}`).join('\n')}\n`;
    const fault = faultOf({ code: 'did-not-start', stderr });
    const text = reportOf(runOf(implementationOf({ fault, requirements: [resultOf('A-1', failed())] })));
    expect(text).toContain('adapter failed (did-not-start): it exited\n  Run it by hand.\n  stderr: line 23\n');
    expect(text).toContain('stderr: line 30\n');
    expect(text).not.toContain('line 22');
    expect(text).toContain('Conformance: 0 passed, 1 failed, 0 skipped');
  });

  test('names what failed in single programs, once a kind, since the exit code speaks of it', () => {
    const other = faultOf({ code: 'lost-events', message: 'events are missing' });
    const programs = [programResult(0, [faultOf(), faultOf()]), programResult(1, [faultOf(), other])];
    const text = reportOf(runOf(implementationOf({ programs, requirements: [resultOf('A-1', UPHELD)] })));
    expect(text).toContain(
      '  adapter failed (exited) in 2 programs, first inbound-small: it exited\n  Run it by hand.\n  adapter failed (lost-events) in inbound-small: events are missing\n',
    );
  });

  test('does not repeat in its programs what ended the campaign, and counts kinds behind the fifth', () => {
    const faults = Array.from({ length: 8 }, (_, at) => faultOf({ message: `failure ${at}` }));
    const fault = faultOf({ message: 'failure 0' });
    const text = reportOf(runOf(implementationOf({ programs: [programResult(0, faults)], fault })));
    expect(text.match(/failure \d/g)).toHaveLength(6);
    expect(text).toContain('\n  2 more kinds of failure are in run.jsonl.\n');
  });

  test('prints five counterexamples and counts the others', () => {
    const ids = ['A-1', 'A-2', 'A-3', 'A-4', 'A-5', 'A-6', 'A-7'];
    const text = reportOf(
      runOf(
        implementationOf({
          requirements: ids.map((id) => resultOf(id, violated())),
          counterexamples: ids.map((id) => counterexample(id)),
        }),
      ),
    );
    expect(text.match(/violated by made/g)).toHaveLength(5);
    expect(text).toContain('\n2 more counterexamples are in the Markdown report.\n');
  });

  test.each([
    ['time', 'its time was over'],
    ['interrupted', 'it was interrupted'],
    ['hangs', 'too many programs hung on a promise that was not kept'],
  ] as const)('says that the campaign ended early: %s', (ended, words) => {
    expect(reportOf({ ...judgedRun(), ended })).toContain(`The campaign ended early: ${words}`);
    expect(reportOf(judgedRun())).not.toContain('early:');
  });

  test('paints failures red and leaves the text alone', () => {
    const run = judgedRun(resultOf('A-1', violated()), resultOf('A-2', UPHELD));
    const painted = terminalReport(run, undefined, (format, text) => `<${format}>${text}</>`);
    expect(painted).toMatch(/<red>violated +<\/> A-1/);
    expect(painted.replace(/<[^>]*>/g, '')).toBe(reportOf(run));
  });

  test('lets no control or bidi character of an adapter through', () => {
    const info = { ...INFO, name: HOSTILE, version: HOSTILE, runtime: { name: HOSTILE, version: HOSTILE } };
    const run = runOf(
      implementationOf({
        info: { ...info, key: `k${HOSTILE}`, options: ['--adapter', HOSTILE] },
        fault: faultOf({ message: HOSTILE, hint: HOSTILE, stderr: HOSTILE }),
        programs: [programResult(0, [faultOf({ message: `${HOSTILE}2`, hint: HOSTILE })])],
        requirements: [
          resultOf('A-1', violated(HOSTILE)),
          resultOf('A-2', failed({ message: HOSTILE })),
          resultOf('A-3', { kind: 'inconclusive', evidence: 1, reason: HOSTILE }),
        ],
        counterexamples: [
          counterexample('A-1', undefined, {
            explanation: HOSTILE,
            stacks: [{ th: 'L', name: HOSTILE, stack: [HOSTILE] }],
          }),
        ],
        inconclusive: [inconclusive({ program: HOSTILE, reason: HOSTILE, pending: [HOSTILE] })],
      }),
      { seed: HOSTILE },
    );
    expect(reportOf(run, MEASURED)).not.toMatch(CONTROL);
  });
});
