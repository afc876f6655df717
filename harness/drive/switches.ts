import { OP } from '../../impl/platform.ts';
import type { Switch } from '../../spec/result.ts';
import type { Step } from '../explore/engine.ts';
import { CLOCK } from '../explore/strategy.ts';

const NAMES: readonly string[] = Object.entries(OP)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name);

/** Follows a traced execution and says at each stamp why control passed to another thread before it. */
export class SwitchLog {
  readonly switches: Switch[] = [];
  private previous: Step | undefined;
  private readonly stamp: () => number;

  /** `stamp` gives the recorder's next stamp. */
  constructor(stamp: () => number) {
    this.stamp = stamp;
  }

  add(step: Step): void {
    const { previous } = this;
    this.previous = step;
    if (previous === undefined || previous.tid === step.tid) return;
    this.switches.push({ seq: this.stamp(), reason: this.reason(previous, step) });
  }

  private reason(previous: Step, step: Step): string {
    if (step.tid === CLOCK) return 'time passes';
    if (previous.tid === CLOCK) return 'its time has come';
    if (previous.blocked) return 'the one before blocks';
    return `the one before is held up after its ${NAMES[previous.kind]}`;
  }
}
