import type { Json } from '../../spec/program.ts';
import type { StrategyName } from '../explore/strategies.ts';

/** How to have an implementation, as data: it crosses to worker processes and into replay commands. */
export type Implementation =
  | {
      readonly kind: 'simulated';
      /** `reference`, or `mutant:ID`. */
      readonly key: string;
      /** Command-line options that select it again. */
      readonly options: readonly string[];
      /** How schedules are chosen. */
      readonly strategy: StrategyName;
    }
  | {
      readonly kind: 'process';
      readonly key: string;
      readonly options: readonly string[];
      readonly command: string;
      readonly env: { readonly [name: string]: string };
      readonly cwd?: string;
      readonly set: { readonly [name: string]: Json };
      readonly timeScale: number;
    };
