/** The rows of the benchmark of client libraries. */

export const LIBRARIES = ['raw', 'ours', 'autobahn', 'wampy'] as const;
export type Library = (typeof LIBRARIES)[number];

/** The label of each kind of work. */
export const WORKS = {
  call64: 'calls, window 64',
  callee64: 'invocations, window 64',
  event: 'events',
  call1: 'calls, window 1',
} as const;
export type Work = keyof typeof WORKS;

/** CPU time of the client's process for one operation of each kind, in microseconds. */
export type Report = Readonly<Record<Work, number>>;
