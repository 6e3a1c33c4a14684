/** What a siege has shown, as a table, and whether that is good enough. */
import { digits } from '../figures.ts';
import { SPREAD } from './spread.ts';
import type { TurnFigures } from './preload.ts';
import { memoryBound, type Outcome } from './siege.ts';
import type { Latency } from './witness.ts';

const MIB = 1024 * 1024;
/** CPU that the longest turn may take (ms). */
const LONGEST_TURN = 50;
/** Longest turns that are listed. */
const LISTED = 5;

/** What is beyond its bounds; empty when the router has held. */
export function faultsOf({ death, figures, testimony, memory }: Outcome): string[] {
  const faults: string[] = [];
  if (death !== undefined) faults.push(`the process died: ${death}`);
  const longest = figures?.longest[0]?.cpu;
  if (longest === undefined) faults.push('the router did not say how long its turns were');
  else if (longest > LONGEST_TURN)
    faults.push(`the longest turn took ${digits(longest)} ms of CPU (at most ${LONGEST_TURN})`);
  if (testimony === undefined) faults.push('the witness did not testify');
  else {
    for (const ended of testimony.endedSessions) faults.push(`a session of the witness ended: ${ended}`);
    if (testimony.lostEvents > 0) faults.push(`${testimony.lostEvents} events of the witness were lost`);
    if (testimony.misplacedEvents > 0)
      faults.push(`${testimony.misplacedEvents} events of the witness came twice or out of order`);
    if (testimony.unanswered > 0) faults.push(`${testimony.unanswered} calls of the witness had no answer`);
    for (const [why, times] of Object.entries(testimony.failedCalls))
      faults.push(`${times} calls of the witness failed: ${why}`);
  }
  if (memory.after > memoryBound(memory.before))
    faults.push(`RSS stays at ${mib(memory.after)} (at most ${mib(memoryBound(memory.before))})`);
  return faults;
}

export function report(outcome: Outcome): string {
  const faults = faultsOf(outcome);
  return [
    ...turns(outcome),
    ...witness(outcome),
    ...memory(outcome),
    ...hostile(outcome),
    ...(outcome.death === undefined ? [] : ['', 'The end of its log:', outcome.log]),
    '',
    ...faults.map((fault) => `BEYOND ITS BOUND: ${fault}`),
    faults.length === 0 ? 'The router has held.' : 'The router has NOT held.',
  ].join('\n');
}

function turns({ figures, routerShare, death }: Outcome): string[] {
  if (figures === undefined) return [`router: ${death ?? 'no answer'}`];
  const columns = [...SPREAD.map((bound) => `< ${bound}`), `≥ ${SPREAD.at(-1) ?? 0}`];
  return [
    `router        ${digits(routerShare)} cores; longest turn ${digits(figures.longest[0]?.cpu)} ms of CPU`,
    `turns         ${columns.map((column, index) => `${column} ms: ${digits0(figures.spread[index])}`).join(', ')}`,
    ...figures.longest.slice(0, LISTED).map((turn) => `  ${turnLine(turn)}`),
  ];
}

function turnLine({ at, cpu, mainCpu, wall, collecting }: TurnFigures): string {
  return (
    `at ${(at / 1000).toFixed(1)} s: ${digits(cpu)} ms of CPU (main thread ${digits(mainCpu)}), ` +
    `${digits(wall)} ms of wall time, of which ${digits(collecting)} ms collecting garbage`
  );
}

function witness({ testimony }: Outcome): string[] {
  if (testimony === undefined) return ['witness       no testimony'];
  const { calls, events, ownDelay, published, lostEvents, misplacedEvents, failedCalls, unanswered } =
    testimony;
  const failed = Object.values(failedCalls).reduce((sum, times) => sum + times, 0);
  return [
    `witness calls ${latency(calls)}; ${failed} failed, ${unanswered} unanswered`,
    `witness events${latency(events)}; ${published} published, ${lostEvents} lost, ${misplacedEvents} misplaced`,
    `its own timer ${latency(ownDelay)} late (the machine, not the router)`,
    `its sessions  ${testimony.endedSessions.length} ended${testimony.endedSessions.map((ended) => `; ${ended}`).join('')}`,
  ];
}

function latency({ count, p50, p99, max }: Latency): string {
  return `${digits0(count).padStart(6)}: p50 ${digits(p50)} ms, p99 ${digits(p99)} ms, max ${digits(max)} ms`;
}

function memory({ memory: { before, peak, after, heapBefore, heapAfter } }: Outcome): string[] {
  return [
    `RSS           ${mib(before)} before, ${mib(peak)} at most, ${mib(after)} after (bound ${mib(memoryBound(before))})`,
    `JS heap       ${mib(heapBefore)} before, ${mib(heapAfter)} after`,
  ];
}

function hostile({ hostile: tally, options }: Outcome): string[] {
  const kinds = Object.entries(tally.kinds).sort(([, a], [, b]) => b.bytes - a.bytes);
  return [
    `hostile       ${options.sessions} at a time, ${digits0(tally.sessions)} sessions, seed ${options.seed}, ${options.seconds} s`,
    `  refused     ${counts(tally.refused)}`,
    `  ended       ${counts(tally.ended)}`,
    '',
    `${'kind'.padEnd(15)} ${'goes'.padStart(6)} ${'messages'.padStart(11)} ${'MiB'.padStart(8)} ${'ended'.padStart(6)}  errors`,
    ...kinds.map(
      ([name, { goes, messages, bytes, ended, errors }]) =>
        `${name.padEnd(15)} ${digits0(goes).padStart(6)} ${digits0(messages).padStart(11)} ${digits0(bytes / MIB).padStart(8)} ${digits0(ended).padStart(6)}  ${counts(errors)}`,
    ),
    ...tally.faults.map((fault) => `fault of a hostile program: ${fault}`),
  ];
}

function counts(all: Readonly<Record<string, number>>): string {
  const some = Object.entries(all).sort(([, a], [, b]) => b - a);
  return some.length === 0
    ? 'none'
    : some.map(([what, times]) => `${digits0(times)} ${what.replace('wamp.error.', '')}`).join(', ');
}

function digits0(value: number | undefined): string {
  return value === undefined ? '–' : Math.round(value).toLocaleString('en');
}

function mib(bytes: number): string {
  return `${digits0(bytes / MIB)} MiB`;
}
