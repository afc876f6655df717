import { Engine } from '../../explore/engine.ts';
import { SCHEDULES_TO_BUG } from '../../explore/programs/catalogue.ts';
import { type StrategyName, strategyNamed } from '../../explore/strategies.ts';
import { Seed } from '../../seed.ts';
import { isExpressible, searchWithScheduler } from './promises.ts';
import { geometricMeanOf, meanInterval, meanOf } from './statistics.ts';
import { numeral, type Result, type Table } from './table.ts';
import { programNamed, searchAtRandom, searchWithBounds, type Trial } from './trials.ts';

/** B2: how many schedules it takes to see a bug. Its trials are of two ranges of seeds, each of which has to do. */
type Column = { readonly name: string; readonly run: (program: string, seeds: readonly number[]) => Promise<Trial[]> };
type Cell = { readonly trials: readonly (readonly Trial[])[] };

const EXECUTIONS_MAX = 10_000;
/** Five hundredths of a program's budget of 2,000. */
const BOUNDED_EXECUTIONS_MAX = 100;
/** fast-check needs a hundred times as long, and has programs whose bug it never finds. */
const SCHEDULER_TRIALS_MAX = 20;
const GEOMETRIC_MEAN_MAX = 10;
const WORST_MEAN_MAX = 200;

const STRATEGIES: readonly (readonly [string, StrategyName])[] = [
  ['random walk', 'random'],
  ['PCT', 'pct'],
  ['POS', 'pos'],
  ['URW', 'urw'],
  ['SURW', 'surw'],
  ['portfolio', 'portfolio'],
];

function strategyColumn(name: string, strategy: StrategyName): Column {
  const run = async (program: string, seeds: readonly number[]): Promise<Trial[]> => {
    const engine = new Engine();
    return seeds.map((seed) =>
      searchAtRandom(programNamed(program), engine, strategyNamed(strategy, new Seed(String(seed))), EXECUTIONS_MAX),
    );
  };
  return { name, run };
}

/** What a campaign does with a program that is too large to exhaust. */
const DEFAULT: Column = {
  name: 'default',
  run: async (program, seeds) => {
    const { trial, executions } = searchWithBounds(programNamed(program), BOUNDED_EXECUTIONS_MAX);
    if (trial !== undefined) return seeds.map(() => trial);
    const engine = new Engine();
    return seeds.map((seed) => {
      const strategy = strategyNamed('portfolio', new Seed(String(seed)));
      const after = searchAtRandom(programNamed(program), engine, strategy, EXECUTIONS_MAX - executions);
      return after === undefined ? undefined : executions + after;
    });
  },
};

const FAST_CHECK: Column = {
  name: 'fast-check waitFor',
  run: async (name, seeds) => {
    const program = programNamed(name);
    if (!isExpressible(program)) return [];
    const trials: Trial[] = [];
    for (const seed of seeds.slice(0, SCHEDULER_TRIALS_MAX)) {
      const { runs, failed } = await searchWithScheduler(program, seed, EXECUTIONS_MAX, 'stops');
      trials.push(failed ? runs : undefined);
    }
    return trials;
  },
};

const COLUMNS: readonly Column[] = [
  ...STRATEGIES.map(([name, strategy]) => strategyColumn(name, strategy)),
  DEFAULT,
  FAST_CHECK,
];

function found(trials: readonly Trial[]): readonly number[] {
  return trials.filter((trial) => trial !== undefined);
}

/** A miss counts as if the next execution had failed: too kind to what misses, but no better figure is known. */
function strictMean(trials: readonly Trial[]): number {
  return meanOf(trials.map((trial) => trial ?? EXECUTIONS_MAX));
}

function cellText(program: string, column: string, { trials }: Cell): string {
  const all = trials.flat();
  const successes = found(all);
  if (all.length === 0) return '–';
  if (successes.length === 0) return 'never';
  const [low, high] = meanInterval(successes, new Seed(`bench/${program}/${column}`));
  const misses = all.length - successes.length;
  const interval = `${numeral(meanOf(successes))} [${numeral(low)}, ${numeral(high)}]`;
  return misses === 0 ? interval : `${interval}, ${misses} missed`;
}

function summaryRow(column: string, cells: readonly Cell[], range: number, label: string): readonly string[] {
  const trials = cells.map((cell) => cell.trials[range]!).filter((some) => some.length > 0);
  if (trials.length === 0) return [column, label, '0', '–', '–', '–', '–', ''];
  const means = trials.map(strictMean);
  const misses = trials.map((some) => some.length - found(some).length);
  const missed = misses.reduce((sum, count) => sum + count, 0);
  const geometric = geometricMeanOf(means);
  const worst = Math.max(...means);
  const reached = geometric <= GEOMETRIC_MEAN_MAX && worst <= WORST_MEAN_MAX && missed === 0;
  return [
    column,
    label,
    String(trials.length),
    numeral(geometric),
    numeral(worst),
    String(missed),
    String(trials.filter((some) => found(some).length === 0).length),
    column === 'portfolio' ? (reached ? 'yes' : 'no') : '',
  ];
}

type Cells = ReadonlyMap<string, readonly Cell[]>;

function summaryTable(cells: Cells, ranges: readonly string[]): Table {
  const rows = [...cells].flatMap(([column, ofPrograms]) =>
    ranges.map((label, range) => summaryRow(column, ofPrograms, range, label)),
  );
  const columns = [
    'search',
    'seeds',
    'programs',
    'geometric mean',
    'worst mean',
    'trials missed',
    'never found',
    'reached',
  ];
  const notes = [
    `Target, for the portfolio: geometric mean ≤ ${GEOMETRIC_MEAN_MAX}, worst mean ≤ ${WORST_MEAN_MAX}, none missed; here a missed trial counts as ${numeral(EXECUTIONS_MAX)}.`,
    `"default": at most ${BOUNDED_EXECUTIONS_MAX} executions with bounds 0 and 1, then the portfolio. fast-check: the first ${SCHEDULER_TRIALS_MAX} seeds of each range, programs without blocking operations.`,
  ];
  return { title: 'B2 schedules to bug: summary', columns, rows, notes };
}

function programTable(cells: Cells, trials: number): Table {
  const rows = SCHEDULES_TO_BUG.map((program, index) => [
    program,
    ...[...cells].map(([column, ofPrograms]) => cellText(program, column, ofPrograms[index]!)),
  ]);
  return {
    title: `B2 schedules to bug: mean over the trials that found it, of 2 × ${trials} [95 % bootstrap interval]`,
    columns: ['program', ...cells.keys()],
    rows,
    notes: [],
  };
}

export async function benchmarkSchedulesToBug(trials: number): Promise<Result> {
  const ranges = [0, trials].map((first) => Array.from({ length: trials }, (_, index) => first + index + 1));
  const cells = new Map<string, Cell[]>();
  for (const { name, run } of COLUMNS) {
    const ofPrograms: Cell[] = [];
    for (const program of SCHEDULES_TO_BUG) {
      const perRange: Trial[][] = [];
      for (const seeds of ranges) perRange.push(await run(program, seeds));
      ofPrograms.push({ trials: perRange });
    }
    cells.set(name, ofPrograms);
  }
  const labels = ranges.map((seeds) => `${seeds[0]}-${seeds.at(-1)}`);
  const data = Object.fromEntries(
    [...cells].map(([column, ofPrograms]) => [
      column,
      Object.fromEntries(ofPrograms.map((cell, index) => [SCHEDULES_TO_BUG[index]!, cell.trials.map(figuresOf)])),
    ]),
  );
  return { tables: [summaryTable(cells, labels), programTable(cells, trials)], data };
}

/** Of one range of seeds; a miss is null. */
function figuresOf(trials: readonly Trial[]): readonly (number | null)[] {
  return trials.map((trial) => trial ?? null);
}
