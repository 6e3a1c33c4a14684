/** What the supervisor and the workers ask each other. */
import type { About } from '../health-answers.ts';
import type { Unready } from '../health.ts';
import type { Given } from '../admin-realm/surroundings.ts';
import type { MetricText } from '../prometheus.ts';
import type { Reloaded } from '../reload.ts';

/** What a worker is told at its start. */
export interface Setup {
  /** The NATS server of the workers; absent when the configuration has a cluster. */
  readonly nats?: OwnNats;
}

/** A NATS server that the supervisor has started for its workers. */
export interface OwnNats {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** What it keeps, and its configuration. */
  readonly folder: string;
}

/** What a worker, or all of them together, tell of themselves. */
export interface WorkerFacts {
  readonly about: About;
  readonly unready: readonly Unready[];
}

/** A call in the admin realm of a worker. */
export interface AdminCall extends Given {
  readonly uri: string;
}

/** What the supervisor asks a worker. */
export interface OfWorker {
  readonly facts: readonly [null, WorkerFacts];
  readonly metrics: readonly [null, readonly MetricText[]];
  /** Says true to report the changes only. */
  readonly reload: readonly [boolean, Reloaded];
  readonly admin: readonly [AdminCall, unknown];
  /** Begins to stop the worker. Answers for how long calls in flight may continue (ms). */
  readonly stop: readonly [null, number];
}

/** What a worker asks the supervisor. */
export interface OfSupervisor {
  readonly setup: readonly [null, Setup];
  /** A call, and the number of the worker to which it came: the others answer. */
  readonly elsewhere: readonly [AdminCall & { readonly worker: number }, readonly unknown[]];
  /** The worker listens. Says what it would print, were it alone. */
  readonly ready: readonly [string, null];
  /** The worker cannot start. */
  readonly failed: readonly [{ readonly message: string; readonly exitCode: number }, null];
  readonly facts: readonly [null, WorkerFacts];
  readonly reload: readonly [boolean, Reloaded];
}
