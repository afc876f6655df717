import { invariant } from '../spec/assert-never.ts';
import type { Args, Event, OpId, Ref } from '../spec/history.ts';
import type { ErrorText, Json } from '../spec/program.ts';
import { side } from '../spec/relation.ts';
import { OP, type VisibleOp } from './platform.ts';

type Stamped = { seq: number; t: number };

const UNNAMED = '';
const MAIN_THREAD = 0;

/**
 * One thread's records. *Early* ones (inv, end, susp, loop start) stand for what the thread does next: they are queued,
 * and stamped just before its next visible operation is performed. *Late* ones (ret, run, resm, hnd, loop stop and
 * closed, marks) stand for what it has done: they are stamped where they are made.
 *
 *   code of the thread   … ret a │ inv b ·· queued ·· │ store │ ret b …
 *   stamps                  5    │                    6       │ 7       (others may stamp between 5 and 6)
 *
 * Where a late record follows queued ones with no visible operation between them, the queued ones get a step of their
 * own: whoever makes a late record writes `if (log.hasEarly) yield log.pause;` first. One object a thread, used again
 * for each execution; an event costs one object and no closure.
 */
export class ThreadLog {
  /** A visible operation that does nothing but carry the queued records. */
  readonly pause: VisibleOp = { kind: OP.record, object: 0, a: 0, b: 0, deadline: 0, message: undefined };
  hasEarly = false;
  /** `run` and `resm` records of this execution: what quiesce watches. */
  progress = 0;
  private readonly recorder: Recorder;
  private readonly queue: Event[] = [];
  private name: string = UNNAMED;
  private ids: string[] = [];
  private operations = 0;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
  }

  /** Ready for the next execution. */
  reset(): void {
    this.hasEarly = false;
    this.progress = 0;
    this.queue.length = 0;
    this.name = UNNAMED;
    this.operations = 0;
  }

  /** A thread that has none by its first record is the next W. */
  get label(): string {
    if (this.name === UNNAMED) this.label = this.recorder.nextWorkerLabel();
    return this.name;
  }

  /** M and L are two labels of one thread: ids go on counting, and records keep the label they were made under. */
  set label(label: string) {
    this.name = label;
    this.ids = this.recorder.idsOf(label);
  }

  private early(event: Event): void {
    this.queue.push(event);
    this.hasEarly = true;
  }

  private late(event: Event): void {
    invariant(!this.hasEarly, 'a late record was made while early ones of its thread waited for a step');
    this.recorder.stamp(event);
  }

  /** Stamps what is queued. The engine calls it through `Recorder.flush`. */
  flush(): void {
    for (const event of this.queue) this.recorder.stamp(event);
    this.queue.length = 0;
    this.hasEarly = false;
  }

  /** Early. Returns the id of the operation: the label and a count, `F1.3`. */
  inv(inst: OpId, step: string, op: string, args: Args): string {
    const th = this.label;
    const count = ++this.operations;
    this.ids[count] ??= `${th}.${count}`;
    const id = this.ids[count];
    this.early({ seq: 0, t: 0, th, ev: 'inv', id, inst, step, op, args });
    return id;
  }

  ret(id: OpId, v: Json): void {
    this.late({ seq: 0, t: 0, th: this.label, ev: 'ret', id, v });
  }

  retFailed(id: OpId, err: ErrorText, done: boolean | undefined): void {
    const th = this.label;
    this.late(
      done === undefined ? { seq: 0, t: 0, th, ev: 'ret', id, err } : { seq: 0, t: 0, th, ev: 'ret', id, err, done },
    );
  }

  run(inst: OpId, body: string, args: Json | undefined): void {
    const th = this.label;
    this.progress++;
    this.late(
      args === undefined
        ? { seq: 0, t: 0, th, ev: 'run', inst, body }
        : { seq: 0, t: 0, th, ev: 'run', inst, body, args },
    );
  }

  /** Early, as is the next. */
  end(inst: OpId, v: Json): void {
    this.early({ seq: 0, t: 0, th: this.label, ev: 'end', inst, v });
  }

  endFailed(inst: OpId, err: ErrorText): void {
    this.early({ seq: 0, t: 0, th: this.label, ev: 'end', inst, err });
  }

  /** Early. */
  susp(inst: OpId, id: OpId, on: Ref): void {
    this.early({ seq: 0, t: 0, th: this.label, ev: 'susp', inst, id, on });
  }

  resm(inst: OpId, id: OpId, v: Json): void {
    this.progress++;
    this.late({ seq: 0, t: 0, th: this.label, ev: 'resm', inst, id, v });
  }

  resmFailed(inst: OpId, id: OpId, err: ErrorText): void {
    this.progress++;
    this.late({ seq: 0, t: 0, th: this.label, ev: 'resm', inst, id, err });
  }

  hnd(src: OpId | null, err: ErrorText): void {
    this.late({ seq: 0, t: 0, th: this.label, ev: 'hnd', src, err });
  }

  /** Early. */
  loopStart(): void {
    this.early({ seq: 0, t: 0, th: this.label, ev: 'loop', state: 'start' });
  }

  loopStop(): void {
    this.late({ seq: 0, t: 0, th: this.label, ev: 'loop', state: 'stop' });
  }

  loopStopFailed(err: ErrorText): void {
    this.late({ seq: 0, t: 0, th: this.label, ev: 'loop', state: 'stop', err });
  }

  loopClosed(): void {
    this.late({ seq: 0, t: 0, th: this.label, ev: 'loop', state: 'closed' });
  }

  mark(inst: OpId, step: string, label: string, data: Json): void {
    this.late({ seq: 0, t: 0, th: this.label, ev: 'mark', inst, step, label, data });
  }

  /** A mark that counts as early too: it is stamped by a step of its own, which the caller yields (`pause`). */
  markMoment(inst: OpId, step: string, label: string, data: Json): void {
    this.early({ seq: 0, t: 0, th: this.label, ev: 'mark', inst, step, label, data });
  }
}

/**
 * Records executions, one after the other: a single counter stamps the records of all threads, and the time is read
 * after the stamp. What it returns is a function of the schedule alone. Threads are known by their platform's number.
 */
export class Recorder {
  /** When `main` began, by the clock. */
  startedNs = 0;
  /** On which sides of the order relation records were stamped since this was last set to 0: 1 early, 2 late, 3 both. */
  marks = 0;
  private readonly clock: () => number;
  private readonly logs: ThreadLog[] = [];
  private readonly idsByLabel: Map<string, string[]> = new Map();
  private seq = 0;
  private workers = 0;
  private events: Event[] = [];
  private bug: unknown;

  /** `clock`: nanoseconds of the clock that the loop's timers use. */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** Begins an execution: the calling thread is M. Events of an earlier one stay with whoever has them. */
  begin(): ThreadLog {
    for (const log of this.logs) log?.reset();
    this.events = [];
    this.seq = 0;
    this.workers = 0;
    this.bug = undefined;
    this.startedNs = this.clock();
    const log = this.thread(MAIN_THREAD);
    log.label = 'M';
    return log;
  }

  /** The log of a thread. Only that thread records into it. */
  thread(thread: number): ThreadLog {
    let log = this.logs[thread];
    if (log === undefined) {
      log = new ThreadLog(this);
      this.logs[thread] = log;
    }
    return log;
  }

  /** Stamps the early records of a thread: to be called just before its next operation is performed. */
  flush(thread: number): void {
    const log = this.logs[thread];
    if (log?.hasEarly) log.flush();
  }

  /** The events so far, without meta and eot, by stamp. Throws when crossloop itself went wrong in the execution. */
  history(): readonly Event[] {
    if (this.bug !== undefined) throw this.bug;
    return this.events;
  }

  /** A failed invariant must not pass for an error of the program: the history is refused. */
  noteBug(error: unknown): void {
    this.bug ??= error;
  }

  stamp(event: Event): void {
    const stamped: Stamped = event;
    stamped.seq = ++this.seq;
    stamped.t = this.clock() - this.startedNs;
    this.events.push(event);
    const sides = side(event);
    this.marks |= sides === 'early' ? 1 : sides === 'late' ? 2 : 3;
  }

  nextWorkerLabel(): string {
    return `W${++this.workers}`;
  }

  idsOf(label: string): string[] {
    let ids = this.idsByLabel.get(label);
    if (ids === undefined) {
      ids = [];
      this.idsByLabel.set(label, ids);
    }
    return ids;
  }
}
