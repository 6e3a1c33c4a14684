/** Spans: timed parts of a trace, and their form in OTLP/JSON. */
import { randomBytes } from 'node:crypto';

/** What a span is about, by its number in OTLP. */
export const SpanKind = { SERVER: 2, CLIENT: 3, PRODUCER: 4 } as const;

type Attribute = string | number | boolean;

/** A span that has ended; times in ms since the epoch. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent for the first span of a trace. */
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The URI of the error with which it ended; undefined for success. */
  readonly error: string | undefined;
}

/** A new trace id, of 32 hexadecimal digits. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** A new span id, of 16 hexadecimal digits. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

const STATUS_ERROR = 2;

/** The body of an export request: these spans, all of one service. */
export function exportRequest(service: string, spans: readonly Span[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [attribute('service.name', service)] },
        scopeSpans: [{ scope: { name: '@wamp/opentelemetry' }, spans: spans.map(inJson) }],
      },
    ],
  });
}

function inJson({ start, end, attributes, error, ...span }: Span): object {
  const all = error === undefined ? attributes : { ...attributes, 'error.type': error };
  return {
    ...span,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end),
    attributes: Object.entries(all).map(([key, value]) => attribute(key, value)),
    status: error === undefined ? {} : { code: STATUS_ERROR, message: error },
  };
}

function attribute(key: string, value: Attribute): object {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  return { key, value: typeof value === 'boolean' ? { boolValue: value } : { intValue: String(value) } };
}

/** Nanoseconds, with the precision of microseconds. */
function nanos(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}
