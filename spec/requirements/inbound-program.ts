import type { Body, Program, Step } from '../program.ts';
import { callback, fixedProgram, idle, task, thread } from './builder.ts';

type Parts = {
  /** Profiles and capabilities beyond ON-LOOP and INBOUND. */
  readonly needs?: readonly string[];
  /** Gates beyond `made`, which the root opens when every slot it fills is filled. */
  readonly gates?: readonly string[];
  readonly bodies?: Program['bodies'];
  /** Foreign threads by name: what each does once `made` is open. */
  readonly threads: { readonly [name: string]: readonly Step[] };
  /** What the root does before it opens `made`, and between that and its first await. */
  readonly prepare?: readonly Step[];
  readonly meanwhile?: readonly Step[];
  /** Slots that the root awaits beyond the ends of the threads. */
  readonly awaits?: readonly string[];
  /** Steps of `main` before the threads are spawned, and after the loop was drained. */
  readonly before?: readonly Step[];
  readonly after?: readonly Step[];
};

/**
 * A program in which foreign threads talk to a loop whose root awaits them: thread `asker` ends by handing over a
 * callback, inside `finally`, that completes the future `askerDone`. Without other steps it arms no timer of the loop.
 */
export function inboundProgram(name: string, parts: Parts): Program {
  const names = Object.keys(parts.threads);
  const bodies: { [name: string]: Body } = {
    root: task(
      ...names.map((of): Step => ({ op: 'createFuture', to: `${of}Done` })),
      ...(parts.prepare ?? []),
      { op: 'signal', gate: 'made' },
      ...(parts.meanwhile ?? []),
      ...[...names.map((of) => `${of}Done`), ...(parts.awaits ?? [])].map((of): Step => ({ op: 'await', of })),
    ),
    ...parts.bodies,
  };
  for (const [of, steps] of Object.entries(parts.threads)) {
    bodies[of] = thread(
      { op: 'waitGate', gate: 'made' },
      { op: 'try', steps, finally: [{ op: 'callSoonThreadsafe', body: `${of}Finish` }] },
    );
    bodies[`${of}Finish`] = callback({ op: 'setResult', of: `${of}Done`, value: null });
  }
  return fixedProgram(name, {
    needs: ['INBOUND', 'ON-LOOP', ...(parts.needs ?? [])],
    gates: ['made', ...(parts.gates ?? [])],
    bodies,
    main: [
      { op: 'newLoop' },
      ...(parts.before ?? []),
      ...names.map((body): Step => ({ op: 'spawn', body })),
      { op: 'runUntil', body: 'root' },
      { op: 'quiesce' },
      ...(parts.after ?? []),
      { op: 'join' },
      { op: 'close' },
    ],
  });
}

/** `steps`, whose failure with `error` is what the program wants. */
export function expecting(error: string, ...steps: readonly Step[]): Step {
  return { op: 'try', steps, on: error, then: [] };
}

/** An example whose idle loop went on after `events`, was drained, and ended by its own logic. */
export function finished(events: string): string {
  return `${idle(events)} ; L resm R id=w ; L ret w ; L end R ; M loop stop ; M ret R ; M inv q quiesce ; M loop start ; M loop stop ; M ret q v=3 ; M inv z close ; M ret z ; M loop closed ; M eot done`;
}

/** An example with one foreign submission of a coroutine `co`, accepted as `a`, while the loop is idle. */
export const SUBMITTED = 'F1 inv a runCoroutineThreadsafe body=co ; F1 ret a v={"ref":"a"}';
