import fc from 'fast-check';
import type { Program, Step } from '../../spec/program.ts';
import { Assembly, guarded, usualMain } from './assembly.ts';
import {
  type CallbackPlan,
  type CoroutinePlan,
  callbackBody,
  callbackPlan,
  coroutineBody,
  coroutinePlan,
  delayUs,
} from './work.ts';

type OnLoopAction =
  | { readonly kind: 'call'; readonly callback: CallbackPlan; readonly cancel: boolean }
  | { readonly kind: 'timer'; readonly delayUs: number; readonly absolute: boolean; readonly cancel: boolean }
  | {
      readonly kind: 'task';
      readonly coroutine: CoroutinePlan;
      readonly then: 'await' | 'cancel' | 'cancelAfterYield' | 'cancelTwice';
      readonly shielded: boolean;
    }
  | {
      readonly kind: 'future';
      readonly waiters: number;
      readonly callbacks: number;
      readonly end: 'set' | 'fail' | 'cancel' | 'setTwice' | 'setThenCancel';
      readonly look: boolean;
    }
  | { readonly kind: 'waitFor'; readonly coroutine: CoroutinePlan; readonly timeoutUs: number }
  | { readonly kind: 'pause'; readonly delayUs: number | null }
  | { readonly kind: 'time' };

type OnLoopPlan = { readonly tasks: readonly (readonly OnLoopAction[])[] };

function onLoopAction(capabilities: ReadonlySet<string>): fc.Arbitrary<OnLoopAction> {
  const maybe = (capability: string) => (capabilities.has(capability) ? fc.boolean() : fc.constant(false));
  const coroutine = coroutinePlan(capabilities);
  const ends: Extract<OnLoopAction, { kind: 'future' }>['end'][] = ['set', 'fail'];
  if (capabilities.has('strict-settle')) ends.push('setTwice');
  if (capabilities.has('future-cancel')) ends.push('cancel', 'setThenCancel');
  const options: fc.WeightedArbitrary<OnLoopAction>[] = [
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('call' as const), callback: callbackPlan, cancel: fc.boolean() }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('timer' as const),
        delayUs,
        absolute: maybe('call-at'),
        cancel: fc.boolean(),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('task' as const),
        coroutine,
        then: fc.constantFrom('await' as const, 'cancel' as const, 'cancelAfterYield' as const, 'cancelTwice' as const),
        shielded: maybe('shield'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('future' as const),
        waiters: fc.nat(3),
        callbacks: fc.nat(2),
        end: fc.constantFrom(...ends),
        look: maybe('sync-query'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('pause' as const), delayUs: fc.oneof(fc.constant(null), delayUs) }),
    },
    { weight: 1, arbitrary: fc.constant<OnLoopAction>({ kind: 'time' }) },
  ];
  if (capabilities.has('wait-for'))
    options.push({
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('waitFor' as const), coroutine, timeoutUs: delayUs }),
    });
  return fc.oneof(...options);
}

/** Scenario A: tasks of one loop that schedule, cancel and wait for each other. */
export function onLoopPlan(capabilities: ReadonlySet<string>): fc.Arbitrary<OnLoopPlan> {
  return fc.record({
    tasks: fc.array(fc.array(onLoopAction(capabilities), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 2,
    }),
  });
}

function scheduled(step: (to: string) => Step, cancel: boolean, assembly: Assembly): readonly Step[] {
  const handle = assembly.name('handle');
  return cancel
    ? [step(handle), { op: 'cancelHandle', of: handle }, { op: 'cancelHandle', of: handle }]
    : [step(handle)];
}

function taskSteps(action: Extract<OnLoopAction, { kind: 'task' }>, assembly: Assembly): readonly Step[] {
  const task = assembly.name('child');
  const create: Step = { op: 'createTask', body: coroutineBody(action.coroutine, assembly), to: task };
  const cancel: Step = { op: 'cancelTask', of: task };
  const query: Step = { op: 'query', of: task };
  const wait = guarded([{ op: action.shielded ? 'shield' : 'await', of: task }]);
  switch (action.then) {
    case 'await':
      return action.coroutine.endless ? [create, { op: 'yield' }, cancel, wait, query] : [create, wait, query];
    case 'cancel':
      return [create, cancel, query, wait, query, cancel];
    case 'cancelAfterYield':
      return [create, { op: 'yield' }, cancel, query, wait];
    case 'cancelTwice':
      return [create, { op: 'yield' }, cancel, cancel, wait];
  }
}

function futureSteps(action: Extract<OnLoopAction, { kind: 'future' }>, assembly: Assembly): readonly Step[] {
  const of = assembly.name('future');
  const set = guarded([{ op: 'setResult', of, value: 1 }]);
  const cancel: Step = { op: 'cancelFuture', of };
  const ends: { readonly [end in typeof action.end]: readonly Step[] } = {
    set: [set],
    fail: [guarded([{ op: 'setException', of, error: 'USER(future)' }])],
    cancel: [cancel, cancel, set],
    setTwice: [set, set],
    setThenCancel: [set, cancel],
  };
  const waiters = Array.from(
    { length: action.waiters },
    (): Step => ({
      op: 'createTask',
      body: assembly.body('waits', 'task', [guarded([{ op: 'await', of }])]),
    }),
  );
  const callbacks = Array.from(
    { length: action.callbacks },
    (): Step => ({
      op: 'addDoneCallback',
      of,
      body: assembly.body('done', 'callback', []),
    }),
  );
  const looks: readonly Step[] = action.look ? [guarded([{ op: 'result', of }]), { op: 'query', of }] : [];
  return [
    { op: 'createFuture', to: of },
    ...waiters,
    ...callbacks,
    { op: 'yield' },
    ...looks,
    ...ends[action.end],
    ...looks,
    guarded([{ op: 'await', of }]),
  ];
}

function actionSteps(action: OnLoopAction, assembly: Assembly): readonly Step[] {
  switch (action.kind) {
    case 'call': {
      const body = callbackBody(action.callback, assembly);
      return scheduled((to) => ({ op: 'callSoon', body, to }), action.cancel, assembly);
    }
    case 'timer': {
      const body = assembly.body('timer', 'callback', []);
      const op = action.absolute ? 'callAt' : 'callLater';
      return scheduled((to) => ({ op, delayUs: action.delayUs, body, to }), action.cancel, assembly);
    }
    case 'task':
      return taskSteps(action, assembly);
    case 'future':
      return futureSteps(action, assembly);
    case 'waitFor':
      return [
        guarded([{ op: 'waitFor', body: coroutineBody(action.coroutine, assembly), timeoutUs: action.timeoutUs }]),
      ];
    case 'pause':
      return [action.delayUs === null ? { op: 'yield' } : { op: 'sleep', delayUs: action.delayUs }];
    case 'time':
      return [{ op: 'time' }, { op: 'time' }];
  }
}

/** A plan as a Program; a function of the plan alone. */
export function onLoopProgram(plan: OnLoopPlan): Program {
  const assembly = new Assembly();
  const tasks = plan.tasks.map((actions) => ({
    body: assembly.body(
      'task',
      'task',
      actions.flatMap((action) => actionSteps(action, assembly)),
    ),
    slot: assembly.name('running'),
  }));
  const root: readonly Step[] = [
    ...tasks.map(({ body, slot }): Step => ({ op: 'createTask', body, to: slot })),
    ...tasks.map(({ slot }) => guarded([{ op: 'await', of: slot }])),
    // Longer than any timer above, so that those that were not cancelled are seen to run.
    { op: 'sleep', delayUs: 1100 },
  ];
  return assembly.finish('on-loop', root, usualMain([]));
}
