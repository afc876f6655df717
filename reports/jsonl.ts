import { assertNever } from '../spec/assert-never.ts';
import type {
  Counterexample,
  ImplementationResult,
  Inconclusive,
  ProgramResult,
  RequirementResult,
  RunResult,
} from '../spec/result.ts';

/**
 * `run.jsonl`: the canonical form of a run, one JSON object a line: a header, then for each implementation its own line
 * and those of its programs, requirements, counterexamples and hung programs, then a footer that counts them. No wall
 * time or date: for simulated implementations it is a function of the seed and the options.
 */
type Counts = { readonly [kind: string]: number };
type Part = ProgramResult | RequirementResult | Counterexample | Inconclusive;
type ImplementationLine = { readonly kind: 'implementation' } & Pick<ImplementationResult, 'info' | 'bounds' | 'fault'>;
type Line =
  | { readonly kind: 'header' }
  | ImplementationLine
  | Part
  | { readonly kind: 'footer'; readonly counts: Counts };

const KINDS: readonly Line['kind'][] = [
  'header',
  'implementation',
  'program',
  'requirement',
  'counterexample',
  'inconclusive',
  'footer',
];

/** The line at which a file stops being a run, and why. */
export class RunFormatError extends Error {}

function* partsOf({ programs, requirements, counterexamples, inconclusive }: ImplementationResult): Generator<Part> {
  yield* programs;
  yield* requirements;
  yield* counterexamples;
  yield* inconclusive;
}

export function writeRun(run: RunResult): string {
  const { format, suite, seed, profile, programs, selection, catalogue, implementations, ended } = run;
  const header = { kind: 'header', format, suite, seed, profile, programs, selection, catalogue, ended };
  const lines: string[] = [JSON.stringify(header)];
  const counts: { [kind: string]: number } = { implementation: 0 };
  for (const implementation of implementations) {
    const { info, bounds, fault } = implementation;
    lines.push(JSON.stringify({ kind: 'implementation', info, bounds, ...(fault === undefined ? {} : { fault }) }));
    counts['implementation']!++;
    for (const part of partsOf(implementation)) {
      lines.push(JSON.stringify(part));
      counts[part.kind] = (counts[part.kind] ?? 0) + 1;
    }
  }
  lines.push(JSON.stringify({ kind: 'footer', counts }));
  return `${lines.join('\n')}\n`;
}

type Building = {
  readonly info: ImplementationResult['info'];
  readonly bounds: ImplementationResult['bounds'];
  readonly fault?: ImplementationResult['fault'];
  readonly programs: ProgramResult[];
  readonly requirements: RequirementResult[];
  readonly counterexamples: Counterexample[];
  readonly inconclusive: Inconclusive[];
};

function add(part: Part, to: Building): void {
  if (part.kind === 'program') to.programs.push(part);
  else if (part.kind === 'requirement') to.requirements.push(part);
  else if (part.kind === 'counterexample') to.counterexamples.push(part);
  else to.inconclusive.push(part);
}

function keyOf(part: Part): string {
  switch (part.kind) {
    case 'program':
      return `program ${part.implementation} ${part.block}.${part.index}`;
    case 'requirement':
      return `requirement ${part.implementation} ${part.requirement}`;
    case 'counterexample':
      return `counterexample ${part.implementation} ${part.requirement}`;
    case 'inconclusive':
      return `inconclusive ${part.implementation} ${part.program} ${part.hash} ${part.reason}`;
    default:
      return assertNever(part);
  }
}

/**
 * Reads what `writeRun` wrote. Throws RunFormatError with the line of a missing footer, a duplicate, a part of another
 * implementation, another format, or counts that differ.
 */
export function readRun(text: string): RunResult {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  let header: Omit<RunResult, 'implementations'> | undefined;
  let footer: Counts | undefined;
  const seen = new Set<string>();
  const counts: { [kind: string]: number } = { implementation: 0 };
  const implementations: Building[] = [];
  for (const [at, line] of lines.entries()) {
    const fail = (why: string) => new RunFormatError(`line ${at + 1}: ${why}`);
    let read: Line;
    try {
      read = JSON.parse(line) as Line;
    } catch {
      throw fail('not JSON');
    }
    if (!KINDS.includes(read?.kind)) throw fail('no part of a run');
    if (footer !== undefined) throw fail('something behind the footer');
    if (read.kind === 'header') {
      if (header !== undefined) throw fail('a second header');
      const { kind: _, ...rest } = read;
      header = rest as Omit<RunResult, 'implementations'>;
      if (header.format !== 1) throw fail(`format ${header.format}; this version reads format 1`);
    } else if (header === undefined) throw fail('no header before it');
    else if (read.kind === 'footer') footer = read.counts ?? {};
    else {
      counts[read.kind] = (counts[read.kind] ?? 0) + 1;
      if (read.kind === 'implementation') {
        const { kind: _, ...rest } = read;
        if (implementations.some(({ info }) => info.key === rest.info.key))
          throw fail(`a second implementation ${rest.info.key}`);
        implementations.push({ ...rest, programs: [], requirements: [], counterexamples: [], inconclusive: [] });
        continue;
      }
      const last = implementations.at(-1);
      if (last === undefined) throw fail('no implementation before it');
      if (read.implementation !== last.info.key)
        throw fail(`a part of ${read.implementation} among those of ${last.info.key}`);
      if (seen.has(keyOf(read))) throw fail(`a second ${keyOf(read)}`);
      seen.add(keyOf(read));
      add(read, last);
    }
  }
  if (header === undefined || footer === undefined)
    throw new RunFormatError(`line ${lines.length + 1}: no footer: the run was cut short`);
  const differing = Object.keys({ ...counts, ...footer }).find((kind) => (counts[kind] ?? 0) !== (footer[kind] ?? 0));
  if (differing !== undefined)
    throw new RunFormatError(
      `line ${lines.length}: the footer counts ${footer[differing] ?? 0} of "${differing}", there are ${counts[differing] ?? 0}`,
    );
  return { ...header, implementations: implementations as unknown as readonly ImplementationResult[] };
}
