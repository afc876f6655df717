import type { Fault } from '../../spec/fault.ts';
import { SUITE_VERSION } from '../../spec/suite.ts';
import type { Driver } from './driver.ts';
import type { Implementation } from './implementation.ts';
import { openProcessDriver } from './process.ts';
import { SimulatedDriver } from './simulated.ts';

/** Makes the driver of an implementation, or says why it cannot be had. The caller closes it. */
export async function openDriver(implementation: Implementation): Promise<Driver | Fault> {
  if (implementation.kind === 'simulated') {
    return new SimulatedDriver(implementation.key, implementation.options, implementation.strategy);
  }
  return openProcessDriver({ ...implementation, suite: SUITE_VERSION })();
}

export function isFault(opened: Driver | Fault): opened is Fault {
  return 'code' in opened;
}
