/** The topics that routers under test keep. */
import type { HistoryRule } from '@wamp/router';

export const TOPICS = { exact: 'com.news', prefixed: 'com.sensors.one', retained: 'com.state' } as const;

export const HISTORY: readonly HistoryRule[] = [
  { topic: TOPICS.exact, depth: 1_000_000 },
  { topic: 'com.sensors.', match: 'prefix', depth: 1_000_000 },
];
