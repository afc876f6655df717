import type { ClockMode } from '../../spec/result.ts';
import { boundedCertificate, certificate, estimateText, grouped, type OrderKind, shortfall } from '../certificate.ts';
import { SimulatedDriver } from '../drive/simulated.ts';
import type { SubjectName } from '../explorable.ts';
import { type Explored, estimateTask, exploreBounded, type Task } from '../exploration.ts';
import { explore } from '../exploration-pool.ts';
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
  return { subject: subjectName(subject, options), liberties, reduction: 'sleep-sets' };
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
function verdictLines({ shown, verdicts, searched }: Explored): readonly string[] {
  const wrong = shown.map(
    ({ name, executions, explanation }) =>
      `violated: ${name}, in ${grouped(executions)} of ${grouped(searched.complete)}: ${explanation}`,
  );
  const upheld = verdicts.filter(([, { kind }]) => kind === 'upheld').map(([id]) => id);
  if (upheld.length > 0) return [...wrong, `upheld: ${upheld.join(' ')}`];
  return wrong.length > 0 || searched.complete === 0 ? wrong : ['upheld: final assertion'];
}

/** Bounds 0, 1, … in turn; what they show is that of the last, which contains the others. */
async function boundedRounds(session: Session, most: number): Promise<Explored | undefined> {
  const { task, order } = session;
  let last: Explored | undefined;
  for (let bound = 0; bound <= most && !session.isInterrupted; bound++) {
    const explored = await session.bounded(bound);
    last = explored;
    const text = boundedCertificate(explored, bound, task.liberties, order);
    if (text === undefined) {
      say(`≤${bound} preemptions: ${shortfall(explored)}`);
      return explored;
    }
    say(text);
    if (explored.isWhole) {
      say(`no interleaving has more than ${bound} preemptions that the bound could cut: this is all of them`);
      return explored;
    }
  }
  return last;
}

/**
 * `crossloop explore`: searches all interleavings of a free program, or of a Program on virtual threads, and says what
 * was covered. Where that is too much it estimates the rest and covers what few preemptions reach.
 */
export async function exploreCommand(text: string, options: ExploreOptions): Promise<ExitCode> {
  const subject = findSubject(text);
  const task = taskOf(subject, options);
  const session = new Session(subject.kind === 'free' ? subject.name : subject.program.name, task, options);
  let isCovered = false;
  let explored: Explored | undefined;
  if (options.bound === undefined) {
    explored = await session.exhaust();
    const text = certificate(explored, task.liberties, session.order);
    isCovered = text !== undefined;
    say(text ?? shortfall(explored));
    if (!isCovered && !session.isInterrupted && explored.shown.length === 0) {
      say(estimateText(estimateTask(task)));
      explored = (await boundedRounds(session, FALLBACK_BOUND)) ?? explored;
    }
  } else {
    explored = await boundedRounds(session, options.bound);
    isCovered = explored?.searched.isEmptied ?? false;
  }
  if (explored !== undefined) say(...verdictLines(explored));
  for (const shown of explored?.shown ?? []) say('', ...(await explainShown(task, shown)));
  if (session.isInterrupted) return EXIT.interrupted;
  if ((explored?.shown.length ?? 0) > 0) return EXIT.violated;
  return isCovered || (explored?.searched.isEmptied ?? false) ? EXIT.conforms : EXIT.inconclusive;
}
