/** Makes the C library return large buffers to the system as soon as they are freed. */
import process from 'node:process';

/** The environment variable of glibc: buffers from this size (bytes) get pages of their own. */
const THRESHOLD = ['MALLOC_MMAP_THRESHOLD_', '131072'] as const;
/** Other malloc settings of glibc: if any of them is set, nothing is changed. */
const SETTINGS = ['MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_', 'GLIBC_TUNABLES'];

/** The part of `process` that is used; `execve` exists from Node 22.15 on. */
export interface Executable {
  readonly platform: string;
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Set if a parent process communicates with this one; the channel would be lost. */
  readonly channel?: unknown;
  readonly execve?:
    ((file: string, args: readonly string[], env: Record<string, string | undefined>) => void) | undefined;
}

/**
 * Restarts the program in the same process (same pid, same terminal) with the threshold set, as the container image
 * and the systemd unit do. Otherwise glibc keeps freed buffers of up to 32 MiB: after a burst of large messages, the
 * process would appear several hundred MiB larger than it is. Does nothing if the variable is set, or cannot be set;
 * with another C library, which ignores it, it costs a restart.
 */
export function returnFreedMemory(me: Executable = process): void {
  const { execve, env } = me;
  if (execve === undefined || me.platform !== 'linux' || me.channel !== undefined) return;
  if (SETTINGS.some((name) => env[name] !== undefined)) return;
  const [name, value] = THRESHOLD;
  execve.call(me, me.execPath, [me.execPath, ...me.execArgv, ...me.argv.slice(1)], { ...env, [name]: value });
}
