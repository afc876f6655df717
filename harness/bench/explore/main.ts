import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { perform, taskOf } from './child.ts';
import { benchmarkExhaustive } from './exhaustive.ts';
import { benchmarkKills } from './kills.ts';
import { buildPeers, type Peers } from './peers.ts';
import { benchmarkSchedulesToBug } from './schedules-to-bug.ts';
import { benchmarkShrinkQuality } from './shrink-quality.ts';
import { markdownOf, type Result } from './table.ts';
import { benchmarkThroughput } from './throughput.ts';

/**
 * What the explorer reaches, beside others on the same machine in the same run, and beside the numbers it is to reach:
 * `npm run bench:explore -- [B1] [B2] [B3] [B4] [B5] [--trials N]`. Tables on stdout and in `reports/out/explore-bench.md`, what
 * they were made from in `reports/out/explore-bench.json`.
 */
const TRIALS = 200;

type Benchmark = (trials: number, peers: () => Peers | string) => Result | Promise<Result>;

const BENCHMARKS: { readonly [id: string]: Benchmark } = {
  B1: (_, peers) => benchmarkThroughput(peers()),
  B2: (trials) => benchmarkSchedulesToBug(trials),
  B3: (_, peers) => benchmarkExhaustive(peers()),
  B4: () => benchmarkShrinkQuality(),
  B5: () => benchmarkKills(),
};

async function benchmark(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { trials: { type: 'string', default: String(TRIALS) } },
  });
  const ids = positionals.length === 0 ? Object.keys(BENCHMARKS) : positionals;
  const trials = Number(values.trials);
  const unknown = ids.find((id) => BENCHMARKS[id] === undefined);
  if (unknown !== undefined)
    throw new Error(`no benchmark ${unknown}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  if (!Number.isInteger(trials) || trials < 1) throw new Error('--trials is a whole number above 0');

  let built: Peers | string | undefined;
  const peers = (): Peers | string => {
    built ??= buildPeers();
    return built;
  };
  const machine = `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`;
  const data: { [id: string]: unknown } = { machine };
  const texts = [`${machine}\n`];
  process.stdout.write(`${texts[0]}\n`);
  for (const id of ids) {
    const result = await BENCHMARKS[id]!(trials, peers);
    data[id] = result.data;
    for (const table of result.tables) {
      texts.push(markdownOf(table));
      process.stdout.write(`${texts.at(-1)}\n`);
    }
  }
  mkdirSync(join('reports', 'out'), { recursive: true });
  writeFileSync(join('reports', 'out', 'explore-bench.json'), `${JSON.stringify(data, null, 2)}\n`);
  writeFileSync(join('reports', 'out', 'explore-bench.md'), texts.join('\n'));
}

const args = process.argv.slice(2);
const task = taskOf(args);
if (task === undefined) await benchmark(args);
else process.stdout.write(JSON.stringify(await perform(task)));
