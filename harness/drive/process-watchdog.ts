import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `add PID` and `remove PID`; at the end of its input, kills the groups that were added and not removed. In
 * POSIX sh, so that it costs one small process and needs nothing installed.
 */
const SCRIPT = `
groups=' '
while read -r word group; do
  case "$word" in
    add) groups="$groups$group " ;;
    remove) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
exit 0
`;

/**
 * A process of its own that outlives crossloop by a moment: when crossloop ends in any way, SIGKILL included, the
 * pipe between them closes, and the watchdog kills the process groups that are still registered. An adapter exits at
 * the end of its input anyway; this is for those that do not, and for their children.
 */
export class Watchdog {
  private readonly child: ChildProcess;

  constructor() {
    this.child = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    // Without a watchdog all is as safe as the adapter's own end at the end of input: no reason to fail.
    this.child.on('error', () => {});
    this.child.stdin?.on('error', () => {});
  }

  add(group: number): void {
    this.child.stdin?.write(`add ${group}\n`);
  }

  remove(group: number): void {
    this.child.stdin?.write(`remove ${group}\n`);
  }

  /** Ends it. Call when no group is registered any more. */
  close(): Promise<void> {
    const { child } = this;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.stdin?.end();
    });
  }
}
