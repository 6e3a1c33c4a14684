/** Notifies systemd of readiness, the watchdog and the end (`Type=notify`), by the program systemd-notify: Node has no datagrams on Unix sockets. */
import { spawn } from 'node:child_process';
import type { Environment } from './config/environment.ts';
import type { ProgramLog } from './log.ts';

/** Runs `systemd-notify` with one assignment, such as `READY=1`; calls `failed` with the reason of a failure. */
export type Notify = (assignment: string, failed: (why: string) => void) => void;

/** Calls `ring` every `interval` ms. @returns a function that ends the calls */
export type Every = (interval: number, ring: () => void) => () => void;

/** Notifies a service manager when the router is ready, that its event loop runs, and when it stops. */
export class ServiceManager {
  readonly #notify: Notify | undefined;
  readonly #log: ProgramLog;
  readonly #every: Every;
  /** ms; undefined without a watchdog. */
  readonly #interval: number | undefined;
  #rest: () => void = () => undefined;
  #isLogged = false;

  /**
   * @param environment `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are of systemd; without the first, nothing is notified
   * @param notify for tests
   * @param every for tests
   */
  constructor(environment: Environment, log: ProgramLog, notify: Notify = runNotify, every: Every = onTimer) {
    const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: period, WATCHDOG_PID: pid } = environment;
    this.#notify = socket === '' ? undefined : notify;
    this.#log = log;
    this.#every = every;
    const isWatched = period !== undefined && (pid === undefined || Number(pid) === process.pid);
    // Twice within the time after which the process would be killed.
    this.#interval = isWatched && Number(period) > 0 ? Math.floor(Number(period) / 2000) : undefined;
  }

  /** The router listens. */
  ready(): void {
    this.#send('READY=1');
    if (this.#notify === undefined || this.#interval === undefined) return;
    this.#rest = this.#every(this.#interval, () => {
      this.#send('WATCHDOG=1');
    });
  }

  /** The router has begun to stop. Draining may take longer than the period of the watchdog, so its notifications go on. */
  stopping(): void {
    this.#send('STOPPING=1');
  }

  /** Ends all notifications. */
  close(): void {
    this.#rest();
  }

  #send(assignment: string): void {
    this.#notify?.(assignment, (why) => {
      if (this.#isLogged) return;
      this.#isLogged = true;
      this.#log('warn', 'the notification of systemd failed', { code: 'service_manager_unreachable', why });
    });
  }
}

function runNotify(assignment: string, failed: (why: string) => void): void {
  const child = spawn('systemd-notify', [assignment], { stdio: 'ignore' });
  child.on('error', (error) => {
    failed(error.message);
  });
  child.on('exit', (code) => {
    if (code !== 0) failed(`systemd-notify ended with ${String(code)}`);
  });
}

function onTimer(interval: number, ring: () => void): () => void {
  const timer = setInterval(ring, interval).unref();
  return () => {
    clearInterval(timer);
  };
}
