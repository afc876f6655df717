import fc from 'fast-check';
import type { Program, Step } from '../../spec/program.ts';
import { Assembly, guarded, usualMain } from './assembly.ts';
import {
  type CallbackPlan,
  callbackBody,
  callbackPlan,
  delayUs,
  type OutcomePlan,
  outcomePlan,
  outcomeStep,
} from './work.ts';

type WorkPlan = { readonly sleepUs: number | null; readonly outcome: OutcomePlan };

type OffloadAction =
  | {
      readonly kind: 'work';
      readonly work: WorkPlan;
      readonly then: 'await' | 'later' | 'cancel' | 'cancelAfterYield' | 'waitFor';
      readonly timeoutUs: number;
    }
  | { readonly kind: 'outside'; readonly cancelFirst: boolean; readonly outcome: OutcomePlan }
  | { readonly kind: 'call'; readonly callback: CallbackPlan }
  | { readonly kind: 'queue'; readonly works: readonly WorkPlan[] };

type OffloadPlan = {
  readonly tasks: readonly (readonly OffloadAction[])[];
  readonly foreignSleepUs: number;
  /** Works that nobody asked to be cancelled or timed out: at least one, so that a worker is always there. */
  readonly first: WorkPlan;
};

const workPlan: fc.Arbitrary<WorkPlan> = fc.record({
  sleepUs: fc.oneof(fc.constant(null), delayUs),
  outcome: outcomePlan,
});

function offloadAction(capabilities: ReadonlySet<string>): fc.Arbitrary<OffloadAction> {
  const then: Extract<OffloadAction, { kind: 'work' }>['then'][] = [
    'await',
    'await',
    'later',
    'cancel',
    'cancelAfterYield',
  ];
  if (capabilities.has('wait-for')) then.push('waitFor');
  const options: fc.WeightedArbitrary<OffloadAction>[] = [
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('work' as const),
        work: workPlan,
        then: fc.constantFrom(...then),
        timeoutUs: delayUs,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('outside' as const),
        cancelFirst: capabilities.has('future-cancel') ? fc.boolean() : fc.constant(false),
        outcome: outcomePlan,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('call' as const), callback: callbackPlan }) },
  ];
  if (capabilities.has('custom-executor')) {
    options.push({
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('queue' as const),
        works: fc.array(workPlan, { minLength: 2, maxLength: 2 }),
      }),
    });
  }
  return fc.oneof(...options);
}

/** Scenario B: tasks hand work to executor threads and to a foreign one that answers by callback. */
export function offloadPlan(capabilities: ReadonlySet<string>): fc.Arbitrary<OffloadPlan> {
  return fc.record({
    tasks: fc.array(fc.array(offloadAction(capabilities), { minLength: 1, maxLength: 2 }), {
      minLength: 1,
      maxLength: 2,
    }),
    foreignSleepUs: delayUs,
    first: workPlan,
  });
}

class OffloadAssembly extends Assembly {
  /** Futures completed by the foreign thread, with what it gives them. */
  readonly outside: { readonly future: string; readonly outcome: OutcomePlan }[] = [];
  queue: string | undefined;
}

function workBody(plan: WorkPlan, assembly: Assembly): string {
  const sleep: readonly Step[] = plan.sleepUs === null ? [] : [{ op: 'sleep', delayUs: plan.sleepUs }];
  return assembly.body('work', 'worker', [...sleep, outcomeStep(plan.outcome)]);
}

function workSteps(
  action: Extract<OffloadAction, { kind: 'work' }>,
  late: Step[],
  assembly: Assembly,
): readonly Step[] {
  const work = assembly.name('result');
  const submit: Step = { op: 'runInExecutor', body: workBody(action.work, assembly), to: work };
  const wait: Step = guarded([{ op: 'await', of: work }]);
  switch (action.then) {
    case 'await':
      return [submit, wait];
    case 'later':
      late.push(wait);
      return [submit];
    case 'waitFor':
      return [submit, guarded([{ op: 'waitFor', of: work, timeoutUs: action.timeoutUs }])];
    case 'cancel':
    case 'cancelAfterYield': {
      const waiter = assembly.name('waiter');
      const body = assembly.body('waits', 'task', [{ op: 'await', of: work }]);
      const pause: readonly Step[] =
        action.then === 'cancel' ? [{ op: 'yield' }] : [{ op: 'yield' }, { op: 'yield' }, { op: 'yield' }];
      return [
        submit,
        { op: 'createTask', body, to: waiter },
        ...pause,
        { op: 'cancelTask', of: waiter },
        guarded([{ op: 'await', of: waiter }]),
      ];
    }
  }
}

function actionSteps(action: OffloadAction, late: Step[], assembly: OffloadAssembly): readonly Step[] {
  switch (action.kind) {
    case 'work':
      return workSteps(action, late, assembly);
    case 'outside': {
      const future = assembly.name('outside');
      assembly.outside.push({ future, outcome: action.outcome });
      const cancel: readonly Step[] = action.cancelFirst ? [{ op: 'cancelFuture', of: future }] : [];
      return [...cancel, guarded([{ op: 'await', of: future }])];
    }
    case 'call':
      return [{ op: 'callSoon', body: callbackBody(action.callback, assembly) }];
    case 'queue': {
      assembly.queue ??= assembly.name('pool');
      const executor = assembly.queue;
      const submits = action.works.map((plan) => {
        const to = assembly.name('result');
        late.push(guarded([{ op: 'await', of: to }]));
        return { op: 'runInExecutor', executor, body: workBody(plan, assembly), to } as const;
      });
      return submits;
    }
  }
}

/** A plan as a Program; a function of the plan alone. */
export function offloadProgram(plan: OffloadPlan): Program {
  const assembly = new OffloadAssembly();
  const made = assembly.gate('made');
  const tasks = plan.tasks.map((actions) => {
    const late: Step[] = [];
    const steps = actions.flatMap((action) => actionSteps(action, late, assembly));
    return { body: assembly.body('task', 'task', [...steps, ...late]), slot: assembly.name('running') };
  });
  const signalled = assembly.name('outside');
  const foreign = assembly.body('foreign', 'thread', [
    { op: 'waitGate', gate: made },
    { op: 'sleep', delayUs: plan.foreignSleepUs },
    ...[...assembly.outside, { future: signalled, outcome: { kind: 'value', value: 0 } as const }].map(
      ({ future, outcome }): Step => ({
        op: 'complete',
        of: future,
        ...(outcome.kind === 'value' ? { value: outcome.value } : { error: 'USER(outside)' }),
      }),
    ),
  ]);
  const first = assembly.name('result');
  const root: readonly Step[] = [
    ...[...assembly.outside.map(({ future }) => future), signalled].map((to): Step => ({ op: 'createFuture', to })),
    { op: 'signal', gate: made },
    { op: 'runInExecutor', body: workBody(plan.first, assembly), to: first },
    ...tasks.map(({ body, slot }): Step => ({ op: 'createTask', body, to: slot })),
    guarded([{ op: 'await', of: first }]),
    ...tasks.map(({ slot }) => guarded([{ op: 'await', of: slot }])),
    { op: 'await', of: signalled },
  ];
  const [newLoop, ...rest] = usualMain([foreign]);
  const pool: readonly Step[] =
    assembly.queue === undefined ? [] : [{ op: 'makeExecutor', count: 1, to: assembly.queue }];
  const shut: readonly Step[] =
    assembly.queue === undefined ? [] : [{ op: 'shutdownExecutor', of: assembly.queue, wait: true }];
  const close = rest.at(-1)!;
  return assembly.finish('offload', root, [newLoop!, ...pool, ...rest.slice(0, -1), ...shut, close]);
}
