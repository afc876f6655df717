import { expect, test } from 'vitest';
import { readCases } from '../../harness/cases.ts';
import { SimulatedDriver } from '../../harness/drive/simulated.ts';
import { cloneMessage, SimulatedPlatform } from '../../harness/explore/simulated-platform.ts';
import type { Message } from '../platform.ts';

test('no thread changes what it has handed to another: programs run with frozen messages', () => {
  const { post } = SimulatedPlatform.prototype;
  const freeze = (message: Message): Message => {
    if (typeof message === 'object' && message !== null) {
      for (const value of Object.values(message)) freeze(value as Message);
      Object.freeze(message);
    }
    return message;
  };
  SimulatedPlatform.prototype.post = function* (port, message) {
    yield* post.call(this, port, freeze(cloneMessage(message)));
  };
  try {
    const driver = new SimulatedDriver('reference', []);
    for (const program of readCases()) {
      for (let index = 0; index < 20; index++) {
        const trial = { kind: 'explore', index, seed: 'frozen', clock: 'late' } as const;
        expect(driver.perform(program, trial)).toMatchObject({ kind: 'history' });
      }
    }
  } finally {
    SimulatedPlatform.prototype.post = post;
  }
});
