/** What a process has used, as the operating system counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time of all its threads, in microseconds.
 * @returns undefined where the operating system does not say (it takes Linux)
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
