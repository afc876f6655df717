import { plain } from '../../reports/text.ts';
import { SUITE_VERSION } from '../../spec/suite.ts';
import { smoke } from '../drive/smoke.ts';
import { EXIT, type ExitCode, UsageError } from './exit-code.ts';
import { type Chosen, chosenImplementations } from './implementations.ts';

/** `crossloop smoke`: what an adapter must do, checked one by one; exits 6 when it does not do one of them. */
export async function smokeCommand(options: Chosen): Promise<ExitCode> {
  const chosen = options.adapter === undefined && options.loop === undefined && options.impl === undefined;
  const [implementation] = chosenImplementations(chosen ? { ...options, impl: ['asyncio'] } : options, () => {});
  if (implementation?.kind !== 'process') throw new UsageError('smoke: give an adapter with --adapter COMMAND');
  const checks = await smoke({ ...implementation, suite: SUITE_VERSION });
  for (const { check, passed, detail, hint } of checks) {
    process.stdout.write(
      `${passed ? 'ok  ' : 'FAIL'} ${check}: ${plain(detail)}\n${hint === '' ? '' : `     ${plain(hint)}\n`}`,
    );
  }
  const failed = checks.filter(({ passed }) => !passed).length;
  process.stdout.write(`${checks.length - failed} of ${checks.length} checks passed\n`);
  return failed === 0 ? EXIT.conforms : EXIT.adapterFailed;
}
