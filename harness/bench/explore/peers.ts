import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.ts';

/** One line of the peers' program: `harness/bench/peers/src/main.rs`. */
export type PeerRun = {
  readonly peer: string;
  readonly version: string;
  readonly executions: number;
  readonly seconds: number;
  /** Of a search: it ended by itself within its time. */
  readonly complete: boolean;
};

export type Peers = (peer: string, program: string, seconds: number) => PeerRun;

/** Builds Loom and Shuttle's programs, once; why they are absent, in words, where that is impossible. */
export function buildPeers(): Peers | string {
  const folder = join(packageRoot(), 'harness', 'bench', 'peers');
  const cargo = (args: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync('cargo', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (cargo(['--version']).status !== 0) return 'no `cargo` here: Loom and Shuttle were not run';
  const build = cargo(['build', '--release', '--quiet', '--locked']);
  if (build.status !== 0)
    return `Loom and Shuttle cannot be built, so they were not run: ${lastLine(String(build.stderr))}`;
  return (peer, program, seconds) => {
    const run = cargo(['run', '--release', '--quiet', '--locked', '--', peer, program, String(seconds)]);
    if (run.status !== 0) throw new Error(`${peer} failed on ${program}: ${lastLine(String(run.stderr))}`);
    return JSON.parse(String(run.stdout)) as PeerRun;
  };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
