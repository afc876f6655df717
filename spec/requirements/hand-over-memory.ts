import { canonicalJson } from '../canonical-json.ts';
import { type Event, type MarkEvent, type OpId, osThread } from '../history.ts';
import { type IndexedHistory, type Operation, operationsNamed } from '../indexed-history.ts';
import type { Json } from '../program.ts';
import { precedes } from '../relation.ts';
import type { Requirement } from '../requirement.ts';
import type { Judgement } from '../verdict.ts';
import { fixedProgram, idle, running, task, thread } from './builder.ts';
import { firstAbove, isForeign } from './inbound-facts.ts';
import { violated } from './violated.ts';

/** A hand-over of a foreign thread, and the record of the loop's thread that shows that it had arrived. */
type Arrival = { readonly handOver: Operation; readonly at: Event };

const SETTLING: ReadonlySet<string> = new Set(['setResult', 'setException', 'complete', 'cancelFuture']);

/** The first resumption of an await of this future, if nothing but this operation completes the future. */
function resumedBy(history: IndexedHistory, complete: Operation): Event | undefined {
  const of = complete.args['of'] as { readonly ref?: OpId | null } | undefined;
  const uses = of?.ref == null ? [] : (history.byRef.get(of.ref) ?? []);
  if (uses.some((use) => use !== complete && SETTLING.has(use.op))) return undefined;
  let first: Event | undefined;
  for (const { op, resm } of uses) {
    const isResumed = op === 'await' && resm !== undefined && resm.err !== 'CANCELLED' && resm.seq > complete.inv.seq;
    if (isResumed && (first === undefined || resm.seq < first.seq)) first = resm;
  }
  return first;
}

/** Everything that foreign threads handed over and that arrived on the loop's thread, in the order of arrival. */
function arrivals(history: IndexedHistory): readonly Arrival[] {
  const found: Arrival[] = [];
  for (const handOver of operationsNamed(history, 'complete', 'callSoonThreadsafe', 'runCoroutineThreadsafe')) {
    if (!isForeign(handOver.inv)) continue;
    const run = history.instances.get(handOver.id)?.runs[0];
    const at = handOver.op === 'complete' ? resumedBy(history, handOver) : run;
    if (at !== undefined && osThread(at.th) === 'L') found.push({ handOver, at });
  }
  return found.sort((one, other) => one.at.seq - other.at.seq);
}

/** All writes of one cell, if one thread made them: in order, and where each value was written. */
type Cell = { readonly thread: string; readonly writes: Operation[]; readonly places: Map<string, number[]> };

/** The cells that one thread alone writes. */
function cells(history: IndexedHistory): ReadonlyMap<string, Cell> {
  const byTag = new Map<string, Cell>();
  const shared = new Set<string>();
  for (const write of operationsNamed(history, 'cellWrite')) {
    if (write.ret?.err !== undefined) continue;
    const tag = String(write.args['tag']);
    let cell = byTag.get(tag);
    if (cell === undefined) {
      cell = { thread: osThread(write.inv.th), writes: [], places: new Map() };
      byTag.set(tag, cell);
    }
    if (cell.thread !== osThread(write.inv.th)) shared.add(tag);
    const value = canonicalJson(write.args['value'] as Json);
    const places = cell.places.get(value);
    if (places === undefined) cell.places.set(value, [cell.writes.length]);
    else places.push(cell.writes.length);
    cell.writes.push(write);
  }
  for (const tag of shared) byTag.delete(tag);
  return byTag;
}

/** What a read says, or undefined if the record is none. */
function readOf(mark: MarkEvent): { readonly tag: string; readonly v: Json } | undefined {
  if (mark.label !== 'cellRead' || osThread(mark.th) !== 'L') return undefined;
  const data = mark.data as { readonly tag?: string; readonly v?: Json } | null | undefined;
  return typeof data?.tag === 'string' ? { tag: data.tag, v: data.v ?? null } : undefined;
}

/** The newest of these writes that was over before the hand-over began; -1 if there is none. */
function newestBefore({ writes }: Cell, handOver: Operation): number {
  let newest = firstAbove(writes.length, (position) => writes[position]!.inv.seq, handOver.inv.seq) - 1;
  // The last write may have failed to return; those before it did.
  if (newest >= 0 && !(writes[newest]!.ret && precedes(writes[newest]!.ret!, handOver.inv))) newest--;
  return newest;
}

/** A read of the loop's thread after a hand-over sees nothing older than what the same thread wrote before it. */
function judgeVisibility(history: IndexedHistory): Judgement {
  const arrived = arrivals(history);
  const byTag = cells(history);
  const newestHandOver = new Map<string, Operation>();
  let next = 0;
  let evidence = 0;
  for (const mark of history.marks) {
    const read = readOf(mark);
    const cell = read && byTag.get(read.tag);
    if (read === undefined || cell === undefined) continue;
    for (; next < arrived.length && arrived[next]!.at.seq < mark.seq; next++) {
      const { handOver } = arrived[next]!;
      const known = newestHandOver.get(handOver.inv.th);
      if (known === undefined || known.inv.seq < handOver.inv.seq) newestHandOver.set(handOver.inv.th, handOver);
    }
    const handOver = newestHandOver.get(cell.thread);
    const oldest = handOver === undefined ? -1 : newestBefore(cell, handOver);
    if (handOver === undefined || oldest < 0) continue;
    evidence++;
    const places = cell.places.get(canonicalJson(read.v)) ?? [];
    if ((places.at(-1) ?? -1) >= oldest) continue;
    const write = cell.writes[oldest]!;
    const explanation = `${cell.thread} wrote ${JSON.stringify(write.args['value'])} to ${read.tag} and then handed work over, yet the loop's thread, having got that work, read ${JSON.stringify(read.v)}.`;
    return violated(evidence, explanation, write.inv, write.ret, handOver.inv, mark);
  }
  return { evidence };
}

const WRITTEN = 'F1 inv c cellWrite tag=box value=1 ; F1 ret c ; F1 inv d complete of=f value=25 ; F1 ret d';
const GOT = 'L resm R id=w v=25 ; L ret w v=25';
const READ = (value: string) => `L mark cellRead data={"tag":"box","v":${value}} ; L end R ; M eot done`;

export const handOverPublishesMemory: Requirement = {
  id: 'B-FCB-05',
  slug: 'hand-over-publishes-memory',
  scenario: 'B',
  area: 'ordering',
  level: 'MUST',
  basis: 'ours',
  statement: 'What the foreign thread did before the hand-over is visible to the resumed task.',
  source: 'GIL / queue semantics',
  evidence: 'a read of a cell, by the loop, after a hand-over of the thread that had written it',
  hint: 'whether the queue between the threads orders memory, on both of its ends',
  needs: [],
  voidedBy: [],
  deviations: [],
  judge: judgeVisibility,
  examples: {
    upholds: [
      idle(`${WRITTEN} ; ${GOT} ; ${READ('1')}`),
      idle(
        'F1 inv c cellWrite tag=box value=1 ; F1 ret c ; F1 inv d callSoonThreadsafe body=z ; F1 ret d ; L run d z ; L mark cellRead data={"tag":"box","v":1} ; L end d',
      ),
    ],
    violates: [
      idle(`${WRITTEN} ; ${GOT} ; ${READ('null')}`),
      idle(`F1 inv b cellWrite tag=box value=0 ; F1 ret b ; ${WRITTEN} ; ${GOT} ; ${READ('0')}`),
      idle(
        'F1 inv c cellWrite tag=box value=1 ; F1 ret c ; F1 inv d callSoonThreadsafe body=z ; F1 ret d ; L run d z ; L mark cellRead data={"tag":"box","v":null} ; L end d',
      ),
    ],
    unexercised: [
      running('L inv c cellWrite tag=box value=1 ; L ret c ; L mark cellRead data={"tag":"box","v":1} ; L end R'),
    ],
    noFalseAlarm: [
      // Newer writes may be seen; other threads' writes, and hand-overs before the write or of others, prove nothing.
      idle(`${WRITTEN} ; ${GOT} ; F1 inv e cellWrite tag=box value=2 ; ${READ('2')}`),
      idle(`${WRITTEN} ; F2 inv e cellWrite tag=box value=9 ; F2 ret e ; ${GOT} ; ${READ('9')}`),
      idle(
        `F1 inv d complete of=f value=25 ; F1 ret d ; F1 inv c cellWrite tag=box value=1 ; F1 ret c ; ${GOT} ; ${READ('null')}`,
      ),
      idle(
        `F1 inv c cellWrite tag=box value=1 ; F1 ret c ; F2 inv d complete of=f value=25 ; F2 ret d ; ${GOT} ; ${READ('null')}`,
      ),
      idle(
        `${WRITTEN} ; F2 inv g complete of=f value=7 ; F2 ret g ; L resm R id=w v=7 ; L ret w v=7 ; ${READ('null')}`,
      ),
      idle('L mark cellRead data=nothing ; L mark cellRead'),
    ],
  },
  program: fixedProgram('B-FCB-05', {
    needs: ['OFFLOAD', 'ON-LOOP'],
    gates: ['made'],
    bodies: {
      root: task(
        { op: 'createFuture', to: 'future' },
        { op: 'signal', gate: 'made' },
        { op: 'await', of: 'future' },
        { op: 'cellRead', tag: 'box' },
      ),
      foreign: thread(
        { op: 'waitGate', gate: 'made' },
        { op: 'cellWrite', tag: 'box', value: 'old' },
        { op: 'cellWrite', tag: 'box', value: 'new' },
        { op: 'complete', of: 'future', value: 25 },
      ),
    },
    spawn: ['foreign'],
  }),
};
