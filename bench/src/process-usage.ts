/** Reads the CPU and memory usage of a process from the operating system. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/**
 * CPU time of all its threads, in microseconds.
 * @returns undefined where the operating system does not report it, which only Linux does
 */
export function cpuOf(pid: number): number | undefined {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.reduce((sum, task) => sum + onCpu(`/proc/${pid}/task/${task}`), 0);
  } catch {
    return undefined;
  }
}

/** The first figure of schedstat: nanoseconds on a CPU. */
function onCpu(folder: string): number {
  try {
    return Number(readFileSync(`${folder}/schedstat`, 'latin1').split(' ', 1)[0]) / 1000;
  } catch {
    // A thread may end between the listing and the reading.
    return 0;
  }
}

/** The resident memory of a process (bytes); undefined where the operating system does not report it. */
export function residentSizeOf(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** What was used from one moment to another. Times are microseconds. */
export interface Usage {
  readonly elapsed: number;
  /** CPU time of the process; undefined where it cannot be read. */
  readonly cpu: number | undefined;
  /** How much of a core this process took itself, 0 … 1. */
  readonly ownShare: number;
  /** How much other processes took, in cores. */
  readonly otherShare: number;
}

/** Starts to count. @returns a function that gives what was used since */
export function meter(pid: number | undefined): () => Usage {
  const before = reading(pid);
  return () => {
    const after = reading(pid);
    const elapsed = after.now - before.now;
    const own = after.own - before.own;
    const cpu = before.cpu === undefined || after.cpu === undefined ? undefined : after.cpu - before.cpu;
    const others = after.machine - before.machine - own - (cpu ?? 0);
    return { elapsed, cpu, ownShare: own / elapsed, otherShare: Math.max(0, others / elapsed) };
  };
}

function reading(pid: number | undefined) {
  const cpu = pid === undefined ? undefined : cpuOf(pid);
  const { user, system } = process.cpuUsage();
  return { cpu, own: user + system, machine: busyTime(), now: performance.now() * 1000 };
}

/** How long the machine's cores have been busy, together: µs, to some milliseconds. */
function busyTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) * 1000;
}
