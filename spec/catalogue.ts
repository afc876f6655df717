import type { Requirement } from './requirement.ts';
import { wakesBlockedLoop } from './requirements/inbound-liveness.ts';

/** Every judged requirement, in the order of reports. Ids are never reused and never change their meaning. */
export const CATALOGUE: readonly Requirement[] = [wakesBlockedLoop];
