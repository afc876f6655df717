import type { EndEvent, ResmEvent, RunEvent, SuspEvent } from '../history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { idle } from './builder.ts';
import { concurrentFutures, firstTrueCancel } from './concurrent-completion.ts';
import { firstAbove, firstRun, unlessMisused, witness } from './inbound-facts.ts';
import { expecting, inboundProgram, SUBMITTED } from './inbound-program.ts';

/** A time in which a body had the loop's thread, so that the loop took nothing up. */
type Busy = { readonly from: RunEvent | ResmEvent; readonly to: EndEvent | SuspEvent };

/** The times in which some body had the loop's thread, in order and disjoint. O(n). */
function busyTimes(history: IndexedHistory): readonly Busy[] {
  const times: Busy[] = [];
  let open = 0;
  let from: RunEvent | ResmEvent | undefined;
  for (const event of history.loopThread) {
    if (event.ev === 'run' || event.ev === 'resm') {
      if (open === 0) from = event;
      open++;
    } else if ((event.ev === 'end' || event.ev === 'susp') && open > 0) {
      open--;
      if (open === 0 && from!.inst === event.inst) times.push({ from: from!, to: event });
    }
  }
  return times;
}

/** A submission that was made and cancelled while one body had the loop's thread never runs. */
function judgeNeverPickedUp(history: IndexedHistory): Judgement {
  const times = busyTimes(history);
  let evidence = 0;
  for (const future of concurrentFutures(history)) {
    const { made } = future;
    const cancel = firstTrueCancel(future);
    if (made.op !== 'runCoroutineThreadsafe' || cancel === undefined) continue;
    const busy = times[firstAbove(times.length, (at) => times[at]!.from.seq, made.inv.seq) - 1];
    if (busy === undefined || !precedes(busy.from, made.inv) || !precedes(cancel.ret!, busy.to)) continue;
    evidence++;
    const run = firstRun(history, made);
    if (run === undefined) continue;
    const explanation = `${made.args['body']} was submitted on ${made.inv.th} and cancelled while another body held the loop, yet ${made.args['body']} ran.`;
    return { evidence, violation: witness([busy.from, made.inv, cancel.ret, busy.to, run], explanation) };
  }
  return { evidence };
}

function held(events: string): string {
  return idle(`L inv h callSoon body=held ; L ret h ; L run h held ; ${events}`);
}

const CANCELLED = 'F1 inv k concurrentCancel of=a ; F1 ret k v=true';
const SIGNATURE = 'the first step runs';

export const cancelledBeforePickUpNeverRuns: Requirement = {
  id: 'C-RCT-07',
  slug: 'cancelled-before-pick-up-never-runs',
  scenario: 'C',
  area: 'cancellation',
  level: 'SHOULD',
  basis: 'ours',
  statement: 'A submission cancelled before the loop picks it up never runs its body.',
  source: 'doc concurrent.futures#cancel text; run_coroutine_threadsafe callback',
  evidence: 'a coroutine submission that was made, and cancelled with true, while one body held the loop',
  hint: 'the pick-up on the loop must ask whether the concurrent future is cancelled before it makes the task',
  needs: [],
  voidedBy: [],
  deviations: [
    { where: { name: 'CPython', from: '3.8', to: '3.13' }, signature: SIGNATURE },
    { where: { name: 'uvloop' }, signature: SIGNATURE },
  ],
  judge: unlessMisused(judgeNeverPickedUp),
  examples: {
    upholds: [held(`${SUBMITTED} ; ${CANCELLED} ; L end h ; M eot done`)],
    violates: [
      held(`${SUBMITTED} ; ${CANCELLED} ; L end h ; L run a co ; L end a ; M eot done`),
      held(
        `L inv t createTask body=c ; L ret t ; L end h ; L run t c ; ${SUBMITTED} ; ${CANCELLED} ; L inv y yield ; L susp t id=y on=y ; L run a co ; L end a err=CANCELLED`,
      ),
    ],
    unexercised: [
      idle(`${SUBMITTED} ; ${CANCELLED} ; L run a co ; L end a ; M eot done`),
      held(`${SUBMITTED} ; L end h ; L run a co ; L end a ; M eot done`),
    ],
    noFalseAlarm: [
      held(
        `${SUBMITTED} ; F1 inv k concurrentCancel of=a ; L end h ; L run a co ; F1 ret k v=true ; L end a ; M eot done`,
      ),
      held(
        `${SUBMITTED} ; F1 inv k concurrentCancel of=a ; F1 ret k v=false ; L end h ; L run a co ; L end a ; M eot done`,
      ),
      idle(
        `F1 inv a runCoroutineThreadsafe body=co ; L inv h callSoon body=held ; L ret h ; L run h held ; F1 ret a ; ${CANCELLED} ; L end h ; L run a co ; L end a`,
      ),
    ],
  },
  program: inboundProgram('C-RCT-07', {
    gates: ['cancelled'],
    bodies: { co: { kind: 'task', steps: [] } },
    meanwhile: [{ op: 'waitGate', gate: 'cancelled' }],
    threads: {
      asker: [
        {
          op: 'try',
          steps: [
            { op: 'runCoroutineThreadsafe', body: 'co', to: 'sent' },
            { op: 'concurrentCancel', of: 'sent' },
          ],
          finally: [{ op: 'signal', gate: 'cancelled' }],
        },
        expecting('CANCELLED', { op: 'concurrentResult', of: 'sent', timeoutUs: null }),
      ],
    },
  }),
};
