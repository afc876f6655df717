import type { Event, OpId } from '../../spec/history.ts';

/**
 * Operations that schedule a body whose instance has records of its own. The body of runUntil is awaited by the
 * operation itself, a handler's has no records.
 */
const SCHEDULES: ReadonlySet<string> = new Set([
  'callSoon',
  'callSoonThreadsafe',
  'callLater',
  'callAt',
  'createTask',
  'ensureFuture',
  'addDoneCallback',
  'concurrentAddDoneCallback',
  'runInExecutor',
  'runCoroutineThreadsafe',
  'spawn',
]);

/**
 * What is owed at the end of these events: ids invoked and not returned, instances scheduled and not run (cancelled or
 * not), run and not ended. Each once. Events in the order of their stamps. O(n).
 */
export function pendingOf(events: readonly Event[]): readonly OpId[] {
  const invoked = new Map<OpId, string>();
  const owed = new Set<OpId>();
  const running = new Set<OpId>();
  const entered = new Set<OpId>();
  const driving = new Set<OpId>();
  for (const event of events) {
    switch (event.ev) {
      case 'inv':
        invoked.set(event.id, event.op);
        if (event.op === 'runUntil') driving.add(event.id);
        break;
      case 'ret': {
        const isAccepted = event.err === undefined && SCHEDULES.has(invoked.get(event.id) ?? '');
        invoked.delete(event.id);
        if (isAccepted && !entered.has(event.id)) owed.add(event.id);
        break;
      }
      case 'run':
        entered.add(event.inst);
        owed.delete(event.inst);
        if (!driving.has(event.inst)) running.add(event.inst);
        break;
      case 'end':
        running.delete(event.inst);
    }
  }
  return [...new Set([...invoked.keys(), ...owed, ...running])];
}
