import type { Deviation, Requirement } from './requirement.ts';
import type { ImplementationInfo } from './result.ts';

/** Compares dotted versions as far as both go: 3.12 stands for every 3.12.x. */
function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number)) as [number[], number[]];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = a[at]! - b[at]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function isWithin({ where }: Deviation, name: string, version: string): boolean {
  if (where.name !== name) return false;
  if (where.from !== undefined && compareVersions(version, where.from) < 0) return false;
  return where.to === undefined || compareVersions(version, where.to) <= 0;
}

/**
 * The listed deviation that makes a violation of this requirement known, if there is one: matched against the runtime
 * that the adapter reports (so that CPython's stay known for any loop on it) and against the implementation itself.
 */
export function knownDeviation(requirement: Requirement, info: ImplementationInfo): Deviation | undefined {
  return requirement.deviations.find(
    (deviation) =>
      isWithin(deviation, info.runtime.name, info.runtime.version) || isWithin(deviation, info.name, info.version),
  );
}
