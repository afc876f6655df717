import fc from 'fast-check';
import type { Step } from '../../spec/program.ts';
import type { Assembly } from './assembly.ts';

/** Delays that collide: few values, so that deadlines, time-outs and completions are often equal. */
export const delayUs: fc.Arbitrary<number> = fc.constantFrom(0, 100, 200, 200, 1000);

/** What a callback does, apart from being called. */
export type CallbackPlan =
  | { readonly kind: 'plain' }
  | { readonly kind: 'raise' }
  | { readonly kind: 'spin' }
  | { readonly kind: 'again'; readonly children: readonly CallbackPlan[] };

const leaf: fc.Arbitrary<CallbackPlan> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<CallbackPlan>({ kind: 'plain' }) },
  { weight: 1, arbitrary: fc.constant<CallbackPlan>({ kind: 'raise' }) },
  { weight: 1, arbitrary: fc.constant<CallbackPlan>({ kind: 'spin' }) },
);

export const callbackPlan: fc.Arbitrary<CallbackPlan> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('again' as const),
      children: fc.array(leaf, { minLength: 1, maxLength: 2 }),
    }),
  },
);

export function callbackBody(plan: CallbackPlan, assembly: Assembly): string {
  switch (plan.kind) {
    case 'plain':
      return assembly.body('call', 'callback', []);
    case 'raise':
      return assembly.body('fail', 'callback', [{ op: 'raise', error: 'USER(call)' }]);
    case 'spin':
      return assembly.body('busy', 'callback', [{ op: 'spin', delayUs: 50 }]);
    case 'again':
      return assembly.body(
        'again',
        'callback',
        plan.children.map((child): Step => ({ op: 'callSoon', body: callbackBody(child, assembly) })),
      );
  }
}

/** How a coroutine or a piece of work ends by itself. */
export type OutcomePlan = { readonly kind: 'value'; readonly value: number } | { readonly kind: 'error' };

export const outcomePlan: fc.Arbitrary<OutcomePlan> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('value' as const), value: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.constant<OutcomePlan>({ kind: 'error' }) },
);

export function outcomeStep(plan: OutcomePlan): Step {
  return plan.kind === 'value' ? { op: 'return', value: plan.value } : { op: 'raise', error: 'USER(work)' };
}

type PausePlan = { readonly kind: 'yield' } | { readonly kind: 'sleep'; readonly delayUs: number };

const pausePlan: fc.Arbitrary<PausePlan> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<PausePlan>({ kind: 'yield' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const), delayUs }) },
);

/** A coroutine that ends by itself, or waits for what never comes until it is cancelled. */
export type CoroutinePlan = {
  readonly pauses: readonly PausePlan[];
  readonly endless: boolean;
  /** What it does when it is cancelled: pass it on, clean up first, or answer with a value. */
  readonly onCancel: 'pass' | 'cleanUp' | 'suppress';
  readonly outcome: OutcomePlan;
};

export function coroutinePlan(capabilities: ReadonlySet<string>): fc.Arbitrary<CoroutinePlan> {
  const onCancel: CoroutinePlan['onCancel'][] = ['pass', 'pass'];
  if (capabilities.has('suppressible-cancel')) onCancel.push('suppress');
  if (capabilities.has('suppressible-cancel') && capabilities.has('edge-cancel')) onCancel.push('cleanUp');
  return fc.record({
    pauses: fc.array(pausePlan, { maxLength: 2 }),
    endless: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    onCancel: fc.constantFrom(...onCancel),
    outcome: outcomePlan,
  });
}

export function coroutineBody(plan: CoroutinePlan, assembly: Assembly): string {
  const work: Step[] = plan.pauses.map((pause) =>
    pause.kind === 'yield' ? { op: 'yield' } : { op: 'sleep', delayUs: pause.delayUs },
  );
  const never = assembly.name('never');
  if (plan.endless) work.push({ op: 'await', of: never });
  const steps: Step[] =
    plan.onCancel === 'pass' ? work : [{ op: 'try', steps: work, on: 'CANCELLED', then: whenCancelled(plan) }];
  const made: readonly Step[] = plan.endless ? [{ op: 'createFuture', to: never }] : [];
  return assembly.body('co', 'task', [...made, ...steps, outcomeStep(plan.outcome)]);
}

function whenCancelled({ onCancel }: CoroutinePlan): readonly Step[] {
  return onCancel === 'suppress'
    ? [{ op: 'mark', tag: 'suppressed' }]
    : [{ op: 'yield' }, { op: 'mark', tag: 'cleaned' }, { op: 'raise', error: 'CANCELLED' }];
}
