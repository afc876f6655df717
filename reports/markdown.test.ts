import { describe, expect, test } from 'vitest';
import {
  CONTROL,
  counterexample,
  faultOf,
  HOSTILE,
  INFO,
  implementationOf,
  inconclusive,
  programResult,
  resultOf,
  runOf,
  UPHELD,
  violated,
} from './fixtures/run.ts';
import { markdownReport } from './markdown.ts';

const REQUIREMENTS = [
  resultOf('A-1', UPHELD),
  resultOf('A-2', violated('a | b <script>alert(1)</script>')),
  resultOf('C-1', { kind: 'unsupported', missing: ['INBOUND', 'LIFECYCLE'] }),
];
const RUN = runOf(
  implementationOf({
    info: { ...INFO, name: 'na|me <b>' },
    programs: [programResult(0)],
    requirements: REQUIREMENTS,
    counterexamples: [counterexample('A-2')],
  }),
);

describe('the Markdown report', () => {
  test('has a row for every requirement, with evidence and what was seen', () => {
    const rows = markdownReport(RUN)
      .split('\n')
      .filter((line) => /^\| [A-C]-/.test(line));
    expect(rows).toEqual([
      '| A-1 | MUST | upheld | 1,234 | what A-1 says |  |',
      '| A-2 | MUST | violated | 3 | what A-2 says | a \\| b &lt;script>alert(1)&lt;/script> |',
      '| C-1 | MUST | unsupported |  | what C-1 says | INBOUND, LIFECYCLE |',
    ]);
  });

  test('escapes names, so that they are neither cells nor HTML', () => {
    expect(markdownReport(RUN)).toContain('## made: na\\|me &lt;b> 1.0 on simulator 2\n');
  });

  test('says what was run and how it ended', () => {
    expect(markdownReport(RUN)).toContain('Seed `seed`, profile dev, 1 generated programs; complete.');
    expect(markdownReport({ ...RUN, ended: 'time' })).toContain('; ended early: its time was over.');
    expect(markdownReport(RUN)).toMatch(/\nConformance: 1 passed, 1 failed, 1 skipped\n$/);
  });

  test('holds counterexamples as they are, behind a fence', () => {
    expect(markdownReport(RUN)).toMatch(/\n### A-2\n\n```text\nA-2 violated by [\s\S]*\nReplay: .*\n```\n/);
  });

  test('holds more counterexamples than a terminal shows', () => {
    const ids = ['A-1', 'A-2', 'A-3', 'A-4', 'A-5', 'A-6', 'A-7'];
    const run = runOf(implementationOf({ counterexamples: ids.map((id) => counterexample(id)) }));
    expect(markdownReport(run).match(/^### /gm)).toHaveLength(7);
  });

  test('lets no text close the fence', () => {
    const stacks = [{ th: 'L', name: 'main', stack: ['`````', '<script>'] }];
    const run = runOf(implementationOf({ counterexamples: [counterexample('A-2', undefined, { stacks })] }));
    expect(markdownReport(run)).toMatch(/\n``````text\n[\s\S]*\n {2}`````\n {2}<script>\n[\s\S]*\n``````\n/);
  });

  test('is a function of the run alone: it holds no time, rate or machine', () => {
    const text = markdownReport(RUN);
    expect(markdownReport(structuredClone(RUN))).toBe(text);
    expect(text).not.toMatch(/a second|wall|\d{4}-\d\d-\d\d|\bnode\b/);
  });

  test('lists what failed in single programs and what hung, each in a line', () => {
    const programs = [programResult(0, [faultOf({ message: 'it | exited' })])];
    const hung = [inconclusive({ program: `p${HOSTILE}`, pending: ['F1.2', 'x|y'] })];
    const text = markdownReport(runOf(implementationOf({ programs, inconclusive: hung })));
    expect(text).toContain('\n- **adapter failed** in inbound-small: it \\| exited Run it by hand.\n');
    expect(text).toMatch(/\n- \*\*hung\*\*, .*, ended by deadline; not finished: F1\.2, x\\\|y\n\n/);
    expect(text).not.toMatch(CONTROL);
  });

  test('names the party of a fault, and lets no control character through', () => {
    const fault = faultOf({ message: `it | exited${HOSTILE}`, hint: HOSTILE });
    const run = runOf(implementationOf({ info: { ...INFO, version: HOSTILE }, fault }), { seed: HOSTILE });
    const text = markdownReport(run);
    expect(text).toContain('**adapter failed:** it \\| exited');
    expect(text).not.toMatch(CONTROL);
  });
});
