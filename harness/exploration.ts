import { mergeVerdicts, type Verdict } from '../spec/verdict.ts';
import { type Explorable, openExplorable, type SubjectName } from './explorable.ts';
import { threadOf } from './explore/access.ts';
import { BoundedSearch } from './explore/bounded.ts';
import { Search, type Searched, type Subtree, WHOLE } from './explore/exhaustive.ts';
import { FairSuffix } from './explore/fair-suffix.ts';
import { estimateExecutions, type Mean } from './explore/knuth.ts';
import { describeLivelock, livelockOf } from './explore/livelock.ts';
import { RandomWalk } from './explore/random-walk.ts';
import type { Tid } from './explore/strategy.ts';
import type { Liberties } from './explore/subject.ts';
import { estimateDives, explorationsPerTurn, fairExecutions } from './limits.ts';
import { Seed } from './seed.ts';

/** Something wrong, how many complete executions show it, and the order of the first one's steps. */
export type Shown = {
  readonly name: string;
  readonly explanation: string;
  readonly executions: number;
  readonly order: readonly Tid[];
};

/** What a search, or a part of one, has come to. Parts add up to the whole, whoever performed them. */
export type Explored = {
  readonly searched: Searched;
  /** The most threads and advances of the clock in one execution. */
  readonly threads: number;
  readonly advances: number;
  /** Kinds of operations that were performed, as a mask. */
  readonly kinds: number;
  readonly shown: readonly Shown[];
  readonly verdicts: readonly (readonly [string, Verdict])[];
};

/** What all parts of one exploration have in common. */
export type Task = {
  readonly subject: SubjectName;
  readonly liberties: Liberties;
};

const NOTHING: Explored = {
  searched: { complete: 0, asleep: 0, capped: 0, diverged: 0, isEmptied: true },
  threads: 0,
  advances: 0,
  kinds: 0,
  shown: [],
  verdicts: [],
};

/** The executions that a search has performed. */
export function executionsOf({ complete, asleep, capped }: Searched): number {
  return complete + asleep + capped;
}

/** Parts in their order: what is shown first is what the earliest part showed first. */
export function combine(parts: readonly Explored[]): Explored {
  return parts.reduce((sum, part) => {
    const searched = {
      complete: sum.searched.complete + part.searched.complete,
      asleep: sum.searched.asleep + part.searched.asleep,
      capped: sum.searched.capped + part.searched.capped,
      diverged: sum.searched.diverged + part.searched.diverged,
      isEmptied: sum.searched.isEmptied && part.searched.isEmptied,
    };
    const shown = new Map(sum.shown.map((one) => [one.name, one]));
    for (const one of part.shown) {
      const before = shown.get(one.name);
      shown.set(one.name, before === undefined ? one : { ...before, executions: before.executions + one.executions });
    }
    const verdicts = new Map(sum.verdicts);
    for (const [id, verdict] of part.verdicts) {
      const before = verdicts.get(id);
      verdicts.set(id, before === undefined ? verdict : mergeVerdicts(before, verdict));
    }
    return {
      searched,
      threads: Math.max(sum.threads, part.threads),
      advances: Math.max(sum.advances, part.advances),
      kinds: sum.kinds | part.kinds,
      shown: [...shown.values()],
      verdicts: [...verdicts],
    };
  }, NOTHING);
}

/** Judges complete executions and counts what they show. */
class Tally {
  private readonly explorable: Explorable;
  private readonly shown: Map<string, { explanation: string; executions: number; order: readonly Tid[] }> = new Map();
  private threads = 0;
  private advances = 0;

  constructor(explorable: Explorable) {
    this.explorable = explorable;
    explorable.engine.machine.kinds = 0;
  }

  /** To be called when the machine has completed an execution. */
  add(): void {
    const { machine } = this.explorable.engine;
    if (machine.threads > this.threads) this.threads = machine.threads;
    if (machine.advances > this.advances) this.advances = machine.advances;
    for (const { name, explanation } of this.explorable.judge()) {
      const before = this.shown.get(name);
      if (before !== undefined) before.executions++;
      else {
        const order = [...machine.log.subarray(0, machine.steps)].map(threadOf);
        this.shown.set(name, { explanation, executions: 1, order });
      }
    }
  }

  result(searched: Searched): Explored {
    const { threads, advances } = this;
    const shown = [...this.shown].map(([name, one]) => ({ name, ...one }));
    const { kinds } = this.explorable.engine.machine;
    return { searched, threads, advances, kinds, shown, verdicts: [...this.explorable.verdicts] };
  }
}

/**
 * Searches one subtree depth first, at most `limit` executions, and tells `onProgress` how many it has performed since
 * it last did. Ends early when `stop` says so. Lets the process breathe in between.
 */
export async function exploreSubtree(
  task: Task,
  subtree: Subtree,
  limit: number,
  onProgress: (executions: number) => void,
  stop: () => boolean,
): Promise<Explored> {
  const explorable = openExplorable(task.subject, task.liberties.clock);
  const { machine } = explorable.engine;
  const search = new Search(machine, explorable.subject, task.liberties, 'sleep-sets', subtree);
  const tally = new Tally(explorable);
  await perform(search, tally, limit, onProgress, stop);
  return tally.result(search.searched);
}

/**
 * Searches all executions with at most `bound` preemptions, in one process: the cache of states that were entered
 * before is one. What it gave up for these stands in `asleep`. `isWhole`: the bound cut nothing.
 */
export async function exploreBounded(
  { subject, liberties }: Task,
  bound: number,
  limit: number,
  onProgress: (executions: number) => void,
  stop: () => boolean,
): Promise<Explored & { readonly isWhole: boolean }> {
  const explorable = openExplorable(subject, liberties.clock);
  const search = new BoundedSearch(explorable.engine.machine, explorable.subject, liberties, bound, 'cache');
  const tally = new Tally(explorable);
  await perform(search, tally, limit, onProgress, stop);
  const { cutPrefixes: asleep, cut, ...searched } = search.searched;
  return { ...tally.result({ ...searched, asleep }), isWhole: !cut };
}

/** Of executions that end in fairness: the first livelock in words, if one is shown, and how many came to no end. */
export type Fairness = { readonly livelock?: string; readonly endless: number };

/**
 * Why executions hit the step cap: performs some with a fair suffix. If all of these come to their end, it was the
 * schedules of the others that kept those from it.
 */
export function testFairly({ subject, liberties }: Task): Fairness {
  const { engine, subject: performed } = openExplorable(subject, liberties.clock);
  const strategy = new FairSuffix(new RandomWalk(new Seed('livelock')));
  let endless = 0;
  for (let execution = 0; execution < fairExecutions; execution++) {
    const { reason } = engine.run(performed, strategy, liberties);
    if (reason !== 'step-cap') continue;
    endless++;
    const cycles = livelockOf(engine.machine);
    if (cycles.length > 0) return { livelock: describeLivelock(cycles), endless };
  }
  return { endless };
}

/** How large the whole search would be, by random dives: an order of magnitude, no more. */
export function estimateTask({ subject, liberties }: Task): Mean {
  const { engine, subject: performed } = openExplorable(subject, liberties.clock);
  const seed = new Seed('estimate');
  return estimateExecutions(engine.machine, performed, liberties, 'sleep-sets', estimateDives, seed).executions;
}

/** A search that can be performed in portions. */
type Portioned = {
  readonly searched: { readonly isEmptied: boolean };
  advance(executions: number, onComplete: () => void): number;
};

async function perform(
  search: Portioned,
  tally: Tally,
  limit: number,
  onProgress: (executions: number) => void,
  stop: () => boolean,
): Promise<void> {
  // Programs raise errors as part of their work, and nobody looks at where.
  const { stackTraceLimit } = Error;
  for (let left = limit; left > 0 && !search.searched.isEmptied && !stop(); ) {
    const portion = Math.min(left, explorationsPerTurn);
    Error.stackTraceLimit = 0;
    const performed = search.advance(portion, () => tally.add());
    Error.stackTraceLimit = stackTraceLimit;
    left -= performed;
    onProgress(performed);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The subtrees that begin so many steps down, and what ended before. */
export function splitTask(
  task: Task,
  steps: number,
): { readonly subtrees: readonly Subtree[]; readonly before: Explored } {
  const explorable = openExplorable(task.subject, task.liberties.clock);
  const search = new Search(explorable.engine.machine, explorable.subject, task.liberties, 'sleep-sets', WHOLE);
  const tally = new Tally(explorable);
  const subtrees = search.split(steps, () => tally.add());
  return { subtrees, before: tally.result(search.searched) };
}
