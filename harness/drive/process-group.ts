import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** How often a group that was killed is looked at. */
const LOOK_AGAIN_MS = 2;

/** Sends a signal to every process of the group; nothing happens if there is none left. */
export function signalGroup(group: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Gone (ESRCH), or only zombies are left (EPERM on some systems).
  }
}

/** Whether a process of the group is left. A zombie, which only waits to be reaped by its parent, counts as gone. */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  return existsSync('/proc/self/stat') ? hasLiveMember(group) : true;
}

/** Kills the group and waits until it is gone, at most so long; says whether it is. */
export async function killGroup(group: number, goneMsMax: number): Promise<boolean> {
  const endMs = performance.now() + goneMsMax;
  for (;;) {
    // Again and again: a process may have forked while the signal was delivered.
    signalGroup(group, 'SIGKILL');
    if (!isGroupAlive(group)) return true;
    if (performance.now() > endMs) return false;
    await pause(LOOK_AGAIN_MS);
  }
}

function hasLiveMember(group: number): boolean {
  return readdirSync('/proc').some((name) => /^[0-9]+$/.test(name) && isLiveMember(name, group));
}

function isLiveMember(pid: string, group: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return false;
  }
  // pid (name) state parent group …; the name may hold spaces and parentheses.
  const [state, , memberOf] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(memberOf) === group && state !== 'Z' && state !== 'X';
}
