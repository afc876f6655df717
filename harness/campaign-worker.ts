import { invariant } from '../spec/assert-never.ts';
import { CATALOGUE } from '../spec/catalogue.ts';
import { runBlock } from './campaign-block.ts';
import type { Order, Report } from './campaign-pool.ts';
import { isFault, openDriver } from './drive/open.ts';

/** The child process of `campaign-pool.ts`: performs the blocks it is told to, one at a time; ends with its parent. */
let interrupted = false;

function report(message: Report): void {
  process.send?.(message);
}

async function perform(order: Extract<Order, { kind: 'block' }>): Promise<void> {
  const driver = await openDriver(order.implementation);
  invariant(!isFault(driver), 'a simulated driver can always be had');
  const requirements = CATALOGUE.filter(({ id }) => order.requirements.includes(id));
  const options = { ...order, requirements };
  const { final } = await runBlock(
    order.block,
    options,
    driver,
    () => interrupted,
    (outcome) => report({ kind: 'program', outcome }),
  );
  report({ kind: 'block', ...(final === undefined ? {} : { final }) });
}

process.on('message', (order: Order) => {
  if (order.kind === 'interrupt') {
    interrupted = true;
    return;
  }
  perform(order).catch((error: unknown) => report({ kind: 'bug', message: String((error as Error).stack ?? error) }));
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
