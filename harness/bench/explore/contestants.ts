import fc from 'fast-check';
import { Engine } from '../../explore/engine.ts';
import { type StrategyName, strategyNamed } from '../../explore/strategies.ts';
import type { Liberties } from '../../explore/subject.ts';
import { Seed } from '../../seed.ts';
import { COUNTERS, type CounterName, counterProgram } from './counters.ts';
import { executeWithScheduler, SCHEDULER_VARIANTS } from './fast-check-scheduler.ts';

/** One way to execute a counter program over and over; `perform` does so `perCall` times. */
type Contestant = { readonly perCall: number; readonly perform: () => void | Promise<void> };

/** Executions between two looks at the clock; the property runners' own start and end are shared by so many. */
const ENGINE_BATCH = 200;
const PROPERTY_RUNS = 10_000;
const SCHEDULER_RUNS = 1_000;
const CONTROL_BATCH = 1_000;
const WARM_UP_PART = 0.5;

export const CONTROL = 'control';
export const ENGINE: readonly StrategyName[] = ['random', 'pos', 'pct', 'surw', 'portfolio'];
export const PROPERTY = 'property';
export const SCHEDULERS: readonly string[] = SCHEDULER_VARIANTS.map((variant) => `fast-check ${variant}`);
export const CLOCK_EXPLORED: Liberties = { clock: 'explored', spurious: false };

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}

function control(): Contestant {
  const generator = endless();
  const perform = (): void => {
    for (let call = 0; call < CONTROL_BATCH; call++) generator.next();
  };
  return { perCall: CONTROL_BATCH, perform };
}

function engine(strategyName: StrategyName, name: CounterName): Contestant {
  const program = counterProgram(name);
  const explorer = new Engine();
  const strategy = strategyNamed(strategyName, new Seed('bench'));
  const perform = (): void => {
    for (let execution = 0; execution < ENGINE_BATCH; execution++) explorer.run(program, strategy, CLOCK_EXPLORED);
  };
  return { perCall: ENGINE_BATCH, perform };
}

/** A random walk whose seed is fast-check's value: one execution each run, nothing kept between runs but the engine. */
function property(name: CounterName): Contestant {
  const program = counterProgram(name);
  const explorer = new Engine();
  const runs = fc.property(fc.integer(), (seed) => {
    explorer.run(program, strategyNamed('random', new Seed(String(seed))), CLOCK_EXPLORED);
  });
  return { perCall: PROPERTY_RUNS, perform: () => fc.assert(runs, { numRuns: PROPERTY_RUNS }) };
}

function scheduler(variant: string, name: CounterName): Contestant {
  const perform = (): Promise<void> => executeWithScheduler(COUNTERS[name], variant, SCHEDULER_RUNS);
  return { perCall: SCHEDULER_RUNS, perform };
}

function contestantNamed(contestant: string, name: CounterName): Contestant {
  if (contestant === CONTROL) return control();
  if (contestant === PROPERTY) return property(name);
  const strategy = ENGINE.find((candidate) => candidate === contestant);
  if (strategy !== undefined) return engine(strategy, name);
  const index = SCHEDULERS.indexOf(contestant);
  if (index < 0) throw new Error(`no contestant is named ${contestant}`);
  return scheduler(SCHEDULER_VARIANTS[index]!, name);
}

/** How many executions (of the control: calls) a second, after a warm-up of half the time. */
export async function rateOf(contestant: string, name: CounterName, seconds: number): Promise<number> {
  const { perCall, perform } = contestantNamed(contestant, name);
  const during = async (limitMs: number): Promise<number> => {
    const startedMs = performance.now();
    let calls = 0;
    let spentMs = 0;
    while (spentMs < limitMs) {
      // Waiting for what is no promise would cost the synchronous ones a turn of the microtask queue each.
      const pending = perform();
      if (pending !== undefined) await pending;
      calls++;
      spentMs = performance.now() - startedMs;
    }
    return (calls * perCall * 1_000) / spentMs;
  };
  await during(seconds * 1_000 * WARM_UP_PART);
  return during(seconds * 1_000);
}
