import { OP } from '../../impl/platform.ts';
import type { EndReason } from '../../spec/history.ts';
import type { Deviation } from '../../spec/result.ts';
import * as limits from '../limits.ts';
import { type Liberties, Machine, type Subject } from './machine.ts';
import { CLOCK, defaultPick, NOBODY, type Strategy, type Tid } from './strategy.ts';

/** One step as a person reads it, kept only when an execution is traced. */
export type Step = { readonly tid: Tid; readonly kind: number; readonly object: number; readonly blocked: boolean };

export type Execution = {
  readonly reason: Extract<EndReason, 'done' | 'deadlock' | 'step-cap'>;
  readonly steps: number;
  /** Moves at which more than one thread could go on. */
  readonly decisions: number;
  /** Times the clock moved: 0 in a program without timed operations, whatever the schedule. */
  readonly advances: number;
};

/**
 * Performs executions, one after the other, with a strategy's choices: everything is a function of these. With nobody
 * enabled and no deadline pending an execution is over, or it is an exact deadlock if one of its first threads has not
 * ended.
 */
export class Engine {
  readonly machine: Machine = new Machine();
  /** Three integers for each deviation from the default policy in the last execution. */
  private readonly taken: number[] = [];

  run(subject: Subject, strategy: Strategy, liberties: Liberties, onStep?: (step: Step) => void): Execution {
    const { machine, taken } = this;
    taken.length = 0;
    strategy.begin();
    machine.begin(subject, liberties);
    let decisions = 0;
    let choices = machine.choices();
    while (choices !== 0 && machine.steps < limits.stepsPerExecutionMax) {
      let tid = 31 - Math.clz32(choices);
      if ((choices & (choices - 1)) !== 0) {
        decisions++;
        tid = strategy.pick(choices, machine);
        if (tid !== defaultPick(choices, machine)) {
          const { last } = machine;
          taken.push(last, last === NOBODY ? 0 : machine.performed[last]!, tid);
        }
      }
      if (onStep === undefined) machine.perform(tid);
      else onStep(this.traced(tid));
      choices = machine.choices();
    }
    strategy.end(machine);
    const ended = machine.isDone ? 'done' : 'deadlock';
    const reason = choices !== 0 ? 'step-cap' : ended;
    return { reason, steps: machine.steps, decisions, advances: machine.performed[CLOCK]! };
  }

  /** The schedule of the last execution, as its deviations from the default policy. */
  deviations(): readonly Deviation[] {
    const { taken } = this;
    const deviations: Deviation[] = [];
    for (let at = 0; at < taken.length; at += 3) {
      deviations.push({ after: taken[at]!, operation: taken[at + 1]!, to: taken[at + 2]! });
    }
    return deviations;
  }

  private traced(tid: Tid): Step {
    const { machine } = this;
    if (tid === CLOCK) {
      machine.perform(tid);
      return { tid, kind: OP.now, object: 0, blocked: false };
    }
    const { kind, object } = machine.pending(tid);
    machine.perform(tid);
    return { tid, kind, object, blocked: machine.isWaiting(tid) };
  }
}
