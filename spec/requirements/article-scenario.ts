import type { Event, MarkEvent } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import type { Json, Program } from '../program.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';

/** An example of the article as a scenario: its events are marks, its causal order holds in every schedule. */
export type ArticleScenario = {
  readonly id: string;
  readonly title: string;
  readonly lines: string;
  readonly scenario: Requirement['scenario'];
  readonly needs: readonly string[];
  /** Each pair: when the second is seen, the first was seen before it. */
  readonly happensBefore: readonly (readonly [string, string])[];
  readonly onLoop: readonly string[];
  readonly notOnLoop: readonly string[];
  /** What the operation just before the mark, in the same body, answered: a value or an error kind. */
  readonly values: { readonly [label: string]: Json };
  readonly forbidden: readonly string[];
  readonly program: Program;
  readonly examples: Requirement['examples'];
};

function violation(evidence: number, explanation: string, ...events: readonly Event[]): Judgement {
  return { evidence, violation: { events, explanation } };
}

/** The answer of the last operation that the mark's body finished before it. */
function answerBefore(history: IndexedHistory, mark: MarkEvent): Json | undefined {
  const operations = history.instances.get(mark.inst)?.operations ?? [];
  const last = operations.findLast(({ ret }) => ret !== undefined && ret.seq < mark.seq);
  return last?.ret?.err ?? last?.ret?.v;
}

function judgeScenario(history: IndexedHistory, scenario: ArticleScenario): Judgement {
  // The title's mark says that this history is of this scenario: judges see no programs.
  if (!history.marks.some(({ label }) => label === scenario.id)) return { evidence: 0 };
  const marks = new Map(history.marks.map((mark) => [mark.label, mark]));
  let evidence = 0;
  for (const [first, second] of scenario.happensBefore) {
    const [before, after] = [marks.get(first), marks.get(second)];
    if (after === undefined) continue;
    evidence++;
    if (before === undefined) return violation(evidence, `${second} was seen without ${first}`, after);
    if (!precedes(before, after)) return violation(evidence, `${second} was seen before ${first}`, after, before);
  }
  for (const [label, mark] of marks) {
    const isOnLoop = mark.th === 'L' || mark.th === 'M';
    if (isOnLoop ? scenario.notOnLoop.includes(label) : scenario.onLoop.includes(label)) {
      return violation(evidence + 1, `${label} happened on ${mark.th}`, mark);
    }
    if (scenario.forbidden.includes(label)) return violation(evidence + 1, `${label} must not happen`, mark);
    const expected = scenario.values[label];
    if (expected === undefined) continue;
    const answer = answerBefore(history, mark);
    evidence++;
    if (answer !== expected) {
      return violation(
        evidence,
        `at ${label} the answer was ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`,
        mark,
      );
    }
  }
  return { evidence };
}

/** A scenario as a requirement, so that one checker and one report serve both. */
export function articleRequirement(scenario: ArticleScenario): Requirement {
  return {
    id: scenario.id,
    slug: `article-${scenario.id.toLowerCase()}`,
    scenario: scenario.scenario,
    area: 'ordering',
    level: 'MUST',
    basis: 'ours',
    statement: `The article's example "${scenario.title}" keeps its causal order, threads and values in every schedule.`,
    source: `the article, lines ${scenario.lines}`,
    evidence: 'a pair of the causal order whose second event was seen, or a checked value',
    hint: 'the column table: which of the two events came first, and on which thread',
    needs: scenario.needs,
    voidedBy: [],
    deviations: [],
    judge: (history) => judgeScenario(history, scenario),
    examples: scenario.examples,
    program: scenario.program,
  };
}
