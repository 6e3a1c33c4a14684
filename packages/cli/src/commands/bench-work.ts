/** The workloads of `wamp bench`: calls, events, joins. */
import type { Session } from '@wamp/client';
import { deferred } from '../io/io.ts';
import type { Crowd } from './desk.ts';
import { Meter } from './meter.ts';

/** The amount of work. */
export interface Load {
  readonly uri: string;
  readonly payload: string;
  readonly window: number;
  /** The maximum number. */
  readonly count?: number;
  readonly callers?: number;
  readonly subscribers?: number;
  readonly procedure?: string;
}

/** Work that can be started and stopped. */
interface BenchWork {
  readonly meter: Meter;
  /** Resolves when all of it is done, or it was stopped. */
  run(): Promise<void>;
  stop(): void;
  /** The number of pieces that were started and never completed. */
  lost(): Promise<number>;
}

/** Prepares the work: opens sessions, registers, subscribes. */
export type Workload = (crowd: Crowd, load: Load) => Promise<BenchWork>;

/** Time limit for the last events (ms). */
const LATE = 5_000;

/** Calls from several sessions to one callee. */
export const rpc: Workload = async (crowd, { uri, payload, window, count, callers = 1, procedure }) => {
  const called = procedure ?? uri;
  if (procedure === undefined)
    await (await crowd.join()).register(called, ([text]: readonly unknown[]) => text);
  const sessions = await several(crowd, callers);
  const { clock } = crowd.io;
  const meter = new Meter();
  const call = async (session: Session): Promise<void> => {
    const started = clock.elapsed();
    await session.call(called, [payload]);
    meter.add(clock.elapsed() - started);
  };
  return { ...repeated(sessions, { window, count }, call), meter, lost: () => Promise.resolve(0) };
};

/** Events from one publisher to several subscribers. The first argument of each is its time of publication. */
export const pubSub: Workload = async (crowd, { uri, payload, window, count, subscribers = 1 }) => {
  const { clock } = crowd.io;
  const meter = new Meter();
  const complete = deferred();
  let published = 0;
  let isOver = false;
  const hear = ([sent]: readonly unknown[]): void => {
    meter.add(clock.elapsed() - Number(sent));
    if (isOver && meter.count >= published * subscribers) complete.resolve();
  };
  for (const session of await several(crowd, subscribers)) await session.subscribe(uri, hear);
  const publish = async (session: Session): Promise<void> => {
    await session.publish(uri, [clock.elapsed(), payload], { acknowledge: true });
    published += 1;
  };
  const work = repeated([await crowd.join()], { window, count }, publish);
  const lost = async (): Promise<number> => {
    await work.ended;
    isOver = true;
    if (meter.count < published * subscribers) {
      const stop = clock.after(LATE, complete.resolve);
      await complete.promise;
      stop();
    }
    return published * subscribers - meter.count;
  };
  return { ...work, meter, lost };
};

/** Joins; each session leaves again. */
export const joins: Workload = async (crowd, { window, count }) => {
  const { clock } = crowd.io;
  const meter = new Meter();
  const join = async (): Promise<void> => {
    const started = clock.elapsed();
    const session = await crowd.open();
    meter.add(clock.elapsed() - started);
    await session.close();
  };
  return Promise.resolve({
    ...repeated([undefined], { window, count }, join),
    meter,
    lost: () => Promise.resolve(0),
  });
};

function several({ join }: Crowd, number: number): Promise<Session[]> {
  return Promise.all(Array.from({ length: number }, join));
}

interface Repeated extends Pick<BenchWork, 'run' | 'stop'> {
  /** Resolves when no piece is in flight. */
  readonly ended: Promise<void>;
}

/** Repeats a task with a fixed concurrency per session, until it is stopped or all are started. */
function repeated<S>(
  sessions: readonly S[],
  { window, count = Infinity }: { readonly window: number; readonly count?: number | undefined },
  once: (session: S) => Promise<void>,
): Repeated {
  let left = count;
  const ended = deferred();
  const loop = async (session: S): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await once(session);
    }
  };
  return {
    ended: ended.promise,
    async run() {
      try {
        await Promise.all(sessions.flatMap((session) => Array.from({ length: window }, () => loop(session))));
      } finally {
        ended.resolve();
      }
    },
    stop: () => {
      left = 0;
    },
  };
}
