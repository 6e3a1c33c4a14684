/** Trace context (W3C): the `traceparent` and `tracestate` that a CALL or PUBLISH passes on to INVOCATION or EVENT. */
import { NO_ENTRIES } from '@wamp/protocol';

/** The place of a message in a trace, in the notation of W3C Trace Context. */
export interface TraceContext {
  /** Trace id, span id and flags, as in `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. */
  readonly traceparent: string;
  /** What other tracing systems add to it; at most 512 characters. */
  readonly tracestate?: string;
}

/** Version, trace id, id of the parent span, flags; ids of zeros only are invalid, and so is version ff. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The options of a request, as far as they are about traces. */
interface Traced {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The trace context in the options of a request; undefined when there is none, or it is malformed. */
export function traceIn({ traceparent, tracestate }: Traced): TraceContext | undefined {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return undefined;
  return tracestate !== undefined && TRACESTATE.test(tracestate)
    ? { traceparent, tracestate }
    : { traceparent };
}

/** The attributes of INVOCATION.Details or EVENT.Details for a trace context. */
export function traceDetails(trace: TraceContext | undefined): Traced {
  return trace ?? NO_ENTRIES;
}
