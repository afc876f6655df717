import { FOREVER } from '../platform.ts';
import type { Handle } from './handle.ts';

/** Below this many timers cancelled ones are not worth a sweep. */
const SWEEP_MIN = 64;

/** A binary heap of timers by deadline. Cancelled ones do not leak: more than half of them, and they are swept. */
export class Timers {
  private heap: Handle[] = [];
  private cancelled = 0;

  get size(): number {
    return this.heap.length;
  }

  /** The deadline of the earliest timer that was not cancelled; FOREVER if there is none. */
  get nextNs(): number {
    while (this.heap[0]?.isCancelled) {
      this.pop();
      this.cancelled--;
    }
    return this.heap[0]?.whenNs ?? FOREVER;
  }

  push(handle: Handle): void {
    const { heap } = this;
    heap.push(handle);
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.whenNs <= handle.whenNs) break;
      heap[at] = heap[parent]!;
      heap[parent] = handle;
      at = parent;
    }
  }

  noteCancel(): void {
    this.cancelled++;
    if (this.heap.length < SWEEP_MIN || this.cancelled * 2 < this.heap.length) return;
    const left = this.heap.filter(({ isCancelled }) => !isCancelled);
    this.heap = [];
    this.cancelled = 0;
    for (const handle of left) this.push(handle);
  }

  /** Takes the timers that are due at `nowNs`, in the order of their deadlines. */
  takeDue(nowNs: number): Handle[] {
    const due: Handle[] = [];
    while (this.nextNs <= nowNs) due.push(this.pop());
    return due;
  }

  clear(): void {
    this.heap = [];
    this.cancelled = 0;
  }

  private pop(): Handle {
    const { heap } = this;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.whenNs < heap[child]!.whenNs) child++;
      if (heap[child]!.whenNs >= last.whenNs) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
