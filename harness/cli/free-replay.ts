import { Engine } from '../explore/engine.ts';
import { allFreeProgramNames, findFreeProgram } from '../explore/programs/catalogue.ts';
import type { FreeProgram } from '../explore/programs/free-program.ts';
import { Replay } from '../explore/replay.ts';
import { freeProgramHash, type Token } from '../shrink/token.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { freeInterleaving } from './free-interleaving.ts';

/** The free program that a token is of, if it is of one. */
export function freeProgramOf({ hash }: Token): FreeProgram | undefined {
  for (const name of allFreeProgramNames()) if (freeProgramHash(name) === hash) return findFreeProgram(name);
  return undefined;
}

/** Performs a schedule of a free program again and prints it; exits as `replay` does. Strict unless `lenient`. */
export function replayFree(program: FreeProgram, { clock, spurious, deviations }: Token, lenient: boolean): ExitCode {
  const engine = new Engine();
  const { machine } = engine;
  const liberties = { clock, spurious };
  const replay = new Replay(deviations);
  const { reason } = engine.run(program, replay, liberties);
  if (replay.misfit !== undefined && !lenient) {
    const { after, operation, to } = replay.misfit;
    process.stdout.write(`cannot-tell: thread ${to} cannot go on after operation ${operation} of thread ${after}\n`);
    return EXIT.inconclusive;
  }
  const failure = program.failure({ isDone: machine.isDone, words: machine.objects.memory });
  const verdict =
    reason === 'step-cap' ? 'inconclusive: step cap' : failure === undefined ? 'upheld' : `violated: ${failure}`;
  const taken = engine.deviations();
  process.stdout.write(`${freeInterleaving(program, engine, liberties, taken).join('\n')}\n\n${verdict}\n`);
  if (reason === 'step-cap') return EXIT.inconclusive;
  return failure === undefined ? EXIT.conforms : EXIT.violated;
}
