import { expect, test } from 'vitest';
import { Engine } from '../explore/engine.ts';
import { Portfolio } from '../explore/portfolio.ts';
import { findFreeProgram, SCHEDULES_TO_BUG } from '../explore/programs/catalogue.ts';
import { Replay } from '../explore/replay.ts';
import type { Strategy } from '../explore/strategy.ts';
import { Seed } from '../seed.ts';
import { formatToken, freeProgramHash, parseToken } from './token.ts';

const LIBERTIES = { clock: 'explored', spurious: false } as const;
const EXECUTIONS_MAX = 10_000;

test.each(SCHEDULES_TO_BUG)('a failure of %s replays from its token, on another engine, to the same words', (name) => {
  const outcome = (engine: Engine, strategy: Strategy): string | undefined => {
    const program = findFreeProgram(name)!;
    engine.run(program, strategy, LIBERTIES);
    const { isDone, objects } = engine.machine;
    return program.failure({ isDone, words: objects.memory });
  };
  const engine = new Engine();
  const strategy = new Portfolio(new Seed(name));
  let failure: string | undefined;
  for (let run = 0; run < EXECUTIONS_MAX && failure === undefined; run++) failure = outcome(engine, strategy);
  expect(failure).toBeDefined();
  const text = formatToken({ hash: freeProgramHash(name), ...LIBERTIES, deviations: engine.deviations() });
  const replay = new Replay(parseToken(text)!.deviations);
  expect(outcome(new Engine(), replay)).toBe(failure);
  expect(replay.misfit).toBeUndefined();
});
