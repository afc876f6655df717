#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SUITE_VERSION } from '../../spec/suite.ts';
import { EXIT, type ExitCode, UsageError } from './exit-code.ts';

/** The command line. Commands are loaded when they are called: `--help` loads nothing of the suite. */
function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function natural(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('give a whole number, 0 or more.');
  return value;
}

function positive(text: string): number {
  const value = natural(text);
  if (value === 0) throw new InvalidArgumentError('give a whole number, 1 or more.');
  return value;
}

/** `90`, `90s`, `5m`, as milliseconds. */
function duration(text: string): number {
  const match = /^(\d+)(ms|s|m|h)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('write 90s, 5m or 1h.');
  const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  return Number(match[1]) * units[match[2] ?? 's']!;
}

function choosing(command: Command): Command {
  return command
    .option('--impl <name>', 'a known implementation: reference, asyncio, mutant:ID (repeatable)', collect)
    .option('--adapter <command>', 'an adapter command, run by /bin/sh (repeatable)', collect)
    .option('--loop <module:factory>', "an event loop that follows asyncio's API")
    .option('--python <path>', 'the Python that runs it (default: CROSSLOOP_PYTHON, else python3)')
    .option('--set <name=value>', "overrides a parameter of the adapter's ready (repeatable)", collect)
    .option('--env <name=value>', 'environment of the adapter (repeatable)', collect)
    .option('--cwd <folder>', 'working directory of the adapter');
}

let exitCode: ExitCode = EXIT.conforms;

function program(): Command {
  const crossloop = new Command('crossloop')
    .description('A property-based conformance suite for event loops and the threads that talk to them.')
    .version(SUITE_VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError('Add --help to see what is known.')
    .exitOverride();
  choosing(crossloop.command('run').description('judge implementations and write reports'))
    .addOption(
      new Option('--profile <name>', 'how much to do')
        .choices(['dev', 'ci', 'nightly'])
        .default('ci')
        .env('CROSSLOOP_PROFILE'),
    )
    .addOption(new Option('--runs <n>', 'generated programs').argParser(natural).env('CROSSLOOP_RUNS'))
    .option('--time <duration>', 'stop between blocks of programs after this long', duration)
    .addOption(new Option('--seed <text>', 'same seed, same programs and schedules').env('CROSSLOOP_SEED'))
    .option('--requirement <glob>', 'judge only these, e.g. "C-*"', '*')
    .option('--level <levels>', 'levels that count for the exit code', 'must')
    .option('--basis <bases>', 'judge only what these say: doc, pep, impl, ours')
    .option('--strategy <name>', 'how schedules are chosen: portfolio, random, pct, pos, surw, urw', 'portfolio')
    .addOption(new Option('--budget <n>', 'executions a program').argParser(positive).env('CROSSLOOP_BUDGET'))
    .addOption(
      new Option('--workers <n>', 'child processes for virtual threads, 0 = none')
        .argParser(natural)
        .env('CROSSLOOP_WORKERS'),
    )
    .option('--print-command', 'print the adapter command and stop')
    .option('--reporter <name[:file]>', 'terminal, jsonl, markdown (repeatable)', collect)
    .option('--json', 'print run.jsonl on stdout')
    .option('--no-color', 'no colours')
    .action(async (options) => {
      exitCode = await (await import('./run-command.ts')).runCommand(options);
    });
  crossloop
    .command('explore')
    .argument('<subject>', 'a Program or case file, or a name: loopOK2, submit-two-threads, C-TS-01')
    .description('search all interleavings of a small program')
    .option('--impl <name>', 'reference or mutant:ID, for Programs', collect)
    .option('--requirement <glob>', 'judge only these, e.g. "C-*"', '*')
    .option('--bound <n>', 'only schedules with at most so many preemptions, from 0 on', natural)
    .addOption(
      new Option('--clock <mode>', 'when time may pass').choices(['late', 'explored', 'any']).default('explored'),
    )
    .option('--spurious', 'a wait may return for no reason, once a thread')
    .option('--executions <n>', 'give up after so many', positive, 1_000_000)
    .option('--workers <n>', 'child processes', natural, 1)
    .action(async (subject: string, options) => {
      exitCode = await (await import('./explore-command.ts')).exploreCommand(subject, options);
    });
  choosing(
    crossloop.command('replay').argument('<case>', 'a token or a case file').description('perform a failure again'),
  )
    .option('--repeat <n>', 'how often', positive, 1)
    .option('--cases <folder>', 'more case files to look for a token in')
    .option('--lenient', 'go on under the default policy where the schedule no longer fits')
    .action(async (subject: string, options) => {
      exitCode = await (await import('./replay-command.ts')).replayCommand(subject, options);
    });
  crossloop
    .command('list')
    .description('the requirements')
    .option('--json', 'one JSON object a line')
    .action(async (options) => {
      exitCode = (await import('./catalogue-commands.ts')).listCommand(options);
    });
  crossloop
    .command('explain')
    .argument('<id>')
    .description('a requirement with its source, hint and examples')
    .action(async (id: string) => {
      exitCode = (await import('./catalogue-commands.ts')).explainCommand(id);
    });
  crossloop
    .command('schema')
    .argument('<name>')
    .description('a JSON Schema of the adapter protocol')
    .action(async (name: string) => {
      exitCode = (await import('./schema-command.ts')).schemaCommand(name);
    });
  choosing(crossloop.command('smoke').description('does the adapter speak the protocol')).action(async (options) => {
    exitCode = await (await import('./smoke-command.ts')).smokeCommand(options);
  });
  return crossloop;
}

/** A reader that has seen enough, as in `crossloop list | head`, closes the pipe: that is no failure. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? EXIT.conforms);
}

async function main(): Promise<void> {
  process.stdout.on('error', endWithReader);
  try {
    await program().parseAsync();
    process.exitCode = exitCode;
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.conforms : EXIT.usage;
    else if (error instanceof UsageError) {
      process.stderr.write(`error: ${error.message}\n`);
      process.exitCode = EXIT.usage;
    } else {
      process.stderr.write(`crossloop failed, which is a bug of its own: ${(error as Error).stack ?? error}\n`);
      process.exitCode = EXIT.crossloopFailed;
    }
  }
}

await main();
