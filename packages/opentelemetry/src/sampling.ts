/** Sampling: which requests are traced, and which span is the parent. */
import type { TraceContext } from '@wamp/router';
import { newTraceId } from './span.ts';

/** A request that is traced. */
export interface Sampled {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
}

export interface SamplingRules {
  /** The share of traces that are recorded, 0 … 1. */
  readonly ratio: number;
  /** Whether the decision of the sender holds, if there is one. */
  readonly honorParents: boolean;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** How many values the digits of a trace id have that decide on it. */
const RANGE = 2 ** 52;

/** @returns undefined for a request that is not traced */
export function sampled(
  context: TraceContext | undefined,
  { ratio, honorParents, random }: SamplingRules,
): Sampled | undefined {
  if (context === undefined) return random() < ratio ? { traceId: newTraceId() } : undefined;
  const [, traceId = '', parentSpanId = '', flags = ''] = context.traceparent.split('-');
  // The id decides, so that all who apply the same ratio decide alike.
  const isSampled = honorParents
    ? (Number.parseInt(flags, 16) & 1) === 1
    : Number.parseInt(traceId.slice(-13), 16) < ratio * RANGE;
  if (!isSampled) return undefined;
  const { tracestate } = context;
  return { traceId, parentSpanId, ...(tracestate === undefined ? {} : { traceState: tracestate }) };
}

/** The context for those whose parent is a span. */
export function contextOf(traceId: string, spanId: string, traceState?: string): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-01`;
  return traceState === undefined ? { traceparent } : { traceparent, tracestate: traceState };
}
