import { allSteps, type Program, programSteps, type Step } from '../spec/program.ts';

const LOOP_THREAD = 'L';

/** Which names (of slots, or tags) steps on more than one thread use: only these need anything shared. */
export type Sharing = { readonly slots: ReadonlySet<string>; readonly tags: ReadonlySet<string> };

class Users {
  private readonly threadsOf: Map<string, Set<string>> = new Map();

  add(name: string, threads: readonly string[]): void {
    const known = this.threadsOf.get(name) ?? new Set();
    for (const thread of threads) known.add(thread);
    this.threadsOf.set(name, known);
  }

  shared(): ReadonlySet<string> {
    return new Set([...this.threadsOf].filter(([, threads]) => threads.size > 1).map(([name]) => name));
  }
}

/** Bodies that main spawns exactly once: each is one thread. `main` alone may spawn. */
function spawnedOnce(program: Program): ReadonlySet<string> {
  const times = new Map<string, number>();
  const count = (steps: readonly Step[], weight: number): void => {
    for (const step of steps) {
      if (step.op === 'spawn') times.set(step.body, (times.get(step.body) ?? 0) + weight);
      if (step.op === 'repeat') count(step.steps, 2);
      if (step.op === 'try') for (const block of [step.steps, step.then, step.finally]) count(block ?? [], weight);
    }
  };
  count(program.main, 1);
  return new Set([...times].filter(([, spawns]) => spawns === 1).map(([name]) => name));
}

/** Callbacks that the thread which completes a concurrent future performs, whichever it is. */
function noticeBodies(program: Program): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [step] of programSteps(program)) if (step.op === 'concurrentAddDoneCallback') names.add(step.body);
  return names;
}

/** O(steps). What executor workers and completing threads perform counts as several threads: any of them may. */
export function findSharing(program: Program): Sharing {
  const single = spawnedOnce(program);
  const notices = noticeBodies(program);
  const threadsOf = (name: string): readonly string[] => {
    const { kind } = program.bodies[name]!;
    if (kind === 'task' || (kind === 'callback' && !notices.has(name))) return [LOOP_THREAD];
    const own = `${kind} ${name}`;
    return single.has(name) ? [own] : [own, `${own} again`];
  };
  const slots = new Users();
  const tags = new Users();
  const note = (steps: readonly Step[], threads: readonly string[]): void => {
    for (const step of allSteps(steps)) {
      if ('of' in step && typeof step.of === 'string') slots.add(step.of, threads);
      if ('executor' in step && step.executor !== undefined) slots.add(step.executor, threads);
      if ('to' in step && step.to !== undefined) slots.add(step.to, threads);
      if (step.op === 'cellWrite' || step.op === 'cellRead') tags.add(step.tag, threads);
    }
  };
  note(program.main, [LOOP_THREAD]);
  for (const [name, body] of Object.entries(program.bodies)) note(body.steps, threadsOf(name));
  return { slots: slots.shared(), tags: tags.shared() };
}
