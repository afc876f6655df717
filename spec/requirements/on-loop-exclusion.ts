import type { Event, OpId } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed, scheduledBody } from '../indexed-history.ts';
import { isAccepted } from '../obligation.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import {
  hasOneLoop,
  isLoopBody,
  isMisused,
  isOnLoop,
  MUST_ON_LOOP,
  nameOf,
  UNJUDGED,
  violated,
  whenInvoked,
} from './on-loop-facts.ts';

/** A stretch in which one body ran without a break: from `run` or `resm` to `susp` or `end`. */
type Slice = { readonly inst: OpId; readonly from: Event; to: Event | undefined };

/** Follows the loop's thread and finds a slice that began inside another one, outside any call of that one. */
class SliceTracker {
  readonly slices: Slice[] = [];
  private readonly open: Slice[] = [];
  private readonly openCalls: Map<OpId, number> = new Map();
  private readonly history: IndexedHistory;

  constructor(history: IndexedHistory) {
    this.history = history;
  }

  /** The slice that was interrupted by the body that this event began or resumed, if any. */
  add(event: Event): Slice | undefined {
    switch (event.ev) {
      case 'inv':
        this.count(event.inst, 1);
        return undefined;
      case 'ret': {
        const operation = this.history.operations.get(event.id);
        if (operation !== undefined) this.count(operation.inv.inst, -1);
        return undefined;
      }
      case 'run':
      case 'resm':
        return this.begin(event, event.inst);
      case 'susp':
      case 'end':
        this.finish(event, event.inst);
        return undefined;
      default:
        return undefined;
    }
  }

  private count(inst: OpId, change: number): void {
    this.openCalls.set(inst, (this.openCalls.get(inst) ?? 0) + change);
  }

  private begin(event: Event, inst: OpId): Slice | undefined {
    if (!isLoopBody(this.history.instances.get(inst)?.operation)) return undefined;
    const outer = this.open.at(-1);
    if (outer !== undefined && (this.openCalls.get(outer.inst) ?? 0) <= 0) return outer;
    const slice: Slice = { inst, from: event, to: undefined };
    this.open.push(slice);
    this.slices.push(slice);
    return undefined;
  }

  private finish(event: Event, inst: OpId): void {
    const at = this.open.findLastIndex((slice) => slice.inst === inst);
    if (at < 0) return;
    this.open[at]!.to = event;
    this.open.splice(at, 1);
  }
}

/** Callbacks of the loop that another thread ran from beginning to end, unless such a thread was let to run the loop. */
function foreignSlices(history: IndexedHistory): readonly Slice[] {
  if (!hasOneLoop(history)) return [];
  const runs = operationsNamed(history, 'runForever', 'runUntil');
  if (runs.some((operation) => !isOnLoop(operation.inv) && operation.ret?.err === undefined)) return [];
  const slices: Slice[] = [];
  for (const { id, operation, runs: begun, ends } of history.instances.values()) {
    const [from] = begun;
    const [to] = ends;
    if (from === undefined || to === undefined || isOnLoop(from) || to.th !== from.th) continue;
    const isCallback = operation?.op.startsWith('call') || operation?.op === 'addDoneCallback';
    if (isCallback && isLoopBody(operation)) slices.push({ inst: id, from, to });
  }
  return slices;
}

/**
 * `run` and `resm` are late and `susp` and `end` early, so two slices whose stamps overlap overlapped for certain, on
 * whichever threads.
 */
function overlapAcrossThreads(slices: readonly Slice[]): readonly [Slice, Slice] | undefined {
  let longest: Slice | undefined;
  for (const slice of [...slices].sort((a, b) => a.from.seq - b.from.seq)) {
    if (slice.to === undefined) continue;
    if (longest !== undefined && slice.from.seq < longest.to!.seq && slice.from.th !== longest.from.th) {
      return [longest, slice];
    }
    if (longest === undefined || slice.to.seq > longest.to!.seq) longest = slice;
  }
  return undefined;
}

function judgeExclusion(history: IndexedHistory): Judgement {
  if (isMisused(history)) return UNJUDGED;
  const tracker = new SliceTracker(history);
  const bodies = new Set<OpId>();
  for (const event of history.loopThread) {
    const outer = tracker.add(event);
    if (outer !== undefined && (event.ev === 'run' || event.ev === 'resm')) {
      const what = `${event.inst} ${event.ev === 'run' ? 'began' : 'went on'} while ${outer.inst} was running`;
      return violated(Math.max(0, bodies.size - 1), `${what}: two bodies of the loop overlapped`, outer.from, event);
    }
    if (event.ev === 'run' && isLoopBody(history.instances.get(event.inst)?.operation)) bodies.add(event.inst);
  }
  const foreign = foreignSlices(history);
  const evidence = Math.max(0, bodies.size + foreign.length - 1);
  const overlap = foreign.length === 0 ? undefined : overlapAcrossThreads([...tracker.slices, ...foreign]);
  if (overlap === undefined) return { evidence };
  const [one, other] = overlap;
  return violated(
    evidence - 1,
    `${other.inst} ran on ${other.from.th} while ${one.inst} was running on ${one.from.th}: two bodies of the loop overlapped`,
    one.from,
    other.from,
    one.to,
    other.to,
  );
}

/** Operations that make a new task out of a body, and were not asked to start it at once. */
function isNewTask(operation: Operation): boolean {
  return isOnLoop(operation.inv) && operation.args['body'] !== undefined && operation.args['eager'] !== true;
}

function judgeTaskStart(history: IndexedHistory): Judgement {
  let evidence = 0;
  for (const operation of operationsNamed(history, 'createTask', 'ensureFuture')) {
    const run = scheduledBody(history, operation)?.runs[0];
    if (run === undefined || !isNewTask(operation) || !isAccepted(operation)) continue;
    if (precedes(run, operation.ret!)) {
      return violated(
        evidence,
        `the new task ${nameOf(operation)} ran inside the ${operation.op} that made it`,
        operation.inv,
        run,
        operation.ret,
      );
    }
    evidence++;
  }
  return { evidence };
}

const TWO_READY = 'L inv a callSoon body=x ; L ret a ; L inv b callSoon body=y ; L ret b ; L end R';

export const bodiesExcludeEachOther: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-03',
  slug: 'bodies-never-overlap',
  area: 'ordering',
  basis: 'pep',
  statement: 'Callbacks and task steps of one loop are mutually exclusive: no two run..end intervals overlap.',
  source: 'PEP 3156 Mutual Exclusion of Callbacks',
  evidence: 'a body that the loop ran, beside at least one other',
  hint: 'who runs callbacks: one thread, one at a time, never from inside another body or on the submitting thread',
  judge: judgeExclusion,
  examples: {
    upholds: [running(`${TWO_READY} ; L run a x ; L end a ; L run b y ; L end b ; M eot done`)],
    violates: [
      running(`${TWO_READY} ; L run a x ; L run b y ; L end b ; L end a ; M eot done`),
      running(
        'L inv a callSoon body=x ; L ret a ; L inv p yield ; L susp R id=p on=p ; L run a x ; L resm R id=p ; L ret p ; L end R ; L end a ; M eot done',
      ),
      running(
        'L inv p yield ; L susp R id=p on=p ; L resm R id=p ; L ret p ; F1 inv a callSoonThreadsafe body=x ; F1 run a x ; L mark m ; L end R ; F1 end a ; F1 ret a ; M eot done',
      ),
    ],
    unexercised: [running('L end R ; M eot done')],
    noFalseAlarm: [
      // An inline await; the body inside it suspends, others run, it goes on.
      running(
        'L inv a callSoon body=x ; L ret a ; L inv i await body=co ; L susp R id=i on=i ; L run i co ; L inv p yield ; L susp i id=p on=p ; L run a x ; L end a ; L resm i id=p ; L ret p ; L end i ; L resm R id=i ; L ret i ; L end R ; M eot done',
      ),
      // An eager task runs inside the call that makes it; a suspended body that is never resumed is in nobody's way.
      running(
        'L inv f createFuture ; L ret f ; L inv t createTask body=x eager=true ; L run t x ; L inv w await of=f ; L susp t id=w on=f ; L ret t ; L end R ; M eot done',
      ),
      // Executor work is no body of the loop.
      running('L inv x runInExecutor body=k ; L ret x ; W1 run x k ; L mark m ; W1 end x ; L end R ; M eot done'),
      // While the root is suspended the wrong thread overlaps with nobody.
      running(
        'L inv p yield ; L susp R id=p on=p ; F1 inv a callSoonThreadsafe body=x ; F1 run a x ; F1 end a ; F1 ret a ; L resm R id=p ; L ret p ; L end R ; M eot done',
      ),
      // A loop of another thread is another loop.
      'M inv N newLoop ; M ret N ; M inv P newLoop ; M ret P ; F1 inv s runForever loop=P ; M inv R runUntil body=root loop=N ; L run R root ; F1 run a x ; L mark m ; F1 end a ; L end R ; M eot done',
    ],
  },
  program: fixedProgram('A-ORD-03', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'done' },
        { op: 'addDoneCallback', of: 'done', body: 'plain' },
        { op: 'createTask', body: 'child', to: 'child' },
        { op: 'callSoon', body: 'plain' },
        { op: 'callLater', delayUs: 500, body: 'setter' },
        { op: 'await', body: 'inline' },
        { op: 'await', of: 'done' },
        { op: 'await', of: 'child' },
      ),
      inline: task({ op: 'yield' }, { op: 'callSoon', body: 'plain' }, { op: 'yield' }),
      child: task({ op: 'yield' }, { op: 'await', of: 'done' }),
      plain: callback({ op: 'mark', tag: 'inside' }),
      setter: callback({ op: 'setResult', of: 'done', value: 1 }, { op: 'mark', tag: 'set' }),
    },
  }),
};

export const newTaskNeverRunsAtOnce: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-04',
  slug: 'new-task-does-not-run-inside-its-creation',
  area: 'ordering',
  basis: 'doc',
  statement:
    'A new task never runs inside the create_task/ensure_future call; its first step is queued like call_soon.',
  source: 'tasks.Task.__init__; doc task "scheduled to run soon"',
  evidence: 'an accepted createTask, or ensureFuture of a body, whose body ran',
  hint: 'the constructor of Task: it queues the first step and must not perform it',
  voidedBy: ['eager-tasks'],
  judge: whenInvoked(['createTask', 'ensureFuture'], judgeTaskStart),
  examples: {
    upholds: [running('L inv t createTask body=x ; L ret t ; L end R ; L run t x ; L end t ; M eot done')],
    violates: [
      running('L inv t createTask body=x ; L run t x ; L end t ; L ret t ; L end R ; M eot done'),
      running('L inv t ensureFuture body=x ; L run t x ; L end t ; L ret t ; L end R ; M eot done'),
    ],
    unexercised: [
      running('L inv f createFuture ; L ret f ; L inv e ensureFuture of=f ; L ret e v={"ref":"f"} ; M eot done'),
    ],
    noFalseAlarm: [
      running('L inv t createTask body=x eager=true ; L run t x ; L end t ; L ret t ; L end R ; M eot done'),
      running('L inv t createTask body=x ; L ret t err=TYPE ; L end R ; M eot done'),
      // On another thread a smaller stamp of a late record proves nothing.
      running('L inv t createTask body=x ; W1 run t x ; L ret t ; W1 end t ; L end R ; M eot done'),
    ],
  },
  program: fixedProgram('A-ORD-04', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'callSoon', body: 'plain' },
        { op: 'createTask', body: 'child', to: 'first' },
        { op: 'callSoon', body: 'spawner' },
        { op: 'createTask', body: 'child', to: 'second' },
        { op: 'await', of: 'first' },
        { op: 'await', of: 'second' },
      ),
      plain: callback(),
      spawner: callback({ op: 'createTask', body: 'child' }),
      child: task({ op: 'yield' }),
    },
  }),
};
