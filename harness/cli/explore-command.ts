import type { ClockMode } from '../../spec/result.ts';
import { boundedCertificate, certificate, estimateText, grouped, type OrderKind, shortfall } from '../certificate.ts';
import { SimulatedDriver } from '../drive/simulated.ts';
import type { SubjectName } from '../explorable.ts';
import { type Explored, estimateTask, exploreBounded, type Fairness, type Task, testFairly } from '../exploration.ts';
import { explore } from '../exploration-pool.ts';
import { fairExecutions } from '../limits.ts';
import { EXIT, type ExitCode, UsageError } from './exit-code.ts';
import { explainShown } from './explore-failure.ts';
import { type ExploreSubject, findSubject } from './explore-subject.ts';
import { chosenImplementations } from './implementations.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { selectRequirements } from './selection.ts';
import { LiveStatus } from './status.ts';

export type ExploreOptions = {
  readonly impl?: readonly string[];
  readonly requirement: string;
  readonly bound?: number;
  readonly clock: ClockMode;
  readonly spurious?: boolean;
  readonly executions: number;
  readonly workers: number;
};

/** The bound to fall back to where the whole space is too large. */
const FALLBACK_BOUND = 3;

/** The search in hand, and how it is shown and stopped. */
class Session {
  readonly task: Task;
  readonly order: OrderKind;
  private readonly name: string;
  private readonly options: ExploreOptions;
  private readonly status: LiveStatus = new LiveStatus(process.stderr);
  private readonly signal: AbortSignal = abortOnInterrupt(this.status);

  constructor(name: string, task: Task, options: ExploreOptions) {
    this.name = name;
    this.task = task;
    this.order = task.subject.kind === 'free' ? 'final-state' : 'real-time';
    this.options = options;
  }

  get isInterrupted(): boolean {
    return this.signal.aborted;
  }

  exhaust(): Promise<Explored> {
    const { executions: limit, workers } = this.options;
    return this.watch('all interleavings', (onProgress, stop) =>
      explore(this.task, { workers, limit, onProgress, stop }),
    );
  }

  bounded(bound: number): Promise<Explored & { readonly isWhole: boolean }> {
    return this.watch(`at most ${bound} preemptions`, (onProgress, stop) =>
      exploreBounded(this.task, bound, this.options.executions, onProgress, stop),
    );
  }

  private async watch<Result>(
    what: string,
    search: (onProgress: (executions: number) => void, stop: () => boolean) => Promise<Result>,
  ): Promise<Result> {
    let performed = 0;
    const describe = (seconds: number) => `${this.name}, ${what}: ${grouped(performed)} executions (${seconds} s)`;
    try {
      return await search(
        (executions) => {
          performed += executions;
          this.status.update(this.name, describe);
        },
        () => this.signal.aborted,
      );
    } finally {
      this.status.clear();
    }
  }
}

function taskOf(subject: ExploreSubject, options: ExploreOptions): Task {
  const liberties = { clock: options.clock, spurious: options.spurious ?? false };
  return { subject: subjectName(subject, options), liberties };
}

function subjectName(subject: ExploreSubject, options: ExploreOptions): SubjectName {
  if (subject.kind === 'free') {
    if (options.impl !== undefined)
      throw new UsageError(`${subject.name} is a program of its own: --impl has no part in it`);
    return subject;
  }
  const implementations = chosenImplementations({ impl: options.impl ?? ['reference'] }, () => {});
  const [implementation] = implementations;
  if (implementations.length !== 1 || implementation?.kind !== 'simulated') {
    throw new UsageError('explore needs one implementation on virtual threads: --impl reference or mutant:ID');
  }
  const { capabilities } = new SimulatedDriver(implementation.key, []).info;
  const missing = subject.program.needs.filter((need) => !capabilities.includes(need));
  if (missing.length > 0)
    throw new UsageError(`${implementation.key} lacks ${missing.join(', ')}, which the program needs`);
  const { requirements } = selectRequirements({ requirement: options.requirement, level: 'must', basis: undefined });
  return {
    kind: 'program',
    program: subject.program,
    implementation: implementation.key,
    requirements: requirements.map(({ id }) => id),
  };
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** What the complete executions showed, in words. */
function verdictLines({ shown, verdicts, searched }: Explored, isCovered: boolean): readonly string[] {
  const so = isCovered ? 'upheld' : 'not violated so far';
  const wrong = shown.map(
    ({ name, executions, explanation }) =>
      `violated: ${name}, in ${grouped(executions)} of ${grouped(searched.complete)}: ${explanation}`,
  );
  const upheld = verdicts.filter(([, { kind }]) => kind === 'upheld').map(([id]) => id);
  if (upheld.length > 0) return [...wrong, `${so}: ${upheld.join(' ')}`];
  return wrong.length > 0 || searched.complete === 0 ? wrong : [`${so}: final assertion`];
}

function fairnessText({ livelock, endless }: Fairness): string {
  if (livelock !== undefined) return `violated: livelock, in a fair schedule too: ${livelock}`;
  if (endless === 0) return `no livelock: ${fairExecutions} executions that end in fairness all ended`;
  return `inconclusive: ${endless} of ${fairExecutions} executions that end in fairness hit the step cap, in no cycle`;
}

/** What was searched last, and whether that is all it claims to be. */
type Covered = { readonly explored: Explored; readonly isCovered: boolean };

/** Bounds 0, 1, … in turn; what they show is that of the last, which contains the others. */
async function boundedRounds(session: Session, most: number): Promise<Covered> {
  const { task, order } = session;
  for (let bound = 0; ; bound++) {
    const explored = await session.bounded(bound);
    const text = boundedCertificate(explored, bound, task.liberties, order);
    say(text ?? `≤${bound} preemptions: ${shortfall(explored)}`);
    if (text === undefined) return { explored, isCovered: false };
    if (explored.isWhole) say(`the bound of ${bound} cut nothing: these are all interleavings`);
    if (explored.isWhole || bound === most) return { explored, isCovered: true };
  }
}

/**
 * `crossloop explore`: searches all interleavings of a free program, or of a Program on virtual threads, and says what
 * was covered. Where that is too much it estimates the rest and covers what few preemptions reach.
 */
export async function exploreCommand(text: string, options: ExploreOptions): Promise<ExitCode> {
  const subject = findSubject(text);
  const task = taskOf(subject, options);
  const session = new Session(subject.kind === 'free' ? subject.name : subject.program.name, task, options);
  const { explored, isCovered } =
    options.bound === undefined ? await searchAll(session) : await boundedRounds(session, options.bound);
  const fairness = explored.searched.capped > 0 ? testFairly(task) : undefined;
  const verdicts = verdictLines(explored, isCovered);
  if (verdicts.length > 0) say(...verdicts);
  if (fairness !== undefined) say(fairnessText(fairness));
  for (const shown of explored.shown) say('', ...(await explainShown(task, shown)));
  if (session.isInterrupted) return EXIT.interrupted;
  if (explored.shown.length > 0 || fairness?.livelock !== undefined) return EXIT.violated;
  return isCovered ? EXIT.conforms : EXIT.inconclusive;
}

/** All interleavings; where they are too many, an estimate of how many, and what few preemptions reach. */
async function searchAll(session: Session): Promise<Covered> {
  const { task, order } = session;
  const explored = await session.exhaust();
  const text = certificate(explored, task.liberties, order);
  say(text ?? shortfall(explored));
  if (text !== undefined) return { explored, isCovered: true };
  if (session.isInterrupted || explored.shown.length > 0) return { explored, isCovered: false };
  say(estimateText(estimateTask(task)));
  return boundedRounds(session, FALLBACK_BOUND);
}
