import { missingFor } from '../spec/check.ts';
import type { Program } from '../spec/program.ts';
import type { Requirement } from '../spec/requirement.ts';
import type { ProgramOrigin } from '../spec/result.ts';
import type { Driver } from './drive/driver.ts';
import { type Generated, generateProgram } from './generate/programs.ts';
import { programsPerBlock } from './limits.ts';

/** A program of the campaign and where it stands; generated ones can be shrunk. */
export type Planned = {
  readonly origin: ProgramOrigin;
  readonly block: number;
  readonly index: number;
  readonly program: Program;
  readonly shrink?: Generated['shrink'];
};

export const FIXED_BLOCK = -1;

/** The requirements that can be asked of an implementation, in catalogue order. */
export function applicable(requirements: readonly Requirement[], driver: Driver): readonly Requirement[] {
  const { parameters } = driver.info;
  const capabilities = new Set(driver.info.capabilities);
  return requirements.filter((requirement) => missingFor(requirement, { capabilities, parameters }).length === 0);
}

/** Blocks of generated programs; 0 programs are no block. */
export function blockCount(programs: number): number {
  return Math.ceil(programs / programsPerBlock);
}

/**
 * The programs of a block: a function of (seed, block) and of what the implementation declares, alone. Block -1 holds
 * the fixed ones: regression cases, those for exploring, and one for each applicable requirement.
 */
export function planBlock(
  block: number,
  options: {
    readonly seed: string;
    readonly programs: number;
    readonly cases: readonly Program[];
    /** Programs that are to be searched exhaustively, which takes virtual threads. */
    readonly explorations: readonly Program[];
    readonly requirements: readonly Requirement[];
  },
  driver: Driver,
): readonly Planned[] {
  const capabilities = new Set(driver.info.capabilities);
  if (block === FIXED_BLOCK) {
    const fixed: readonly (readonly [ProgramOrigin, Program])[] = [
      ...options.cases.map((program) => ['case', program] as const),
      ...(driver.info.kind === 'simulated' ? options.explorations : []).map(
        (program) => ['exploration', program] as const,
      ),
      ...applicable(options.requirements, driver).map(({ program }) => ['requirement', program] as const),
    ];
    return fixed
      .filter(([, { needs }]) => needs.every((need) => capabilities.has(need)))
      .map(([origin, program], index) => ({ origin, block, index, program }));
  }
  const first = block * programsPerBlock;
  const count = Math.min(programsPerBlock, options.programs - first);
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const generated = generateProgram(options.seed, `${block}.${index}`, capabilities);
    if (generated === undefined) return [];
    return [{ origin: 'generated' as const, block, index, program: generated.program, shrink: generated.shrink }];
  });
}
