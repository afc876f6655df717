import type { OpId } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, fixedProgram, running, task } from './builder.ts';
import { MUST_ON_LOOP, nameOf, type QueuedWork, queuedWork, violated, whenInvoked } from './on-loop-facts.ts';

/** Of two items, the one that ran last. */
function laterRun(one: QueuedWork | undefined, other: QueuedWork): QueuedWork {
  return one !== undefined && one.run.seq > other.run.seq ? one : other;
}

function overtaken(evidence: number, first: QueuedWork, second: QueuedWork): Judgement {
  return violated(
    evidence,
    `${nameOf(first.operation)} was queued by ${first.operation.op} before ${nameOf(second.operation)} by ${second.operation.op}, yet ${nameOf(second.operation)} ran first`,
    first.operation.inv,
    first.operation.ret,
    second.operation.inv,
    second.run,
    first.run,
  );
}

/**
 * Of each loop, work must run in the order in which it was queued. `isCompared` says which earlier work counts for an
 * item: all of it, or tasks only. One sweep per loop: the last to run of what was queued before decides.
 */
function judgeOrder(
  work: readonly QueuedWork[],
  isCompared: (earlier: QueuedWork, item: QueuedWork) => boolean,
): Judgement {
  let evidence = 0;
  const lastCallback = new Map<OpId, QueuedWork>();
  const lastTask = new Map<OpId, QueuedWork>();
  for (const item of work) {
    const earlier = [lastCallback.get(item.loop), lastTask.get(item.loop)].filter(
      (other) => other !== undefined && isCompared(other, item),
    );
    for (const other of earlier) if (item.run.seq < other!.run.seq) return overtaken(evidence, other!, item);
    if (earlier.length > 0) evidence++;
    const last = item.operation.op === 'callSoon' ? lastCallback : lastTask;
    last.set(item.loop, laterRun(last.get(item.loop), item));
  }
  return { evidence };
}

function judgeCallSoonOrder(history: IndexedHistory): Judgement {
  const work = queuedWork(history).filter(({ operation }) => operation.op === 'callSoon');
  return judgeOrder(work, () => true);
}

function judgeSharedFifo(history: IndexedHistory): Judgement {
  return judgeOrder(
    queuedWork(history),
    (earlier, item) => earlier.operation.op !== 'callSoon' || item.operation.op !== 'callSoon',
  );
}

function hasFifoTasks(history: IndexedHistory): boolean {
  const [first] = history.events;
  return first?.ev === 'meta' && first.capabilities.includes('fifo-tasks');
}

/** What a running body queues must run behind all that was ready then. Tasks count where they are in the same queue. */
function judgeLaterBatch(history: IndexedHistory): Judgement {
  const hasTasks = hasFifoTasks(history);
  let evidence = 0;
  const last = new Map<OpId, QueuedWork>();
  for (const item of queuedWork(history)) {
    const { inv, op } = item.operation;
    if (op !== 'callSoon' && !hasTasks) continue;
    const ready = last.get(item.loop);
    const isReentrant = op === 'callSoon' && (history.instances.get(inv.inst)?.runs.length ?? 0) > 0;
    if (isReentrant && ready !== undefined && ready.run.seq > inv.seq) {
      if (item.run.seq < ready.run.seq) {
        return violated(
          evidence,
          `${nameOf(item.operation)} was scheduled by the running ${inv.inst} while ${nameOf(ready.operation)} was ready, yet it ran before it`,
          ready.operation.inv,
          ready.operation.ret,
          inv,
          item.run,
          ready.run,
        );
      }
      evidence++;
    }
    last.set(item.loop, laterRun(ready, item));
  }
  return { evidence };
}

const A_THEN_B = 'L inv a callSoon body=x ; L ret a ; L inv b callSoon body=y ; L ret b';
const TASK_THEN_B = 'L inv a createTask body=x ; L ret a ; L inv b callSoon body=y ; L ret b';
const RAN_IN_ORDER = 'L run a x ; L end a ; L run b y ; L end b';
const RAN_REVERSED = 'L run b y ; L end b ; L run a x ; L end a';
const PAUSE = 'L inv p yield ; L susp R id=p on=p';
const RESUMED = 'L resm R id=p ; L ret p';
/** x runs and schedules c while y is ready. */
const REENTRANT = `${A_THEN_B} ; ${PAUSE} ; L run a x ; L inv c callSoon body=z ; L ret c ; L end a`;

export const callSoonIsFifo: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-01',
  slug: 'call-soon-is-fifo',
  area: 'ordering',
  basis: 'doc',
  statement: 'call_soon callbacks run in registration order.',
  source: 'doc eventloop#Scheduling callbacks; PEP 3156 Basic Callbacks; seed L54',
  evidence: 'an uncancelled callSoon that ran, behind another of the same loop',
  hint: 'the ready queue: it is appended to at one end and taken from the other, and nothing else reorders it',
  judge: whenInvoked(['callSoon'], judgeCallSoonOrder),
  examples: {
    upholds: [running(`${A_THEN_B} ; L end R ; ${RAN_IN_ORDER} ; M eot done`)],
    violates: [running(`${A_THEN_B} ; L end R ; ${RAN_REVERSED} ; M eot done`)],
    unexercised: [running('L inv a callSoon body=x ; L ret a ; L end R ; L run a x ; L end a ; M eot done')],
    noFalseAlarm: [
      // Refused, never returned, of an unknown fate: nothing was queued for certain.
      running(
        'L inv a callSoon body=x ; L ret a err=CLOSED ; L inv b callSoon body=y ; L ret b ; L run b y ; M eot done',
      ),
      running(`${A_THEN_B} ; L end R ; L run b y ; L end b ; M eot done`),
      // Cancelled work has no place in the queue.
      running(`${A_THEN_B} ; L inv h cancelHandle of=a ; L ret h ; L end R ; ${RAN_REVERSED} ; M eot done`),
      // Two loops have two queues.
      'M inv N newLoop ; M ret N ; M inv P newLoop ; M ret P ; M inv a callSoon body=x loop=N ; M ret a ; M inv b callSoon body=y loop=P ; M ret b ; L run b y ; L end b ; L run a x ; L end a ; M eot done',
      'M inv N newLoop ; M ret N ; M inv a callSoon body=x ; M ret a ; M inv r runner body=root ; L run r root ; L inv b callSoon body=y ; L ret b ; L end r ; L run b y ; L end b ; M ret r ; L run a x ; L end a ; M eot done',
      running(
        'F1 inv a rawCall call={"op":"callSoon","body":"x"} ; F1 ret a ; L inv b callSoon body=y ; L ret b ; L inv c callSoon body=y ; L ret c ; L run c y ; L end c ; L run b y ; M eot done',
      ),
    ],
  },
  program: fixedProgram('A-ORD-01', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task(
        { op: 'callSoon', body: 'a' },
        { op: 'callSoon', body: 'b', to: 'cancelled' },
        { op: 'callSoon', body: 'c' },
        { op: 'cancelHandle', of: 'cancelled' },
        { op: 'repeat', count: 3, steps: [{ op: 'callSoon', body: 'a' }] },
        { op: 'yield' },
        { op: 'callSoon', body: 'b' },
      ),
      a: callback({ op: 'callSoon', body: 'b' }),
      b: callback(),
      c: callback(),
    },
  }),
};

export const reentrantWorkWaits: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-02',
  slug: 'reentrant-callback-runs-later',
  area: 'ordering',
  basis: 'impl',
  statement: 'A callback scheduled by a running callback runs in a later batch, after everything already ready.',
  source: 'base_events._run_once (ntodo snapshot); test__run_once_schedule_handle',
  evidence: 'a callSoon made by a running body while other work was ready, both of which ran',
  hint: 'how a turn of the loop takes its batch: only what was ready when it began, in order',
  judge: whenInvoked(['callSoon'], judgeLaterBatch),
  examples: {
    upholds: [
      running(`${REENTRANT} ; L run b y ; L end b ; L run c z ; L end c ; ${RESUMED} ; L end R ; M eot done`),
      `M meta B=1000000000 G=0 capabilities=["fifo-tasks"] ; ${running(`${TASK_THEN_B} ; L end R ; ${RAN_IN_ORDER} ; M eot done`)}`,
    ],
    violates: [
      running(`${REENTRANT} ; L run c z ; L end c ; L run b y ; L end b ; ${RESUMED} ; L end R ; M eot done`),
      `M meta B=1000000000 G=0 capabilities=["fifo-tasks"] ; ${running(`${TASK_THEN_B} ; L end R ; ${RAN_REVERSED} ; M eot done`)}`,
    ],
    unexercised: [
      // Nothing else was ready.
      running(
        'L inv a callSoon body=x ; L ret a ; L end R ; L run a x ; L inv c callSoon body=z ; L ret c ; L end a ; L run c z ; L end c ; M eot done',
      ),
    ],
    noFalseAlarm: [
      // Timers and foreign submissions are no ready work.
      running(
        'L inv a callLater body=x delayUs=0 ; L ret a ; L inv b callSoon body=y ; L ret b ; L end R ; L run b y ; L end b ; L run a x ; M eot done',
      ),
      running(
        'F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L inv b callSoon body=y ; L ret b ; L end R ; L run b y ; L end b ; L run a x ; M eot done',
      ),
      // Without fifo-tasks a task is in no order with callbacks.
      running(`${TASK_THEN_B} ; L end R ; ${RAN_REVERSED} ; M eot done`),
    ],
  },
  program: fixedProgram('A-ORD-02', {
    needs: ['ON-LOOP'],
    bodies: {
      root: task({ op: 'callSoon', body: 'first' }, { op: 'callSoon', body: 'second' }, { op: 'yield' }),
      first: callback({ op: 'callSoon', body: 'child' }),
      second: callback({ op: 'callSoon', body: 'child' }),
      child: callback({ op: 'callSoon', body: 'grandchild' }),
      grandchild: callback(),
    },
  }),
};

export const tasksShareTheQueue: Requirement = {
  ...MUST_ON_LOOP,
  id: 'A-ORD-05',
  slug: 'tasks-and-callbacks-share-one-fifo',
  area: 'ordering',
  basis: 'impl',
  statement: 'call_soon callbacks and first task steps share one FIFO.',
  source: 'Task.__init__ -> call_soon',
  evidence: 'a callSoon or a new task that ran, behind another of which at least one of the two is a task',
  hint: 'the first step of a task: it goes through call_soon like everything else',
  needs: ['fifo-tasks'],
  judge: whenInvoked(['createTask', 'ensureFuture'], judgeSharedFifo),
  examples: {
    upholds: [running(`${TASK_THEN_B} ; L end R ; ${RAN_IN_ORDER} ; M eot done`)],
    violates: [
      running(`${TASK_THEN_B} ; L end R ; ${RAN_REVERSED} ; M eot done`),
      running(
        'L inv a createTask body=x ; L ret a ; L inv b ensureFuture body=y ; L ret b ; L end R ; L run b y ; L end b ; L run a x ; L end a ; M eot done',
      ),
    ],
    unexercised: [running(`${A_THEN_B} ; L end R ; ${RAN_IN_ORDER} ; M eot done`)],
    noFalseAlarm: [
      // Two callbacks out of order are another requirement's; an eager task is in no queue; nor is a cancelled one.
      running(`${A_THEN_B} ; L end R ; ${RAN_REVERSED} ; M eot done`),
      running(
        'L inv b callSoon body=y ; L ret b ; L inv a createTask body=x eager=true ; L run a x ; L end a ; L ret a ; L end R ; L run b y ; L end b ; M eot done',
      ),
      running(
        `${TASK_THEN_B} ; L inv k cancelTask of=a ; L ret k v=true ; L end R ; L run b y ; L end b ; L run a x ; M eot done`,
      ),
    ],
  },
  program: fixedProgram('A-ORD-05', {
    needs: ['ON-LOOP', 'fifo-tasks'],
    bodies: {
      root: task(
        { op: 'createTask', body: 'step', to: 'one' },
        { op: 'callSoon', body: 'plain' },
        { op: 'createTask', body: 'step', to: 'two' },
        { op: 'callSoon', body: 'plain' },
        { op: 'await', of: 'two' },
      ),
      step: task(),
      plain: callback(),
    },
  }),
};
