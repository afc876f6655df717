import { type History, type OpId, osThread } from '../spec/history.ts';

const SUBMISSIONS: ReadonlySet<string> = new Set([
  'callSoonThreadsafe',
  'runCoroutineThreadsafe',
  'complete',
  'concurrentCancel',
]);

/**
 * Measures what interleaving was realised: in how many histories two submissions of different threads were open at
 * once, and how many actors (threads that made a record) the busiest history had.
 */
export class Overlap {
  histories = 0;
  actors = 0;

  add(history: History): void {
    const open = new Map<OpId, string>();
    const threads = new Set<string>();
    let overlapped = false;
    for (const event of history) {
      if (event.ev === 'meta' || event.ev === 'eot') continue;
      const thread = osThread(event.th);
      threads.add(thread);
      if (event.ev === 'inv' && SUBMISSIONS.has(event.op)) {
        if (!overlapped) for (const other of open.values()) overlapped ||= other !== thread;
        open.set(event.id, thread);
      } else if (event.ev === 'ret') open.delete(event.id);
    }
    if (overlapped) this.histories++;
    this.actors = Math.max(this.actors, threads.size);
  }
}
