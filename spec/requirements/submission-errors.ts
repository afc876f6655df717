import type { EndEvent, HndEvent, OpId } from '../history.ts';
import { type IndexedHistory, type Instance, operationsNamed, scheduledBody } from '../indexed-history.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { callback, idle } from './builder.ts';
import { drainedAfter, unlessMisused, witness } from './inbound-facts.ts';
import { finished, inboundProgram } from './inbound-program.ts';

/** The body ended with an error of its own that has to reach the handler: none that cancels or leaves the loop. */
function ownError(body: Instance | undefined): EndEvent | undefined {
  const end = body?.ends[0];
  if (end?.err === undefined || end.err === 'CANCELLED' || end.err.startsWith('FATAL')) return undefined;
  // An error that another operation raised here may have left another body first, and is reported under its name.
  return body!.operations.some(({ ret }) => ret?.err === end.err) ? undefined : end;
}

/** The first handler call for each source; under `null` the last one without a source, by error. */
class Reports {
  private readonly bySource: Set<OpId> = new Set();
  private readonly lastUnnamed: Map<string, number> = new Map();

  constructor(handlers: readonly HndEvent[]) {
    for (const { src, err, seq } of handlers) {
      if (src === null) this.lastUnnamed.set(err, seq);
      else this.bySource.add(src);
    }
  }

  has(source: OpId, end: EndEvent): boolean {
    return this.bySource.has(source) || (this.lastUnnamed.get(end.err!) ?? -1) > end.seq;
  }
}

/** What a handed-over callback raises reaches the handler, and not the thread that handed it over. */
function judgeReport(history: IndexedHistory): Judgement {
  const isDrained = drainedAfter(history);
  const reports = new Reports(history.handlers);
  let evidence = 0;
  for (const submission of operationsNamed(history, 'callSoonThreadsafe')) {
    const end = ownError(scheduledBody(history, submission));
    if (end === undefined) continue;
    const { id, inv, ret, args } = submission;
    const what = `${args['body']}, handed over on ${inv.th}, ended with ${end.err}`;
    if (end.err!.startsWith('USER') && ret?.err === end.err) {
      return {
        evidence: evidence + 1,
        violation: witness([inv, end, ret], `${what}, which was raised in the submitting thread.`),
      };
    }
    const isReported = reports.has(id, end);
    if (!isReported && !isDrained(end, submission.loop)) continue;
    evidence++;
    if (isReported) continue;
    const explanation = `${what}, and the exception handler was never called for it.`;
    return { evidence, violation: witness([inv, end], explanation) };
  }
  return { evidence };
}

const RAISED = 'F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L run a x ; L end a err=USER(boom)';

export const reportsCallbackError: Requirement = {
  id: 'C-TS-07',
  slug: 'threadsafe-error-goes-to-handler',
  scenario: 'C',
  area: 'error',
  level: 'MUST',
  basis: 'impl',
  statement:
    'An exception in a callback given to call_soon_threadsafe goes to the handler, never to the submitting thread.',
  source: 'Handle._run',
  evidence: 'a handed-over callback that raised, and was reported or had to be because the loop was drained after it',
  hint: 'where the loop runs what it took out of its inbox: each call needs its own catch that calls the handler',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: unlessMisused(judgeReport),
  examples: {
    upholds: [
      finished(`${RAISED} ; L hnd a err=USER(boom)`),
      idle(`${RAISED} ; L hnd a err=USER(boom)`),
      finished(`${RAISED} ; L hnd null err=USER(boom)`),
    ],
    violates: [
      finished(RAISED),
      finished(`${RAISED} ; L hnd other err=USER(boom)`),
      finished(
        'F1 inv a callSoonThreadsafe body=x ; L run a x ; L end a err=USER(boom) ; F1 ret a err=USER(boom) ; L hnd a err=USER(boom)',
      ),
    ],
    unexercised: [finished('F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L run a x ; L end a'), idle(RAISED)],
    noFalseAlarm: [
      idle(`${RAISED} ; M eot deadline`),
      finished(RAISED.replaceAll('USER(boom)', 'FATAL(SystemExit)')),
      finished(RAISED.replaceAll('USER(boom)', 'CANCELLED')),
      finished(
        'F1 inv a callSoonThreadsafe body=x ; F1 ret a ; L run a x ; L inv r result of=t ; L ret r err=USER(boom) ; L end a err=USER(boom) ; L hnd t err=USER(boom)',
      ),
    ],
  },
  program: inboundProgram('C-TS-07', {
    bodies: { failing: callback({ op: 'raise', error: 'USER(boom)' }) },
    threads: { sender: [{ op: 'callSoonThreadsafe', body: 'failing' }] },
  }),
};
