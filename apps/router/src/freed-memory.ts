/** Freed memory: has the C library give large buffers back to the system as soon as they are free. */
import process from 'node:process';

/** The variable that glibc reads as the process starts: buffers from this size on have pages of their own (bytes). */
const THRESHOLD = ['MALLOC_MMAP_THRESHOLD_', '131072'] as const;
/** Other settings of glibc that say how it is to keep memory: if they are set, they are respected. */
const SETTINGS = ['MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_', 'GLIBC_TUNABLES'];

/** What is asked of the process; a part of `process`, of which `execve` is there from Node 22.15 on. */
export interface Executable {
  readonly platform: string;
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** There when a parent process talks to this one: it would be cut off. */
  readonly channel?: unknown;
  readonly execve?:
    ((file: string, args: readonly string[], env: Record<string, string | undefined>) => void) | undefined;
}

/**
 * Starts the program anew in the same process (same pid, same terminal) with the threshold set, as the container image and
 * the systemd unit do. glibc would otherwise keep freed buffers of up to 32 MiB: after a burst of large messages, the
 * process would look several hundred MiB larger than it is. Does nothing where the setting is there, or cannot be made;
 * with another C library, which ignores the setting, it costs a start.
 */
export function returnFreedMemory(me: Executable = process): void {
  const { execve, env } = me;
  if (execve === undefined || me.platform !== 'linux' || me.channel !== undefined) return;
  if (SETTINGS.some((name) => env[name] !== undefined)) return;
  const [name, value] = THRESHOLD;
  execve.call(me, me.execPath, [me.execPath, ...me.execArgv, ...me.argv.slice(1)], { ...env, [name]: value });
}
