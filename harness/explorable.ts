import { invariant } from '../spec/assert-never.ts';
import { CATALOGUE } from '../spec/catalogue.ts';
import { check } from '../spec/check.ts';
import type { Program } from '../spec/program.ts';
import { relevantTo } from '../spec/relevance.ts';
import type { Requirement } from '../spec/requirement.ts';
import { mergeVerdicts, type Verdict } from '../spec/verdict.ts';
import { applicable } from './campaign-plan.ts';
import { SimulatedDriver } from './drive/simulated.ts';
import { Engine } from './explore/engine.ts';
import { findFreeProgram } from './explore/programs/catalogue.ts';
import type { FreeProgram } from './explore/programs/free-program.ts';
import type { Liberties, Subject } from './explore/subject.ts';
import { historyKey } from './history-key.ts';

/** What a search is about, as data, so that child processes can be told of it. */
export type SubjectName =
  | { readonly kind: 'free'; readonly name: string }
  /** A program on virtual threads; `implementation` is `reference` or `mutant:ID`. */
  | {
      readonly kind: 'program';
      readonly program: Program;
      readonly implementation: string;
      readonly requirements: readonly string[];
    };

/** Something that is wrong with an execution: the requirement it violates, or the program's own final assertion. */
type Wrong = { readonly name: string; readonly explanation: string };

/** A subject on an engine of its own, and who judges it. */
export type Explorable = {
  readonly engine: Engine;
  readonly subject: Subject;
  /** Judges the execution that the engine's machine has just completed. */
  judge(): readonly Wrong[];
  /** Of all executions judged so far; empty where a final assertion takes the place of requirements. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
};

/** The name under which a free program's own assertion is counted. */
const ASSERTION = 'final assertion';

class ExplorableFree implements Explorable {
  readonly engine: Engine = new Engine();
  readonly subject: FreeProgram;
  readonly verdicts: ReadonlyMap<string, Verdict> = new Map();

  constructor(name: string) {
    const program = findFreeProgram(name);
    invariant(program !== undefined, `no free program "${name}"`);
    this.subject = program;
  }

  judge(): readonly Wrong[] {
    const { machine } = this.engine;
    const explanation = this.subject.failure({ isDone: machine.isDone, words: machine.objects.memory });
    return explanation === undefined ? [] : [{ name: ASSERTION, explanation }];
  }
}

/** Judges each distinct history once: the checker is asked for the first of those with the same provable orders. */
class ExplorableProgram implements Explorable {
  readonly engine: Engine;
  readonly subject: Subject;
  readonly verdicts: Map<string, Verdict> = new Map();
  private readonly driver: SimulatedDriver;
  private readonly relevant: readonly Requirement[];
  private readonly judged: Map<string, readonly Wrong[]> = new Map();
  private readonly clock: Liberties['clock'];

  constructor(
    { program, implementation, requirements }: Extract<SubjectName, { kind: 'program' }>,
    clock: Liberties['clock'],
  ) {
    this.driver = new SimulatedDriver(implementation, []);
    this.engine = this.driver.engine;
    this.subject = this.driver.subject(program);
    this.clock = clock;
    const asked = CATALOGUE.filter(({ id }) => requirements.includes(id));
    this.relevant = relevantTo(program, applicable(asked, this.driver));
  }

  judge(): readonly Wrong[] {
    const history = this.driver.history(this.engine.machine.isDone ? 'done' : 'deadlock', this.clock);
    const key = historyKey(history);
    let wrongs = this.judged.get(key);
    if (wrongs === undefined) {
      const found: Wrong[] = [];
      for (const [id, verdict] of check(history, this.relevant)) {
        const before = this.verdicts.get(id);
        this.verdicts.set(id, before === undefined ? verdict : mergeVerdicts(before, verdict));
        if (verdict.kind === 'violated') found.push({ name: id, explanation: verdict.violation.explanation });
      }
      wrongs = found;
      this.judged.set(key, wrongs);
    }
    return wrongs;
  }
}

export function openExplorable(name: SubjectName, clock: Liberties['clock']): Explorable {
  return name.kind === 'free' ? new ExplorableFree(name.name) : new ExplorableProgram(name, clock);
}
