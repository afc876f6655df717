import { invariant } from '../spec/assert-never.ts';
import { CATALOGUE } from '../spec/catalogue.ts';
import { runBlock } from './campaign-block.ts';
import type { BlockEnd, BlockOrder } from './campaign-pool.ts';
import type { ProgramOutcome } from './campaign-program.ts';
import { serveParent } from './child-pool.ts';
import { isFault, openDriver } from './drive/open.ts';

/** The child process of `campaign-pool.ts`. */
serveParent<BlockOrder, ProgramOutcome, BlockEnd>(async (order, onProgram, stop) => {
  const driver = await openDriver(order.implementation);
  invariant(!isFault(driver), 'a simulated driver can always be had');
  const requirements = CATALOGUE.filter(({ id }) => order.requirements.includes(id));
  const { final } = await runBlock(order.block, { ...order, requirements }, driver, stop, onProgram);
  return final === undefined ? {} : { final };
});
