import type { Body, Program, Step } from '../program.ts';

/** Short forms for the fixed programs and examples of requirements; they add nothing that one could not write out. */
export function task(...steps: readonly Step[]): Body {
  return { kind: 'task', steps };
}

export function callback(...steps: readonly Step[]): Body {
  return { kind: 'callback', steps };
}

export function worker(...steps: readonly Step[]): Body {
  return { kind: 'worker', steps };
}

export function thread(...steps: readonly Step[]): Body {
  return { kind: 'thread', steps };
}

type Parts = {
  readonly needs: readonly string[];
  readonly gates?: readonly string[];
  readonly bodies: Program['bodies'];
  /** Threads that `main` spawns before it runs the body `root`. */
  readonly spawn?: readonly string[];
  /** Replaces the default `main`. */
  readonly main?: readonly Step[];
};

/** A program with the default ending of `main`: newLoop, spawn, runUntil root, quiesce, join, close. */
export function fixedProgram(name: string, parts: Parts): Program {
  const main: readonly Step[] = parts.main ?? [
    { op: 'newLoop' },
    ...(parts.spawn ?? []).map((body): Step => ({ op: 'spawn', body })),
    { op: 'runUntil', body: 'root' },
    { op: 'quiesce' },
    { op: 'join' },
    { op: 'close' },
  ];
  return { format: 1, name, needs: parts.needs, gates: parts.gates ?? [], bodies: parts.bodies, main };
}

/** An example whose root body is open: what follows the usual beginning of `main`. */
export function running(events: string): string {
  return `M inv N newLoop ; M ret N ; M inv R runUntil body=root ; M loop start ; L run R root ; ${events}`;
}

/** The same with the usual ending, after which the loop has drained and is closed. */
export function drained(events: string): string {
  return `${running(events)} ; L end R ; M loop stop ; M ret R ; M inv q quiesce ; M loop start ; M loop stop ; M ret q v=3 ; M inv c close ; M ret c ; M loop closed ; M eot done`;
}

/** An example whose root waits for a future `f` that nothing in it completes: the loop is idle. */
export function idle(events: string): string {
  return running(`L inv f createFuture ; L ret f ; L inv w await of=f ; L susp R id=w on=f ; ${events}`);
}
