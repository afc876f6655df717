import { check } from '../../spec/check.ts';
import type { History } from '../../spec/history.ts';
import type { Requirement } from '../../spec/requirement.ts';
import type { Deviation } from '../../spec/result.ts';
import type { Violation } from '../../spec/verdict.ts';
import type { Observation, Trial } from '../drive/driver.ts';
import type { StampedStep } from '../drive/switches.ts';
import type { Tid } from '../explore/strategy.ts';
import type { Liberties } from '../explore/subject.ts';
import { signatureOf } from '../signature.ts';
import type { Performed, Performer } from './performer.ts';

type Seen = Extract<Observation, { kind: 'history' }>;

/** An execution of a Program on virtual threads; `violation` is there if it fails. */
export type PerformedProgram = Performed & {
  readonly trace: readonly StampedStep[];
  readonly history: History;
  readonly seen: Seen;
  readonly violation: Violation | undefined;
};

/**
 * Performs a Program under the same liberties and judges it by one requirement. A failure is alike if its signature is the
 * same; an execution passes only if it ran to its end and the requirement was put to the test and upheld.
 */
export class ProgramPerformer implements Performer<PerformedProgram> {
  private readonly perform: (trial: Trial) => Promise<Observation | undefined>;
  private readonly requirement: Requirement;
  private readonly signature: string;
  private readonly liberties: Liberties;

  /** `perform` performs the program on a driver, or gives up. */
  constructor(
    perform: (trial: Trial) => Promise<Observation | undefined>,
    requirement: Requirement,
    signature: string,
    liberties: Liberties,
  ) {
    this.perform = perform;
    this.requirement = requirement;
    this.signature = signature;
    this.liberties = liberties;
  }

  async replay(deviations: readonly Deviation[]): Promise<PerformedProgram | undefined> {
    return this.judged({ kind: 'replay', how: { kind: 'schedule', ...this.liberties, deviations }, lenient: true });
  }

  /** As `replay`, but every deviation must fit. */
  async replayStrictly(deviations: readonly Deviation[]): Promise<PerformedProgram | undefined> {
    return this.judged({ kind: 'replay', how: { kind: 'schedule', ...this.liberties, deviations }, lenient: false });
  }

  async follow(order: readonly Tid[]): Promise<PerformedProgram | undefined> {
    return this.judged({ kind: 'follow', ...this.liberties, order });
  }

  private async judged(trial: Trial): Promise<PerformedProgram | undefined> {
    const seen = await this.perform(trial);
    if (seen?.kind !== 'history' || seen.how.kind !== 'schedule') return undefined;
    const { history, steps = [], trace = [] } = seen;
    const verdict = check(history, [this.requirement]).get(this.requirement.id);
    const violation = verdict?.kind === 'violated' ? verdict.violation : undefined;
    const isAlike = violation !== undefined && signatureOf(this.requirement.id, violation.events) === this.signature;
    const end = history.at(-1);
    const passes = verdict?.kind === 'upheld' && end?.ev === 'eot' && end.reason === 'done';
    const outcome = isAlike ? 'fails' : passes ? 'passes' : 'other';
    return { deviations: seen.how.deviations, steps, trace, outcome, history, seen, violation };
  }
}
