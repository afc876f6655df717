import { programNeeds } from '../../spec/capability.ts';
import type { Body, BodyKind, Program, Step } from '../../spec/program.ts';

/**
 * Collects the bodies, gates and slots of one program while a plan is turned into steps. Every plan assembles into a
 * well-formed program: names are made here, each slot is written by one step of a body that is scheduled once.
 */
export class Assembly {
  private readonly bodies: { [name: string]: Body } = {};
  private readonly gates: string[] = [];
  private readonly counters: { [prefix: string]: number } = {};

  /** A name not used before, such as `task3`. */
  name(prefix: string): string {
    const next = (this.counters[prefix] ?? 0) + 1;
    this.counters[prefix] = next;
    return `${prefix}${next}`;
  }

  gate(prefix: string): string {
    const gate = this.name(prefix);
    this.gates.push(gate);
    return gate;
  }

  body(prefix: string, kind: BodyKind, steps: readonly Step[]): string {
    const name = this.name(prefix);
    this.bodies[name] = { kind, steps };
    return name;
  }

  /** The program, with `root` as the task that `main` runs. */
  finish(name: string, root: readonly Step[], main: readonly Step[]): Program {
    const program: Program = {
      format: 1,
      name,
      needs: [],
      gates: this.gates,
      bodies: { root: { kind: 'task', steps: root }, ...this.bodies },
      main,
    };
    return { ...program, needs: programNeeds(program) };
  }
}

/** The usual `main`: new loop, threads, root, drain, join, close. */
export function usualMain(threads: readonly string[]): readonly Step[] {
  return [
    { op: 'newLoop' },
    ...threads.map((body): Step => ({ op: 'spawn', body })),
    { op: 'runUntil', body: 'root' },
    { op: 'quiesce' },
    { op: 'join' },
    { op: 'close' },
  ];
}

/** Performs the steps and goes on whatever error of that kind they end with. */
export function guarded(steps: readonly Step[], on = 'ANY', then: readonly Step[] = []): Step {
  return { op: 'try', steps, on, then };
}
