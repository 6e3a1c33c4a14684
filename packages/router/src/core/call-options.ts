/** CALL.Options as long as the call is in flight: no more of them than somebody looks at. */
import { NO_ENTRIES, type CallOptions } from '@wamp/protocol';
import { memoryOf } from './kept.ts';

/** The options that are looked at once the call has begun. */
const KEPT_OPTIONS: ReadonlySet<string> = new Set([
  'receive_progress',
  'progress',
  'timeout',
  'disclose_me',
  'ppt_scheme',
  'ppt_serializer',
  'ppt_cipher',
  'ppt_keyid',
]);

/** The options without those that nobody looks at: they would stay as long as the call, whatever they take. */
export function known(options: CallOptions): CallOptions {
  for (const key in options) {
    if (!KEPT_OPTIONS.has(key)) {
      return Object.fromEntries(Object.entries(options).filter(([name]) => KEPT_OPTIONS.has(name)));
    }
  }
  return options;
}

/** What the texts among the options take (bytes): the others take next to nothing. */
export function weightOfTexts(options: CallOptions): number {
  if (options === NO_ENTRIES) return 0;
  const text = options.ppt_scheme ?? options.ppt_serializer ?? options.ppt_cipher ?? options.ppt_keyid;
  return text === undefined ? 0 : memoryOf(options);
}
