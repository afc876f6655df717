import type { EotEvent, Event, OpId } from './history.ts';

/** Two consecutive records p, q of the loop's thread between which the loop was idle; q is `eot` at the end. */
export type IdleGap = {
  readonly fromSeq: number;
  readonly fromT: number;
  readonly toSeq: number;
  readonly toT: number;
  readonly atEnd: boolean;
};

type Invocations = ReadonlyMap<OpId, { readonly op: string }>;

const RUN_OPERATIONS: ReadonlySet<string> = new Set(['runForever', 'runUntil']);

/**
 * Follows the loop's thread and knows after each record whether the loop is idle: a runForever or runUntil is open, no
 * body is open on the thread, and no operation is open but those two or ones of suspended bodies. Time that passes
 * then is the loop's own fault; a busy or blocked loop is excused. Collects the idle pauses longer than B.
 */
export class IdleTracker {
  isIdle = false;
  private readonly boundNs: number | null;
  private readonly gaps: IdleGap[] = [];
  private openRuns = 0;
  private openBodies = 0;
  private openOperations = 0;
  private readonly openByBody: Map<OpId, number> = new Map();
  private readonly suspended: Set<OpId> = new Set();
  private readonly bodyOf: Map<OpId, OpId> = new Map();
  readonly idleAfter: number[] = [];
  private position = -1;
  private previous: Event | undefined;

  constructor(boundNs: number | null) {
    this.boundNs = boundNs;
  }

  add(event: Event, invocations: Invocations): void {
    if (this.isIdle) this.close(event, false);
    this.follow(event, invocations);
    this.previous = event;
    this.position++;
    this.isIdle = this.openRuns > 0 && this.openBodies === 0 && this.openOperations === 0;
    if (this.isIdle) this.idleAfter.push(this.position);
  }

  finish(eot: EotEvent | undefined): readonly IdleGap[] {
    if (this.isIdle && eot?.reason === 'deadline') this.close(eot, true);
    return this.gaps;
  }

  private close(next: Event, atEnd: boolean): void {
    const { previous, boundNs } = this;
    if (previous === undefined || boundNs === null || next.t - previous.t <= boundNs) return;
    this.gaps.push({ fromSeq: previous.seq, fromT: previous.t, toSeq: next.seq, toT: next.t, atEnd });
  }

  private follow(event: Event, invocations: Invocations): void {
    switch (event.ev) {
      case 'inv':
        if (RUN_OPERATIONS.has(event.op)) this.openRuns++;
        else this.open(event.id, event.inst);
        break;
      case 'ret':
        if (RUN_OPERATIONS.has(invocations.get(event.id)?.op ?? '')) this.openRuns--;
        else this.closeOperation(event.id);
        break;
      case 'run':
        this.openBodies++;
        break;
      case 'end':
        this.openBodies--;
        break;
      case 'susp':
        this.openBodies--;
        this.openOperations -= this.openByBody.get(event.inst) ?? 0;
        this.suspended.add(event.inst);
        break;
      case 'resm':
        this.openBodies++;
        this.openOperations += this.openByBody.get(event.inst) ?? 0;
        this.suspended.delete(event.inst);
    }
  }

  private open(id: OpId, body: OpId): void {
    this.bodyOf.set(id, body);
    this.openByBody.set(body, (this.openByBody.get(body) ?? 0) + 1);
    this.openOperations++;
  }

  private closeOperation(id: OpId): void {
    const body = this.bodyOf.get(id);
    if (body === undefined) return;
    this.bodyOf.delete(id);
    this.openByBody.set(body, (this.openByBody.get(body) ?? 1) - 1);
    if (!this.suspended.has(body)) this.openOperations--;
  }
}
