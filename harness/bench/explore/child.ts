import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rateOf } from './contestants.ts';
import type { CounterName } from './counters.ts';
import { searchRepeatedly } from './search.ts';

/**
 * Measuring in a process of its own, so that no contestant runs on code that was compiled for others, or on their heap.
 * It is the benchmark's own program with other arguments.
 */
export type Task =
  | { readonly kind: 'rate'; readonly contestant: string; readonly program: CounterName; readonly seconds: number }
  | { readonly kind: 'search'; readonly program: string; readonly runs: number };

const CHILD = '--child';

/** What `perform` returned in a fresh process. */
export function performInChild(task: Task): unknown {
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'main.ts' : 'main.js', import.meta.url));
  const child = spawnSync(process.execPath, [main, CHILD, JSON.stringify(task)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`measuring ${JSON.stringify(task)} ended with ${child.status}`);
  return JSON.parse(child.stdout) as unknown;
}

/** The task of this process, if it is such a child. */
export function taskOf(args: readonly string[]): Task | undefined {
  return args[0] === CHILD ? (JSON.parse(args[1]!) as Task) : undefined;
}

export async function perform(task: Task): Promise<unknown> {
  if (task.kind === 'rate') return rateOf(task.contestant, task.program, task.seconds);
  return searchRepeatedly(task.program, task.runs);
}
