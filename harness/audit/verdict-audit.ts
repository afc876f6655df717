import { CATALOGUE } from '../../spec/catalogue.ts';
import { check } from '../../spec/check.ts';
import type { Program } from '../../spec/program.ts';
import { relevantTo } from '../../spec/relevance.ts';
import { applicable } from '../campaign-plan.ts';
import { SimulatedDriver } from '../drive/simulated.ts';
import { Search } from '../explore/exhaustive.ts';
import { historyKey } from '../history-key.ts';
import { auditedTracesMax, naiveExecutionsMax } from '../limits.ts';

/** What a search of all interleavings saw of a program: verdicts as `ID kind`, and the histories behind them. */
type Seen = {
  readonly verdicts: ReadonlySet<string>;
  readonly histories: ReadonlySet<string>;
  readonly complete: number;
};

export type Audited = {
  /** Verdicts that only one of the two searches saw; empty is what must be. */
  readonly differences: readonly string[];
  /** Histories that only one of them saw, by their provable orders. */
  readonly histories: number;
  readonly violated: readonly string[];
  readonly naive: number;
  readonly traces: number;
};

/**
 * Searches a program without and with sleep sets, time an actor in both, and compares all that the judges said.
 * Undefined: without them it has more than `naiveExecutionsMax` executions, or so many traces that it surely has.
 */
export function auditVerdicts(program: Program, implementation: string): Audited | undefined {
  const reduced = search(program, implementation, 'sleep-sets', auditedTracesMax);
  if (reduced === undefined) return undefined;
  const naive = search(program, implementation, 'none', naiveExecutionsMax);
  if (naive === undefined) return undefined;
  return {
    differences: difference(naive.verdicts, reduced.verdicts),
    histories: difference(naive.histories, reduced.histories).length,
    violated: [...naive.verdicts].filter((verdict) => verdict.endsWith(' violated')),
    naive: naive.complete,
    traces: reduced.complete,
  };
}

function search(
  program: Program,
  implementation: string,
  reduction: 'none' | 'sleep-sets',
  limit: number,
): Seen | undefined {
  const driver = new SimulatedDriver(implementation, []);
  const { machine } = driver.engine;
  const requirements = relevantTo(program, applicable(CATALOGUE, driver));
  const verdicts = new Set<string>();
  const histories = new Set<string>();
  const liberties = { clock: 'explored', spurious: false } as const;
  const searching = new Search(machine, driver.subject(program), liberties, reduction);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  searching.advance(limit, () => {
    const history = driver.history(machine.isDone ? 'done' : 'deadlock', liberties.clock);
    const key = historyKey(history);
    if (histories.has(key)) return;
    histories.add(key);
    for (const [id, { kind }] of check(history, requirements)) verdicts.add(`${id} ${kind}`);
  });
  Error.stackTraceLimit = stackTraceLimit;
  const { isEmptied, complete } = searching.searched;
  return isEmptied ? { verdicts, histories, complete } : undefined;
}

function difference(one: ReadonlySet<string>, other: ReadonlySet<string>): readonly string[] {
  return [...[...one].filter((item) => !other.has(item)), ...[...other].filter((item) => !one.has(item))];
}
