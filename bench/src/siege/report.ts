/** Prints the results of a siege as a table, and checks them against their limits. */
import { digits } from '../figures.ts';
import { SPREAD } from './spread.ts';
import type { ProcessFigures, TurnFigures } from './preload.ts';
import { memoryBound, type Outcome } from './siege.ts';
import type { KindTally } from './tally.ts';
import type { Latency } from './witness.ts';

const MIB = 1024 * 1024;
/** CPU of the main thread that the longest turn may take (ms). */
const LONGEST_TURN = 50;
/** Longest turns that are listed. */
const LISTED = 5;

/** The figures that exceed their limits; empty when the router has withstood. */
export function faultsOf({ death, figures, testimony, memory }: Outcome): string[] {
  const faults: string[] = [];
  if (death !== undefined) faults.push(`the process died: ${death}`);
  const longest = figures?.longestOfMain ?? figures?.longest[0]?.cpu;
  if (longest === undefined) faults.push('the router did not report how long its turns were');
  else if (longest > LONGEST_TURN)
    faults.push(
      `the longest turn took ${digits(longest)} ms of CPU of the main thread (at most ${LONGEST_TURN})`,
    );
  if (testimony === undefined) faults.push('the witness did not report');
  else {
    for (const ended of testimony.endedSessions) faults.push(`a session of the witness ended: ${ended}`);
    if (testimony.lostEvents > 0) faults.push(`${testimony.lostEvents} events of the witness were lost`);
    if (testimony.misplacedEvents > 0)
      faults.push(`${testimony.misplacedEvents} events of the witness came twice or out of order`);
    if (testimony.unanswered > 0) faults.push(`${testimony.unanswered} calls of the witness had no answer`);
    for (const [why, times] of Object.entries(testimony.failedCalls))
      faults.push(`${times} calls of the witness failed: ${why}`);
  }
  const mostMemory = memoryBound(memory.before) + (memory.kept ?? 0);
  if (memory.after > mostMemory)
    faults.push(`RSS stays at ${mib(memory.after)} (at most ${mib(mostMemory)})`);
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
    ...faults.map((fault) => `LIMIT EXCEEDED: ${fault}`),
    faults.length === 0 ? 'The router has withstood the siege.' : 'The router has NOT withstood the siege.',
  ].join('\n');
}

export const LINE_TITLE: string =
  `${'kinds'.padEnd(30)} ${'turn: ms of CPU'.padStart(16)} ${'main'.padStart(6)} ${'garbage'.padStart(8)} ` +
  `${'calls p99'.padStart(10)} ${'events p99'.padStart(10)} ${'RSS: before'.padStart(11)} ${'peak'.padStart(6)} ${'after'.padStart(6)} ` +
  `${'messages'.padStart(10)} ${'MiB'.padStart(6)} ${'ended'.padStart(6)}  faults`;

/** A siege in one line, below {@link LINE_TITLE}. */
export function line(outcome: Outcome): string {
  const { options, figures, testimony, memory: rss, hostile: tally } = outcome;
  const [turn] = figures?.longest ?? [];
  const sent = Object.values(tally.kinds);
  const sum = (of: (kind: KindTally) => number): number => sent.reduce((all, kind) => all + of(kind), 0);
  return (
    `${options.kinds.join('+').padEnd(30)} ${digits(turn?.cpu).padStart(16)} ${digits(figures?.longestOfMain).padStart(6)} ` +
    `${digits(turn?.collecting).padStart(8)} ${digits(testimony?.calls.p99).padStart(10)} ${digits(testimony?.events.p99).padStart(10)} ` +
    `${whole(rss.before / MIB).padStart(11)} ${whole(rss.peak / MIB).padStart(6)} ${whole(rss.after / MIB).padStart(6)} ` +
    `${whole(sum(({ messages }) => messages)).padStart(10)} ${whole(sum(({ bytes }) => bytes) / MIB).padStart(6)} ` +
    `${whole(sum(({ ended }) => ended)).padStart(6)}  ${faultsOf(outcome).join('; ')}`
  );
}

function turns({ figures, routerShare, death }: Outcome): string[] {
  if (figures === undefined) return [`router: ${death ?? 'no answer'}`];
  const columns = [...SPREAD.map((bound) => `< ${bound}`), `≥ ${SPREAD.at(-1) ?? 0}`];
  return [
    `router        ${digits(routerShare)} cores; ${longestTurn(figures)}`,
    `turns         ${columns.map((column, index) => `${column} ms: ${whole(figures.spread[index])}`).join(', ')}`,
    ...figures.longest.slice(0, LISTED).map((turn) => `  ${turnLine(turn)}`),
  ];
}

/** The longest turn of a router: what its main thread took, and what all threads took. */
export function longestTurn(figures: ProcessFigures | undefined): string {
  const { longest, longestOfMain } = figures ?? {};
  return `longest turn ${digits(longestOfMain)} ms of CPU of the main thread, ${digits(longest?.[0]?.cpu)} ms of all`;
}

function turnLine({ at, cpu, mainCpu, wall, collecting }: TurnFigures): string {
  return (
    `at ${(at / 1000).toFixed(1)} s: ${digits(cpu)} ms of CPU (main thread ${digits(mainCpu)}), ` +
    `${digits(wall)} ms of wall time, of which ${digits(collecting)} ms collecting garbage`
  );
}

function witness({ testimony }: Outcome): string[] {
  if (testimony === undefined) return ['witness       no report'];
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
  return `${whole(count).padStart(6)}: p50 ${digits(p50)} ms, p99 ${digits(p99)} ms, max ${digits(max)} ms`;
}

function memory({ memory: rss }: Outcome): string[] {
  const { before, peak, after, kept, heapBefore, heapAfter, heapTotalAfter, buffersAfter } = rss;
  return [
    `RSS           ${mib(before)} before, ${mib(peak)} at most, ${mib(after)} after`,
    `  its bound   ${mib(memoryBound(before))}, and ${kept === undefined ? '–' : mib(kept)} of kept data, such as retained events`,
    `JS heap       ${mib(heapBefore)} before, ${mib(heapAfter)} after, for which V8 holds ${mib(heapTotalAfter)}`,
    `buffers       ${mib(buffersAfter)} after`,
  ];
}

function hostile({ hostile: tally, options }: Outcome): string[] {
  const kinds = Object.entries(tally.kinds).sort(([, a], [, b]) => b.bytes - a.bytes);
  return [
    `hostile       ${options.sessions} at a time, ${whole(tally.sessions)} sessions, seed ${options.seed}, ${options.seconds} s`,
    `  refused     ${counts(tally.refused)}`,
    `  ended       ${counts(tally.ended)}`,
    '',
    `${'kind'.padEnd(15)} ${'goes'.padStart(6)} ${'messages'.padStart(11)} ${'MiB'.padStart(8)} ${'ended'.padStart(6)}  errors`,
    ...kinds.map(
      ([name, { goes, messages, bytes, ended, errors }]) =>
        `${name.padEnd(15)} ${whole(goes).padStart(6)} ${whole(messages).padStart(11)} ${whole(bytes / MIB).padStart(8)} ${whole(ended).padStart(6)}  ${counts(errors)}`,
    ),
    ...tally.faults.map((fault) => `fault of a hostile program: ${fault}`),
  ];
}

function counts(all: Readonly<Record<string, number>>): string {
  const some = Object.entries(all).sort(([, a], [, b]) => b - a);
  return some.length === 0
    ? 'none'
    : some.map(([what, times]) => `${whole(times)} ${what.replace('wamp.error.', '')}`).join(', ');
}

function whole(value: number | undefined): string {
  return value === undefined ? '–' : Math.round(value).toLocaleString('en');
}

function mib(bytes: number): string {
  return `${whole(bytes / MIB)} MiB`;
}
