import fc from 'fast-check';
import type { Program } from '../../spec/program.ts';
import { hash32, Seed } from '../seed.ts';
import { inboundPlan, inboundProgram } from './inbound.ts';
import { lifecyclePlan, lifecycleProgram } from './lifecycle.ts';
import { offloadPlan, offloadProgram } from './offload.ts';
import { onLoopPlan, onLoopProgram } from './on-loop.ts';

type Family = {
  readonly weight: number;
  readonly needs: readonly string[];
  readonly programs: (capabilities: ReadonlySet<string>) => fc.Arbitrary<Program>;
};

/** INBOUND comes most often: most real bugs of this family are there. */
const FAMILIES: readonly Family[] = [
  { weight: 4, needs: ['ON-LOOP', 'INBOUND'], programs: (declared) => inboundPlan(declared).map(inboundProgram) },
  { weight: 3, needs: ['ON-LOOP', 'OFFLOAD'], programs: (declared) => offloadPlan(declared).map(offloadProgram) },
  { weight: 2, needs: ['ON-LOOP'], programs: (declared) => onLoopPlan(declared).map(onLoopProgram) },
  {
    weight: 1,
    needs: ['ON-LOOP', 'INBOUND', 'LIFECYCLE', 'loop-control'],
    programs: (declared) => lifecyclePlan(declared).map(lifecycleProgram),
  },
];

export type Generated = {
  readonly program: Program;
  /**
   * Asks fast-check for smaller programs of the same plan as long as `fails` says yes, and returns the smallest that
   * did. `attempts` bounds the programs tried.
   */
  shrink(fails: (program: Program) => boolean | Promise<boolean>, attempts: number): Promise<Program>;
};

/** The program at a position: a function of the seed, the position and what the implementation declares alone. */
export function generateProgram(
  seed: string,
  position: string,
  capabilities: ReadonlySet<string>,
): Generated | undefined {
  const families = FAMILIES.filter(({ needs }) => needs.every((need) => capabilities.has(need)));
  if (families.length === 0) return undefined;
  const lots = families.flatMap((family) => Array.from({ length: family.weight }, () => family));
  const family = lots[new Seed(seed).fork(`family/${position}`).below(lots.length)]!;
  const arbitrary = family
    .programs(capabilities)
    .map((program): Program => ({ ...program, name: `${program.name}-${position}` }));
  const sample = hash32(`${seed}/program/${position}`) | 0;
  const [program] = fc.sample(arbitrary, { seed: sample, numRuns: 1 });
  return {
    program: program!,
    async shrink(fails, attempts) {
      let smallest = program!;
      let left = attempts;
      const property = fc.asyncProperty(arbitrary, async (candidate) => {
        if (left-- <= 0) return true;
        const failed = await fails(candidate);
        if (failed) smallest = candidate;
        return !failed;
      });
      await fc.check(property, { seed: sample, numRuns: 1 });
      return smallest;
    },
  };
}
