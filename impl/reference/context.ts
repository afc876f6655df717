import type { Message } from '../platform.ts';

/** Context variables: an immutable map, captured when work is scheduled and current while it runs. */
export class Context {
  readonly entries: { readonly [tag: string]: Message };

  constructor(entries: { readonly [tag: string]: Message } = {}) {
    this.entries = entries;
  }

  get(tag: string): Message {
    return this.entries[tag] ?? null;
  }

  with(tag: string, value: Message): Context {
    return new Context({ ...this.entries, [tag]: value });
  }
}
