import { counterexampleLines } from '../../reports/counterexample.ts';
import { CATALOGUE } from '../../spec/catalogue.ts';
import { Explainer } from '../counterexample.ts';
import { SimulatedDriver } from '../drive/simulated.ts';
import { openExplorable, type SubjectName } from '../explorable.ts';
import type { Shown, Task } from '../exploration.ts';
import { Follow } from '../explore/follow.ts';
import type { FreeProgram } from '../explore/programs/free-program.ts';
import { shrinkFree } from '../shrink/free.ts';
import { formatToken, freeProgramHash } from '../shrink/token.ts';
import { freeInterleaving } from './free-interleaving.ts';

/** A failure that a search met, shrunk and confirmed, as a person reads and replays it. */
export async function explainShown(task: Task, shown: Shown): Promise<readonly string[]> {
  const { subject } = task;
  return subject.kind === 'free' ? explainFree(task, shown) : explainProgram(subject, task, shown);
}

async function explainFree(task: Task, { order, explanation }: Shown): Promise<readonly string[]> {
  const { engine, subject } = openExplorable(task.subject, task.liberties.clock);
  const program = subject as FreeProgram;
  engine.run(program, new Follow(order), task.liberties);
  const raw = engine.deviations();
  const shrunk = await shrinkFree(program, engine, task.liberties, raw);
  if (shrunk === undefined)
    return [`crossloop bug: the failure of ${program.name} did not show again in its own order of steps`];
  const { deviations, criticalSwap, preemptions } = shrunk;
  const token = (schedule: typeof deviations) =>
    formatToken({ hash: freeProgramHash(program.name), ...task.liberties, deviations: schedule });
  return [
    ...freeInterleaving(program, engine, task.liberties, deviations),
    '',
    explanation,
    `The schedule makes ${deviations.length} ${deviations.length === 1 ? 'deviation' : 'deviations'} from "run until it blocks" (shrunk from ${raw.length}), ${preemptions} of them ${preemptions === 1 ? 'a preemption' : 'preemptions'}.`,
    ...(criticalSwap === undefined
      ? []
      : [
          `Critical:  ${criticalSwap.first} comes before ${criticalSwap.second}; the other way round nothing fails:`,
          `           npx crossloop replay ${token(criticalSwap.passing)}`,
        ]),
    `Replay:    npx crossloop replay ${token(deviations)}`,
  ];
}

async function explainProgram(
  { program, implementation }: Extract<SubjectName, { kind: 'program' }>,
  { liberties }: Task,
  { name, order, executions }: Shown,
): Promise<readonly string[]> {
  const driver = new SimulatedDriver(implementation, ['--impl', implementation]);
  const seen = driver.perform(program, { kind: 'follow', ...liberties, order });
  const requirement = CATALOGUE.find(({ id }) => id === name);
  if (seen.kind !== 'history' || requirement === undefined) return [`${name}: the failure did not show again`];
  const { history, how } = seen;
  const planned = { origin: 'exploration', block: 0, index: 0, program } as const;
  const found = { requirement: name, block: 0, index: 0, executions, how, history, stacks: [] };
  const explained = await new Explainer(driver, requirement, found, planned, () => 0).explain();
  if (explained.kind === 'fault') return [`${name}: ${explained.fault.message}; ${explained.fault.hint}`];
  if (explained.kind === 'inconclusive') return [`${name}: ${explained.reason}`];
  return counterexampleLines(explained, requirement, driver.info);
}
