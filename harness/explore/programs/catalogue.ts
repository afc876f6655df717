import { virtualThreadsMax } from '../../limits.ts';
import { carter01, deadlock01 } from './deadlocks.ts';
import type { FreeProgram } from './free-program.ts';
import { account, lazy01, stack, tokenRing, twoStage, wrongLock } from './locks.ts';
import { loopLost, loopOK, loopOKmutex, loopSleep } from './loop.ts';
import { bluetooth, lostUpdate, reorder, uneven25 } from './memory.ts';
import { rct, rctBug } from './result-timeout.ts';
import { poll, pollLost, spin, spinLost } from './spin.ts';

/** Posts of one producer: an execution of 29 such producers is still far below the step cap. */
const postsMax = 50;

/** A name's form: `N` stands for a number of threads, `PxM` for producers and what each posts, `xM` left out at 1. */
type Family = {
  readonly form: string;
  readonly pattern: RegExp;
  /** Threads besides those that the number counts. */
  readonly others: number;
  readonly threadsMin: number;
  readonly make: (threads: number, posts: number) => FreeProgram;
};

const FAMILIES: readonly Family[] = [
  { form: 'luN', pattern: /^lu(\d+)$/, others: 0, threadsMin: 2, make: lostUpdate },
  { form: 'reorder_N', pattern: /^reorder_(\d+)$/, others: 0, threadsMin: 2, make: reorder },
  { form: 'twostage_N', pattern: /^twostage_(\d+)$/, others: 0, threadsMin: 2, make: twoStage },
  { form: 'loopOKPxM', pattern: /^loopOK(\d+)(?:x(\d+))?$/, others: 1, threadsMin: 1, make: loopOK },
  { form: 'loopOKPxMmutex', pattern: /^loopOK(\d+)(?:x(\d+))?mutex$/, others: 1, threadsMin: 1, make: loopOKmutex },
  { form: 'loopLostPxM', pattern: /^loopLost(\d+)(?:x(\d+))?$/, others: 1, threadsMin: 1, make: loopLost },
  { form: 'loopSleepPxM', pattern: /^loopSleep(\d+)(?:x(\d+))?$/, others: 1, threadsMin: 1, make: loopSleep },
  { form: 'rctN', pattern: /^rct(\d+)$/, others: 1, threadsMin: 1, make: rct },
  { form: 'rctNbug', pattern: /^rct(\d+)bug$/, others: 1, threadsMin: 1, make: rctBug },
];

const SINGLES: ReadonlyMap<string, () => FreeProgram> = new Map([
  ['account', account],
  ['deadlock01', deadlock01],
  ['lazy01', lazy01],
  ['bluetooth', bluetooth],
  ['token_ring', tokenRing],
  ['wronglock', wrongLock],
  ['carter01', carter01],
  ['stack', stack],
  ['uneven25', uneven25],
  ['spin', spin],
  ['spinLost', spinLost],
  ['poll', poll],
  ['pollLost', pollLost],
]);

/**
 * A new program of this name, its threads used by nobody else; undefined if no program has it. Each program has one
 * name: no leading zeros, and no `x1`. At most 30 threads in all, and 50 posts of each producer.
 */
export function findFreeProgram(name: string): FreeProgram | undefined {
  const single = SINGLES.get(name);
  if (single !== undefined) return single();
  for (const { pattern, others, threadsMin, make } of FAMILIES) {
    const match = pattern.exec(name);
    if (match === null) continue;
    const threads = Number(match[1]);
    const posts = Number(match[2] ?? 1);
    if (threads < threadsMin || threads + others > virtualThreadsMax || posts < 1 || posts > postsMax) return undefined;
    const program = make(threads, posts);
    return program.name === name ? program : undefined;
  }
  return undefined;
}

/** Every name, or its form where it has numbers in it, for messages and lists. */
export function freeProgramNames(): readonly string[] {
  return [...FAMILIES.map(({ form }) => form), ...SINGLES.keys()];
}

/** All names within the limits. */
export function* allFreeProgramNames(): Generator<string> {
  yield* SINGLES.keys();
  for (const { form } of FAMILIES) {
    for (let threads = 1; threads <= virtualThreadsMax; threads++) {
      for (let posts = 1; posts <= (form.includes('xM') ? postsMax : 1); posts++) {
        const name = form.replace(/N|P(?=xM)/, String(threads)).replace('xM', posts === 1 ? '' : `x${posts}`);
        if (findFreeProgram(name) !== undefined) yield name;
      }
    }
  }
}

/** The programs with a bug that strategies are compared on: 26, none of them correct. */
export const SCHEDULES_TO_BUG: readonly string[] = [
  'lu2',
  'lu3',
  'lu4',
  'reorder_3',
  'reorder_4',
  'reorder_5',
  'reorder_10',
  'reorder_20',
  'twostage_2',
  'twostage_20',
  'account',
  'deadlock01',
  'lazy01',
  'bluetooth',
  'token_ring',
  'wronglock',
  'carter01',
  'stack',
  'uneven25',
  'loopLost1',
  'loopLost2',
  'loopLost3',
  'loopSleep1',
  'loopSleep2',
  'loopSleep3',
  'rct1bug',
];
