import { invariant } from '../../spec/assert-never.ts';
import { virtualThreadsMax } from '../limits.ts';
import type { SharedObjects } from './shared-objects.ts';
import { SimulatedPlatform } from './simulated-platform.ts';
import type { Tid } from './strategy.ts';

/** The platform of each virtual thread, used again in each execution. */
export class Platforms {
  private readonly all: SimulatedPlatform[] = [];

  of(tid: Tid): SimulatedPlatform {
    return this.all[tid] ?? this.added(tid);
  }

  private added(tid: Tid): SimulatedPlatform {
    invariant(tid < virtualThreadsMax, `a program started more than ${virtualThreadsMax} threads`);
    const platform = new SimulatedPlatform(tid);
    this.all[tid] = platform;
    return platform;
  }

  /** Ready for the next execution; what the threads took of the objects is as new. */
  reset(objects: SharedObjects): void {
    for (const platform of this.all) {
      if (platform.cellsUsed > 0) objects.clear(platform.thread, platform.cellsUsed);
      platform.reset();
    }
  }
}
