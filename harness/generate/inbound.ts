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

/** What a foreign thread does after it submitted a coroutine; endless ones are cancelled before anybody waits for good. */
type FollowUp = 'forget' | 'result' | 'timeout' | 'timeoutThenCancel' | 'cancel' | 'query';

type InboundAction =
  | { readonly kind: 'call'; readonly callback: CallbackPlan; readonly cancel: boolean }
  | {
      readonly kind: 'coroutine';
      readonly coroutine: CoroutinePlan;
      readonly followUp: FollowUp;
      readonly timeoutUs: number;
    }
  | { readonly kind: 'sleep'; readonly delayUs: number }
  | { readonly kind: 'complete' };

type LoopAction =
  | { readonly kind: 'call'; readonly callback: CallbackPlan }
  | { readonly kind: 'later'; readonly delayUs: number }
  | { readonly kind: 'yield' };

type InboundPlan = {
  readonly threads: readonly (readonly InboundAction[])[];
  readonly loop: readonly LoopAction[];
  /** Threads start their submissions together. */
  readonly together: boolean;
  /** Results of one thread are read by another one too. */
  readonly shared: boolean;
};

function inboundAction(capabilities: ReadonlySet<string>): fc.Arbitrary<InboundAction> {
  const cancel = capabilities.has('threadsafe-handle')
    ? fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) })
    : fc.constant(false);
  const followUp = fc.constantFrom<FollowUp>(
    'forget',
    'result',
    'result',
    'timeout',
    'timeoutThenCancel',
    'cancel',
    'query',
  );
  const options: fc.WeightedArbitrary<InboundAction>[] = [
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('call' as const), callback: callbackPlan, cancel }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('coroutine' as const),
        coroutine: coroutinePlan(capabilities),
        followUp,
        timeoutUs: fc.oneof(delayUs, fc.constant(0)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const), delayUs }) },
  ];
  if (capabilities.has('OFFLOAD'))
    options.push({ weight: 1, arbitrary: fc.constant<InboundAction>({ kind: 'complete' }) });
  return fc.oneof(...options);
}

const loopAction: fc.Arbitrary<LoopAction> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('call' as const), callback: callbackPlan }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('later' as const), delayUs }) },
  { weight: 1, arbitrary: fc.constant<LoopAction>({ kind: 'yield' }) },
);

/** Scenario C: two or three foreign threads give work to a loop that has some of its own. */
export function inboundPlan(capabilities: ReadonlySet<string>): fc.Arbitrary<InboundPlan> {
  const thread = fc.array(inboundAction(capabilities), { minLength: 1, maxLength: 2 });
  return fc.record({
    threads: fc.oneof(
      { weight: 4, arbitrary: fc.array(thread, { minLength: 2, maxLength: 2 }) },
      { weight: 1, arbitrary: fc.array(thread, { minLength: 3, maxLength: 3 }) },
    ),
    loop: fc.array(loopAction, { maxLength: 2 }),
    together: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    shared: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  });
}

class InboundAssembly extends Assembly {
  /** Slots of submissions that every thread may read once they are surely done. */
  readonly finished: string[] = [];
  /** Futures that a thread completes from outside, made by root before any thread goes on. */
  readonly completed: string[] = [];
}

function followUpSteps(action: Extract<InboundAction, { kind: 'coroutine' }>, sent: string): readonly Step[] {
  const { endless } = action.coroutine;
  const whole: Step = { op: 'concurrentResult', of: sent, timeoutUs: null };
  const bounded: Step = { op: 'concurrentResult', of: sent, timeoutUs: action.timeoutUs };
  const cancel: readonly Step[] = [
    { op: 'concurrentCancel', of: sent },
    { op: 'concurrentQuery', of: sent },
    guarded([whole]),
  ];
  switch (action.followUp) {
    case 'forget':
      return [];
    case 'result':
      return endless ? cancel : [guarded([whole])];
    case 'timeout':
      return [guarded([bounded])];
    case 'timeoutThenCancel':
      return [guarded([bounded], 'TIMEOUT', cancel)].map((step) => guarded([step]));
    case 'cancel':
      return cancel;
    case 'query':
      return [{ op: 'concurrentQuery', of: sent }, guarded([bounded])];
  }
}

function actionSteps(action: InboundAction, assembly: InboundAssembly): readonly Step[] {
  switch (action.kind) {
    case 'call': {
      const body = callbackBody(action.callback, assembly);
      if (!action.cancel) return [{ op: 'callSoonThreadsafe', body }];
      const handle = assembly.name('handle');
      return [
        { op: 'callSoonThreadsafe', body, to: handle },
        { op: 'cancelHandle', of: handle },
      ];
    }
    case 'coroutine': {
      const sent = assembly.name('sent');
      if (!action.coroutine.endless) assembly.finished.push(sent);
      return [
        { op: 'runCoroutineThreadsafe', body: coroutineBody(action.coroutine, assembly), to: sent },
        ...followUpSteps(action, sent),
      ];
    }
    case 'sleep':
      return [{ op: 'sleep', delayUs: action.delayUs }];
    case 'complete': {
      const future = assembly.name('outside');
      assembly.completed.push(future);
      return [{ op: 'complete', of: future, value: 1 }];
    }
  }
}

/** A foreign thread: waits for the loop's objects, acts, and at the end, whatever happened, says that it is done. */
function foreignThread(
  actions: readonly InboundAction[],
  context: {
    readonly made: string;
    readonly meet: string | undefined;
    readonly count: number;
    readonly done: string;
    readonly read: readonly string[];
  },
  assembly: InboundAssembly,
): string {
  const finish = assembly.body('finish', 'callback', [{ op: 'setResult', of: context.done, value: null }]);
  const start: readonly Step[] =
    context.meet === undefined ? [] : [{ op: 'meet', gate: context.meet, count: context.count }];
  const steps = actions.flatMap((action) => actionSteps(action, assembly));
  const reads = context.read.map((of) => guarded([{ op: 'concurrentResult', of, timeoutUs: 100 }]));
  return assembly.body('foreign', 'thread', [
    { op: 'waitGate', gate: context.made },
    ...start,
    {
      op: 'try',
      steps: [...steps, ...reads],
      on: 'ANY',
      then: [],
      finally: [{ op: 'callSoonThreadsafe', body: finish }],
    },
  ]);
}

function loopSteps(action: LoopAction, assembly: Assembly): Step {
  switch (action.kind) {
    case 'call':
      return { op: 'callSoon', body: callbackBody(action.callback, assembly) };
    case 'later':
      return { op: 'callLater', delayUs: action.delayUs, body: assembly.body('timer', 'callback', []) };
    case 'yield':
      return { op: 'yield' };
  }
}

/** A plan as a Program; a function of the plan alone. */
export function inboundProgram(plan: InboundPlan): Program {
  const assembly = new InboundAssembly();
  const made = assembly.gate('made');
  const meet = plan.together ? assembly.gate('together') : undefined;
  const dones = plan.threads.map(() => assembly.name('done'));
  const threads: string[] = [];
  for (const [index, actions] of plan.threads.entries()) {
    const read = plan.shared && index > 0 ? assembly.finished.slice(0, 2) : [];
    threads.push(
      foreignThread(actions, { made, meet, count: plan.threads.length, done: dones[index]!, read }, assembly),
    );
  }
  const root: readonly Step[] = [
    ...[...dones, ...assembly.completed].map((to): Step => ({ op: 'createFuture', to })),
    { op: 'signal', gate: made },
    ...plan.loop.map((action) => loopSteps(action, assembly)),
    ...[...assembly.completed, ...dones].map((of): Step => ({ op: 'await', of })),
  ];
  return assembly.finish('inbound', root, usualMain(threads));
}
