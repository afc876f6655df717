import { violationLines } from '../../reports/counterexample.ts';
import { plain } from '../../reports/text.ts';
import { CATALOGUE } from '../../spec/catalogue.ts';
import { isFault, openDriver } from '../drive/open.ts';
import { findCase, replayCase } from '../replay.ts';
import { parseToken } from '../shrink/token.ts';
import { EXIT, type ExitCode, UsageError } from './exit-code.ts';
import { freeProgramOf, replayFree } from './free-replay.ts';
import { type Chosen, chosenImplementations } from './implementations.ts';

export type ReplayOptions = Chosen & {
  readonly repeat: number;
  readonly cases?: string;
  readonly lenient?: boolean;
};

/**
 * `crossloop replay`: exits 1 when the violation shows, 0 when it does not, 7 when it cannot tell: fit for
 * `git bisect run`.
 */
export async function replayCommand(subject: string, options: ReplayOptions): Promise<ExitCode> {
  const token = parseToken(subject);
  const free = token === undefined ? undefined : freeProgramOf(token);
  if (token !== undefined && free !== undefined) return replayFree(free, token, options.lenient ?? false);
  const folders = ['reports/out/cases', ...(options.cases === undefined ? [] : [options.cases])];
  const found = findCase(subject, folders);
  if (typeof found === 'string') throw new UsageError(found);
  const isChosen = options.impl !== undefined || options.adapter !== undefined || options.loop !== undefined;
  const names = found.how.kind === 'schedule' ? ['reference'] : ['asyncio'];
  const [implementation] = chosenImplementations(isChosen ? options : { ...options, impl: names }, () => {});
  const driver = await openDriver(implementation!);
  if (isFault(driver)) {
    process.stderr.write(`error: ${plain(driver.message)}\n${plain(driver.hint)}\n`);
    return EXIT.adapterFailed;
  }
  try {
    const result = await replayCase(found, driver, {
      repeat: options.repeat,
      lenient: options.lenient ?? false,
      requirements: CATALOGUE,
    });
    const { seen } = result;
    if (seen !== undefined) {
      const row = CATALOGUE.find(({ id }) => id === seen.requirement);
      process.stdout.write(`${violationLines(seen, row, driver.info).join('\n')}\n\n`);
    }
    const [low, high] = interval(result.shown, result.repeats);
    const rate = result.repeats > 1 ? ` (95 % interval ${low} to ${high} %)` : '';
    process.stdout.write(`${result.outcome}: ${plain(result.message)}${rate}\n`);
    return result.outcome === 'violated'
      ? EXIT.violated
      : result.outcome === 'upheld'
        ? EXIT.conforms
        : EXIT.inconclusive;
  } finally {
    await driver.close();
  }
}

/** Wilson's interval of a rate, in per cent. */
function interval(shown: number, repeats: number): readonly [string, string] {
  const z = 1.96;
  const rate = shown / repeats;
  const centre = rate + (z * z) / (2 * repeats);
  const spread = z * Math.sqrt((rate * (1 - rate)) / repeats + (z * z) / (4 * repeats * repeats));
  const scale = 1 + (z * z) / repeats;
  const percent = (value: number) => (Math.min(1, Math.max(0, value / scale)) * 100).toFixed(1);
  return [percent(centre - spread), percent(centre + spread)];
}
