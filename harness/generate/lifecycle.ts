import fc from 'fast-check';
import type { Program, Step } from '../../spec/program.ts';
import { Assembly, guarded } from './assembly.ts';
import { type CallbackPlan, callbackBody, callbackPlan } from './work.ts';

type LifecyclePlan = {
  /** How often a thread submits while the loop stops, runs again and is closed. */
  readonly submissions: readonly { readonly coroutine: boolean; readonly cancel: boolean }[];
  readonly threads: 1 | 2;
  readonly queued: readonly CallbackPlan[];
  readonly stop: 'none' | 'byCallback' | 'byThread';
  readonly again: boolean;
  readonly closeTwice: boolean;
  /** Threads begin before the loop runs, after it, or only at close. */
  readonly start: 'atOnce' | 'running' | 'closing';
};

/** Submissions against stop, restart and close. */
export function lifecyclePlan(capabilities: ReadonlySet<string>): fc.Arbitrary<LifecyclePlan> {
  const restart = capabilities.has('loop-restart');
  return fc.record({
    submissions: fc.array(fc.record({ coroutine: fc.boolean(), cancel: fc.boolean() }), { minLength: 1, maxLength: 3 }),
    threads: fc.constantFrom(1 as const, 2 as const),
    queued: fc.array(callbackPlan, { maxLength: 3 }),
    stop: restart
      ? fc.constantFrom('none' as const, 'byCallback' as const, 'byThread' as const)
      : fc.constant('none' as const),
    again: restart ? fc.boolean() : fc.constant(false),
    closeTwice: fc.boolean(),
    start: fc.constantFrom('atOnce' as const, 'running' as const, 'closing' as const),
  });
}

function submitter(plan: LifecyclePlan, gate: string, assembly: Assembly): string {
  const steps = plan.submissions.flatMap(({ coroutine, cancel }): readonly Step[] => {
    if (!coroutine)
      return [guarded([{ op: 'callSoonThreadsafe', body: assembly.body('call', 'callback', []) }], 'CLOSED')];
    const sent = assembly.name('sent');
    const body = assembly.body('co', 'task', [{ op: 'yield' }, { op: 'return', value: 1 }]);
    const after: readonly Step[] = cancel ? [{ op: 'concurrentCancel', of: sent }] : [];
    return [guarded([{ op: 'runCoroutineThreadsafe', body, to: sent }, ...after], 'CLOSED')];
  });
  return assembly.body('foreign', 'thread', [{ op: 'waitGate', gate }, ...steps]);
}

/** A plan as a Program; a function of the plan alone. */
export function lifecycleProgram(plan: LifecyclePlan): Program {
  const assembly = new Assembly();
  const gate = assembly.gate('start');
  const threads = Array.from({ length: plan.threads }, () => submitter(plan, gate, assembly));
  const stopper = assembly.body('stopper', 'callback', [{ op: 'stop' }]);
  const open: Step = { op: 'signal', gate };
  const root: readonly Step[] = [
    ...(plan.start === 'running' ? [open] : []),
    ...plan.queued.map((callback): Step => ({ op: 'callSoon', body: callbackBody(callback, assembly) })),
    { op: 'yield' },
  ];
  const stopping: readonly Step[] =
    plan.stop === 'none'
      ? []
      : [
          ...(plan.stop === 'byCallback'
            ? ([{ op: 'callSoon', body: stopper }] as const)
            : ([
                { op: 'spawn', body: assembly.body('stops', 'thread', [{ op: 'callSoonThreadsafe', body: stopper }]) },
              ] as const)),
          { op: 'runForever' },
        ];
  const main: readonly Step[] = [
    { op: 'newLoop' },
    ...threads.map((body): Step => ({ op: 'spawn', body })),
    ...(plan.start === 'atOnce' ? [open] : []),
    ...stopping,
    { op: 'runUntil', body: 'root' },
    ...(plan.again ? [{ op: 'runUntil', body: assembly.body('second', 'task', [{ op: 'yield' }]) } as const] : []),
    ...(plan.start === 'closing' ? [open] : [{ op: 'quiesce' } as const]),
    { op: 'close' },
    ...(plan.closeTwice ? [{ op: 'close' } as const] : []),
    { op: 'join' },
  ];
  return assembly.finish('lifecycle', root, main);
}
