/** The CALL.Options that are kept while a call is in flight: only those that are read later. */
import { NO_ENTRIES, type CallOptions } from '@wamp/protocol';
import { memoryOf } from './kept.ts';
import type { TraceContext } from './trace-context.ts';

/** The options that are read after the call has begun. */
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

/** Removes the options that are never read: they would use memory as long as the call lasts. */
export function known(options: CallOptions): CallOptions {
  for (const key in options) {
    if (!KEPT_OPTIONS.has(key)) {
      return Object.fromEntries(Object.entries(options).filter(([name]) => KEPT_OPTIONS.has(name)));
    }
  }
  return options;
}

/** The memory of the strings among the options, and of the trace context (bytes); that of the other options is negligible. */
export function weightOfTexts(options: CallOptions, trace?: TraceContext): number {
  if (trace !== undefined) return memoryOf(trace) + weightOfTexts(options);
  if (options === NO_ENTRIES) return 0;
  const text = options.ppt_scheme ?? options.ppt_serializer ?? options.ppt_cipher ?? options.ppt_keyid;
  return text === undefined ? 0 : memoryOf(options);
}
