import { OP } from '../../impl/platform.ts';
import type { EndReason } from '../../spec/history.ts';
import type { Deviation } from '../../spec/result.ts';
import * as limits from '../limits.ts';
import { threadOf } from './access.ts';
import { Machine } from './machine.ts';
import { CLOCK, defaultPick, NOBODY, type Strategy, type Tid } from './strategy.ts';
import type { Liberties, Subject } from './subject.ts';

const THREADS = 32;

/** One step as a person reads it, kept only when an execution is traced, and whether its thread can go on after it. */
export type Step = {
  readonly tid: Tid;
  readonly kind: number;
  readonly object: number;
  readonly blocked: boolean;
  readonly ended: boolean;
};

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
  /** Three integers for each decision of the last execution: its step, what was offered, and what of it reluctantly. */
  private readonly decided: Int32Array = new Int32Array(limits.stepsPerExecutionMax * 3);
  private decisions = 0;

  run(subject: Subject, strategy: Strategy, liberties: Liberties, onStep?: (step: Step) => void): Execution {
    const { machine, decided } = this;
    strategy.begin();
    machine.begin(subject, liberties);
    let decisions = 0;
    let choices = machine.choices();
    while (choices !== 0 && machine.steps < limits.stepsPerExecutionMax) {
      let tid = 31 - Math.clz32(choices);
      if ((choices & (choices - 1)) !== 0) {
        const at = decisions++ * 3;
        decided[at] = machine.steps;
        decided[at + 1] = choices;
        decided[at + 2] = machine.reluctant;
        tid = strategy.pick(choices, machine);
      }
      if (onStep === undefined) machine.perform(tid);
      else onStep(this.traced(tid));
      choices = machine.choices();
    }
    this.decisions = decisions;
    strategy.end(machine);
    const ended = machine.isDone ? 'done' : 'deadlock';
    const reason = choices !== 0 ? 'step-cap' : ended;
    return { reason, steps: machine.steps, decisions, advances: machine.advances };
  }

  /** The schedule of the last execution, as its deviations from the default policy. */
  deviations(): readonly Deviation[] {
    const { decided, machine } = this;
    const deviations: Deviation[] = [];
    const performed = new Int32Array(THREADS);
    let last: Tid = NOBODY;
    let at = 0;
    for (let step = 0; step < machine.steps; step++) {
      const to = threadOf(machine.log[step]!);
      if (at < this.decisions * 3 && decided[at] === step) {
        const byDefault = defaultPick(decided[at + 1]!, { last, reluctant: decided[at + 2]! });
        if (to !== byDefault) deviations.push({ after: last, operation: last === NOBODY ? 0 : performed[last]!, to });
        at += 3;
      }
      performed[to]!++;
      last = to;
    }
    return deviations;
  }

  private traced(tid: Tid): Step {
    const { machine } = this;
    if (tid === CLOCK) {
      machine.perform(tid);
      return { tid, kind: OP.now, object: 0, blocked: false, ended: false };
    }
    const { kind, object } = machine.pending(tid);
    machine.perform(tid);
    const canGoOn = (machine.choices() & ~machine.reluctant & (1 << tid)) !== 0;
    const ended = !machine.isAlive(tid);
    return { tid, kind, object, blocked: !canGoOn && !ended, ended };
  }
}
