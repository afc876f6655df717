import { performInChild } from './child.ts';
import { CONTROL, ENGINE, PROPERTY, SCHEDULERS } from './contestants.ts';
import type { CounterName } from './counters.ts';
import type { Peers } from './peers.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { numeral, type Result, type Table } from './table.ts';

/**
 * B1: executions a second, one core. Every measurement is a process of its own; rounds take all contestants in turn.
 *
 * One target is not reached: 20 times fast-check's fastest variant, the deprecated `waitOne`, which does 72,000 to 80,000 a
 * second here; the random walk does 14 to 18 times that. Self time of the random walk on counter3x5: `Engine.run` with the
 * strategy's draw and the record of decisions 42 %, `Machine.perform` 33 %, the threads' generators 14 %, collection of
 * garbage (three generators an execution) 4 %. What paid: decisions in a typed array instead of a list (+22 %), one path for
 * operations on words (+14 %), no record of what can be derived (+6 %), the n-th of few threads from a table instead of a
 * loop over random bits (+9 %). What did not: one flag for all that `choices` asks.
 */
type Rates = ReadonlyMap<string, readonly number[]>;

/** What is to be reached: `value` a second where the control reaches 110 M/s, or so many times another's rate. */
type Target = { readonly what: string; readonly ratio: readonly number[]; readonly reach: number };

const ROUNDS = 5;
const SECONDS = 1;
const CONTROL_PER_SECOND = 110e6;
const PEERS: readonly string[] = ['shuttle-random-forced', 'shuttle-random', 'loom'];

function measure(program: CounterName, peers: Peers | string): Rates {
  const contestants = [CONTROL, ...ENGINE, PROPERTY, ...SCHEDULERS];
  const rates = new Map<string, number[]>();
  const add = (name: string, rate: number): void => void rates.set(name, [...(rates.get(name) ?? []), rate]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) {
      add(contestant, performInChild({ kind: 'rate', contestant, program, seconds: SECONDS }) as number);
    }
    if (typeof peers === 'string') continue;
    for (const peer of PEERS) {
      const { executions, seconds } = peers(peer, program, SECONDS);
      add(peer, executions / seconds);
    }
  }
  return rates;
}

/** Round by round, so that what slows the machine for a while slows both. */
function ratio(rates: Rates, of: string, to: string): readonly number[] {
  const divisors = rates.get(to) ?? [];
  return (rates.get(of) ?? []).slice(0, divisors.length).map((rate, round) => rate / divisors[round]!);
}

function normalised(rates: Rates, of: string): readonly number[] {
  return ratio(rates, of, CONTROL).map((share) => share * CONTROL_PER_SECOND);
}

function fastestScheduler(rates: Rates): string {
  const median = (name: string): number => spreadOf(rates.get(name)!).median;
  return SCHEDULERS.reduce((best, name) => (median(name) > median(best) ? name : best));
}

function targets(rates: Rates): readonly Target[] {
  const fastest = fastestScheduler(rates);
  const times = (to: string, reach: number): Target => ({
    what: `random walk / ${to}`,
    ratio: ratio(rates, 'random', to),
    reach,
  });
  return [
    { what: 'random walk, control at 110 M/s', ratio: normalised(rates, 'random'), reach: 1_500_000 },
    { what: 'as a fast-check property, control at 110 M/s', ratio: normalised(rates, PROPERTY), reach: 400_000 },
    times('shuttle-random-forced', 4),
    times('shuttle-random', 4),
    times('loom', 50),
    times('fast-check waitFor', 50),
    { ...times(fastest, 20), what: `random walk / fast-check's fastest (${fastest})` },
  ];
}

function cells({ median, min, max }: Spread): readonly string[] {
  return [median, min, max].map(numeral);
}

function rateTable(program: CounterName, rates: Rates): Table {
  const rows = [...rates].map(([name, values]) => [
    name === CONTROL ? 'control: next() of a generator' : name,
    ...cells(spreadOf(values)),
    name === CONTROL ? '' : numeral(spreadOf(ratio(rates, 'random', name)).median),
  ]);
  return {
    title: `B1 ${program}: executions a second, ${ROUNDS} interleaved rounds of ${SECONDS} s, a process each`,
    columns: ['what', 'median', 'min', 'max', 'random walk / it'],
    rows,
    notes: [],
  };
}

function targetTable(program: CounterName, rates: Rates, absent: readonly string[]): Table {
  const rows = targets(rates)
    .filter(({ ratio: values }) => values.length > 0)
    .map(({ what, ratio: values, reach }) => {
      const spread = spreadOf(values);
      return [what, `≥ ${numeral(reach)}`, ...cells(spread), spread.median >= reach ? 'yes' : 'no'];
    });
  const columns = ['what', 'target', 'median', 'min', 'max', 'reached'];
  return { title: `B1 ${program}: targets`, columns, rows, notes: absent };
}

/** Targets exist for 3 × 5 only; the other program shows how rates change with length. */
export function benchmarkThroughput(peers: Peers | string): Result {
  const short = measure('counter3x5', peers);
  const long = measure('counter5x20', peers);
  const absent = typeof peers === 'string' ? [peers] : [];
  const tables = [
    targetTable('counter3x5', short, absent),
    rateTable('counter3x5', short),
    rateTable('counter5x20', long),
  ];
  return { tables, data: { counter3x5: Object.fromEntries(short), counter5x20: Object.fromEntries(long) } };
}
