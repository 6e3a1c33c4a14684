/** The siege: attacks the router program with hostile sessions, while a witness uses it normally. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connect } from '@wamp/client';
import { cpuOf, residentSizeOf } from '../process-usage.ts';
import { sleep } from '../sleep.ts';
import type { HostileTask } from './hostile-entry.ts';
import type { Place } from './link.ts';
import type { ProcessFigures } from './preload.ts';
import { Program, type ProgramOptions } from './program.ts';
import { sumOf, type HostileTally } from './tally.ts';
import type { Testimony } from './witness.ts';

export interface SiegeOptions extends ProgramOptions {
  readonly seconds: number;
  readonly sessions: number;
  readonly processes: number;
  readonly seed: number;
  readonly kinds: readonly string[];
  readonly realm: string;
}

/** Bytes. */
interface Memory {
  readonly before: number;
  readonly peak: number;
  /** After all clients have left: the minimum within 30 s, after garbage collections. */
  readonly after: number;
  readonly heapBefore: number;
  readonly heapAfter: number;
  /** The memory that V8 has reserved for its heap, at the end. */
  readonly heapTotalAfter: number;
  /** The memory of buffers at the end, including those of kept data. */
  readonly buffersAfter: number;
  /** The bytes that the realm keeps at the end, such as retained events; undefined if `wamp.metrics.get` is not permitted. */
  readonly kept: number | undefined;
}

export interface Outcome {
  readonly options: SiegeOptions;
  /** How the process exited; undefined when it still runs. */
  readonly death: string | undefined;
  /** The end of its log, if it exited. */
  readonly log: string;
  /** The figures when the hostile sessions left; undefined when the process did not answer. */
  readonly figures: ProcessFigures | undefined;
  /** CPU of the router, in cores. */
  readonly routerShare: number;
  readonly memory: Memory;
  readonly testimony: Testimony | undefined;
  readonly hostile: HostileTally;
}

/** Memory may grow by this factor and by {@link MEMORY_CONSTANT}. */
const MEMORY_RATIO = 1.1;
/**
 * The memory that any process keeps after work: compiled code, young generations at their full size, and memory that malloc
 * does not return (bytes).
 */
const MEMORY_CONSTANT: number = 64 * 1024 * 1024;
/** How long memory may take to return to its bound (s). */
const SETTLING = 30;
/** The interval between two measurements of memory (s); each collects garbage, which takes CPU time. */
const BETWEEN_LOOKS = 3;
/** How long the witness uses the router alone before the siege begins (s). */
const WARM_UP = 3;
/** How long children may take to report (s). */
const PATIENCE = 60;

export function memoryBound(before: number): number {
  return before * MEMORY_RATIO + MEMORY_CONSTANT;
}

/** @throws Error when the router does not start */
export async function siege(options: SiegeOptions): Promise<Outcome> {
  const program = await Program.start(options);
  const place = { port: program.port, realm: options.realm };
  const witness = child('witness-entry.ts');
  const begun = once(witness, 'message');
  witness.send(place);
  await begun;
  await sleep(WARM_UP);
  const before = await program.ask('siege: collect');
  await program.ask('siege: fresh');
  const attackers = await begin(options, program.port);
  const watched = await watch(program, options.seconds);
  const figures = await program.ask('siege: figures');
  const hostile = sumOf(await Promise.all(attackers.map((each) => told<HostileTally>(each))).then(present));
  const testimony = await told<Testimony>(witness);
  const { after, kept } = await settled(program, place, memoryBound(before?.rss ?? 0));
  const { death, log } = program;
  await program.stop();
  const memory = {
    before: before?.rss ?? 0,
    peak: watched.peak,
    after: after?.rss ?? 0,
    heapBefore: before?.heapUsed ?? 0,
    heapAfter: after?.heapUsed ?? 0,
    heapTotalAfter: after?.heapTotal ?? 0,
    buffersAfter: after?.arrayBuffers ?? 0,
    kept,
  };
  return {
    options,
    death,
    log: death === undefined ? '' : log,
    figures,
    routerShare: watched.share,
    memory,
    testimony,
    hostile,
  };
}

function child(entry: string): ChildProcess {
  const forked = fork(fileURLToPath(new URL(entry, import.meta.url)), { execArgv: process.execArgv });
  const kill = (): boolean => forked.kill('SIGKILL');
  process.on('exit', kill);
  forked.on('exit', () => process.off('exit', kill));
  return forked;
}

/** Starts the processes of the hostile sessions. Resolves when all processes run. */
async function begin(
  { sessions, processes, seed, kinds, realm }: SiegeOptions,
  port: number,
): Promise<readonly ChildProcess[]> {
  const attackers = Array.from({ length: processes }, () => child('hostile-entry.ts'));
  const begun = attackers.map((attacker) => once(attacker, 'message'));
  for (const [index, attacker] of attackers.entries()) {
    const task: HostileTask = {
      place: { port, realm },
      seed,
      kinds,
      scale: 1,
      from: Math.floor((sessions * index) / processes),
      to: Math.floor((sessions * (index + 1)) / processes),
    };
    attacker.send(task);
  }
  await Promise.all(begun);
  return attackers;
}

/** Looks at the router from outside. */
async function watch(program: Program, seconds: number): Promise<{ peak: number; share: number }> {
  const started = performance.now();
  const cpu = cpuOf(program.pid) ?? 0;
  let [peak, used] = [0, cpu];
  while (performance.now() - started < seconds * 1000 && program.death === undefined) {
    peak = Math.max(peak, residentSizeOf(program.pid) ?? 0);
    used = Math.max(used, cpuOf(program.pid) ?? 0);
    await sleep(0.25);
  }
  return { peak, share: (used - cpu) / ((performance.now() - started) * 1000) };
}

/** Tells a child to stop. @returns its report; undefined when there is none in time */
async function told<T>(attacker: ChildProcess): Promise<T | undefined> {
  if (!attacker.connected) return undefined;
  const report = once(attacker, 'message').then(([message]) => message as T);
  attacker.send('end');
  const answer = await Promise.race([
    report,
    once(attacker, 'exit').then(() => undefined),
    sleep(PATIENCE).then(() => undefined),
  ]);
  attacker.kill('SIGKILL');
  return answer;
}

function present<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item): item is T & {} => item !== undefined);
}

/** Queries how many bytes the realm keeps: mostly retained events, which remain when their publishers have left. */
async function keptBytes({ port, realm }: Place): Promise<number | undefined> {
  try {
    const session = await connect(`ws://127.0.0.1:${port}/ws`, { realm });
    const metrics = (await session.call('wamp.metrics.get')) as { kept_bytes: { total: number } };
    await session.close();
    return metrics.kept_bytes.total;
  } catch {
    return undefined;
  }
}

/** The figures after all clients have left. */
interface Aftermath {
  /** The figures when RSS was lowest; undefined when the router does not answer. */
  readonly after: ProcessFigures | undefined;
  readonly kept: number | undefined;
}

/** Waits until memory is within its bound plus what is kept, for half a minute at most. */
async function settled(program: Program, place: Place, bound: number): Promise<Aftermath> {
  let after: ProcessFigures | undefined;
  let kept: number | undefined;
  for (let waited = 0; waited < SETTLING; waited += BETWEEN_LOOKS) {
    const figures = await program.ask('siege: collect');
    if (figures === undefined) break;
    kept = await keptBytes(place);
    if (after === undefined || figures.rss < after.rss) after = figures;
    if (after.rss <= bound + (kept ?? 0)) break;
    await sleep(BETWEEN_LOOKS);
  }
  return { after, kept };
}
