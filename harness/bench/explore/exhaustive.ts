import { performInChild } from './child.ts';
import type { PeerRun, Peers } from './peers.ts';
import type { SearchRuns } from './search.ts';
import { spreadOf } from './statistics.ts';
import { numeral, type Result } from './table.ts';

/** B3: whole spaces. What an execution costs tells little here; what counts is how many are needed for each trace. */
type Case = { readonly program: string; readonly runs: number; readonly msMax: number; readonly hasPeers: boolean };
type Row = readonly string[];

/** Longer than Loom needs for the smallest; on the next it does not end in minutes. */
const PEER_SECONDS = 20;
const PEERS: readonly string[] = ['shuttle-dfs-forced', 'shuttle-dfs', 'loom'];
const CASES: readonly Case[] = [
  { program: 'loopOK2', runs: 20, msMax: 3, hasPeers: true },
  { program: 'loopOK3', runs: 20, msMax: 600, hasPeers: true },
  { program: 'loopOK2x2', runs: 1, msMax: 20_000, hasPeers: false },
];

function ownRow({ program, runs, msMax }: Case, { searched, ms }: SearchRuns): Row {
  const { complete, asleep } = searched;
  const { min, max } = spreadOf(ms);
  const executions = complete + asleep;
  return [
    `${program}, crossloop`,
    numeral(complete),
    numeral(asleep),
    numeral(executions),
    numeral(executions / complete),
    runs === 1 ? numeral(min) : `${numeral(min)} (worst of ${runs}: ${numeral(max)})`,
    `< ${numeral(msMax)}`,
    searched.isEmptied && min < msMax ? 'yes' : 'no',
  ];
}

/** A peer that did not end has executions but no traces: what it would have needed is not known. */
function peerRow(program: string, peer: string, run: PeerRun, traces: number): Row {
  const { executions, seconds, complete } = run;
  const perTrace = complete ? numeral(executions / traces) : `> ${numeral(executions / traces)}`;
  const ms = complete ? numeral(seconds * 1_000) : `not in ${PEER_SECONDS} s`;
  return [`${program}, ${peer} ${run.version}`, '', '', numeral(executions), perTrace, ms, '', ''];
}

export function benchmarkExhaustive(peers: Peers | string): Result {
  const rows: Row[] = [];
  const data: { [program: string]: unknown } = {};
  for (const example of CASES) {
    const { program, runs, hasPeers } = example;
    const own = performInChild({ kind: 'search', program, runs }) as SearchRuns;
    rows.push(ownRow(example, own));
    const others: { [peer: string]: PeerRun } = {};
    if (hasPeers && typeof peers !== 'string') {
      for (const peer of PEERS) {
        const run = peers(peer, program, PEER_SECONDS);
        others[peer] = run;
        rows.push(peerRow(program, peer, run, own.searched.complete));
      }
    }
    data[program] = { own, peers: others };
  }
  const columns = [
    'program',
    'traces',
    'blocked prefixes',
    'executions',
    'executions per trace',
    'ms',
    'target',
    'reached',
  ];
  const notes = typeof peers === 'string' ? [peers] : [];
  return { tables: [{ title: 'B3 exhaustive search', columns, rows, notes }], data };
}
