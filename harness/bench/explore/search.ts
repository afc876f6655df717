import { invariant } from '../../../spec/assert-never.ts';
import { Search, type Searched } from '../../explore/exhaustive.ts';
import { Machine } from '../../explore/machine.ts';
import { CLOCK_EXPLORED } from './contestants.ts';
import { programNamed } from './trials.ts';

/** What exhaustive searches of one program did, all alike, and how long each took. */
export type SearchRuns = { readonly searched: Searched; readonly ms: readonly number[] };

/** Searches with sleep sets, so often in this process; every execution's final assertion is evaluated. */
export function searchRepeatedly(name: string, runs: number): SearchRuns {
  const program = programNamed(name);
  const machine = new Machine();
  const onComplete = (): void => {
    const failure = program.failure({ isDone: machine.isDone, words: machine.objects.memory });
    invariant(failure === undefined, `${name}: ${failure}`);
  };
  const ms: number[] = [];
  let searched: Searched | undefined;
  for (let run = 0; run < runs; run++) {
    const startedMs = performance.now();
    const search = new Search(machine, program, CLOCK_EXPLORED, 'sleep-sets');
    search.advance(Number.POSITIVE_INFINITY, onComplete);
    ms.push(performance.now() - startedMs);
    searched = search.searched;
  }
  invariant(searched !== undefined, 'no run');
  return { searched, ms };
}
