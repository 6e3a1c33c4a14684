/** Tracing: a feature that records a span of each call, invocation and publication, and exports them by OTLP/HTTP. */
import type { Clock, Feature, PendingCall, Publication, Realm, Router } from '@wamp/router';
import { Exporter } from './exporter.ts';
import { postTo, type Post } from './post.ts';
import { contextOf, sampled, type SamplingRules } from './sampling.ts';
import { newSpanId, SpanKind, type Span } from './span.ts';

/** Times in ms. */
export interface TracingOptions {
  /** The URL that spans are posted to, such as `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  /** Headers of each request, such as `authorization`; none by default. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `service.name` of the spans; `wamp-router` by default. */
  readonly serviceName?: string;
  /** The share of traces that are recorded, 0 … 1, of those that begin at the router; 1 by default. */
  readonly ratio?: number;
  /**
   * Whether requests that have a `traceparent` are traced exactly if it has the flag `sampled`. If false, the trace id
   * decides by `ratio`, so that clients cannot have everything traced. True by default.
   */
  readonly honorParents?: boolean;
  /** The most spans that wait to be sent; further ones are dropped and counted. 2,048 by default. */
  readonly queueSize?: number;
  /** The most spans of one request; 512 by default. */
  readonly batchSize?: number;
  /** The longest time that a span waits for others; 5,000 by default. */
  readonly interval?: number;
  /** The longest time of a request; 10,000 by default. */
  readonly timeout?: number;
  /** How often a batch is sent before it is dropped; 5 by default. Delays double, from 1 s to 30 s at most. */
  readonly attempts?: number;
  /** Sends a request; `fetch` by default. */
  readonly post?: Post;
  /** Uniform in [0, 1), for sampling; `Math.random` by default. */
  readonly random?: () => number;
}

/** What {@link tracing} returns. */
export interface Tracing {
  /** For option `features` of realms; the same for all of them. */
  readonly feature: Feature;
  /** Adds the metrics of the exporter to those of a router, and logs what cannot be exported (`trace_export_failed`). */
  attach(router: Router): void;
  /** Sends all spans that have ended; resolves when they were sent or dropped. */
  flush(): Promise<void>;
  /** Sends all spans that have ended, each once, and records no further ones. */
  close(): Promise<void>;
}

/**
 * Records spans of calls and publications.
 * @throws TypeError for an endpoint that is not an HTTP URL, or a ratio outside 0 … 1
 */
export function tracing(options: TracingOptions): Tracing {
  const { ratio = 1, honorParents = true, random = Math.random, headers = {} } = options;
  const url = urlIn(options.endpoint);
  if (!(ratio >= 0 && ratio <= 1)) throw new TypeError(`ratio: expected 0 … 1, not ${ratio}`);
  const exporterOptions = {
    post: options.post ?? postTo(url, headers),
    serviceName: options.serviceName ?? 'wamp-router',
    queueSize: options.queueSize ?? 2048,
    batchSize: options.batchSize ?? 512,
    interval: options.interval ?? 5000,
    timeout: options.timeout ?? 10_000,
    attempts: options.attempts ?? 5,
  };
  let exporter: Exporter | undefined;
  const exporterFor = (clock: Clock): Exporter => (exporter ??= new Exporter(exporterOptions, clock));
  return {
    feature: {
      install(realm) {
        const recorder = new Recorder(realm, exporterFor(realm.clock), { ratio, honorParents, random });
        recorder.install();
      },
    },
    attach(router) {
      attach(exporterFor(router.clock), router);
    },
    flush: async () => exporter?.flush(),
    close: async () => exporter?.close(),
  };
}

function urlIn(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new TypeError(`endpoint: expected a URL such as http://127.0.0.1:4318/v1/traces, not ${endpoint}`);
}

function attach(exporter: Exporter, router: Router): void {
  const help = 'Spans that were exported, or dropped because too many waited or the collector failed.';
  router.metrics.observe(
    'counter',
    { name: 'wamp_trace_spans_total', help, labels: ['outcome'] },
    (observe) => {
      observe(exporter.exported, 'exported');
      observe(exporter.dropped, 'dropped');
    },
  );
  exporter.failed = (why, spans) => {
    router.log('warn', 'spans could not be exported', { code: 'trace_export_failed', spans, why });
  };
}

/** A span that has begun, with what ends it. */
type OpenSpan = Omit<Span, 'end' | 'error'> & { readonly began: number };

/** The spans of a call: its own, and that of the invocation which is under way. */
interface CallSpans {
  readonly call: OpenSpan;
  invocation: OpenSpan | undefined;
}

/** Records the spans of one realm. */
class Recorder {
  readonly #realm: Realm;
  readonly #clock: Clock;
  readonly #exporter: Exporter;
  readonly #rules: SamplingRules;
  readonly #calls = new WeakMap<PendingCall, CallSpans>();
  readonly #publications = new WeakMap<Publication, OpenSpan>();

  constructor(realm: Realm, exporter: Exporter, rules: SamplingRules) {
    this.#realm = realm;
    this.#clock = realm.clock;
    this.#exporter = exporter;
    this.#rules = rules;
  }

  install(): void {
    const {
      broker,
      dealer: { calls },
    } = this.#realm;
    calls.opened.on((call) => {
      this.#opened(call);
    });
    calls.assigned.on((call) => {
      this.#assigned(call);
    });
    calls.declined.on((call) => {
      this.#answered(this.#calls.get(call), 'wamp.error.unavailable');
    });
    calls.ended.on((call, error) => {
      const spans = this.#calls.get(call);
      if (spans === undefined) return;
      this.#answered(spans, error);
      this.#end(spans.call, error);
    });
    broker.accepted.on((publication) => {
      this.#accepted(publication);
    });
    broker.published.on((publication) => {
      const span = this.#publications.get(publication);
      if (span !== undefined) this.#end(span, undefined);
    });
  }

  #opened(call: PendingCall): void {
    const parent = sampled(call.trace, this.#rules);
    if (parent === undefined) return;
    const { procedure, registration, caller } = call;
    const attributes = {
      'rpc.system': 'wamp',
      'rpc.method': procedure,
      'wamp.realm': this.#realm.name,
      'wamp.caller': String(caller.id),
    };
    // Patterns serve any number of procedures, but names of spans should be few.
    const name = `call ${registration.procedure}`;
    const span = this.#begin({ ...parent, name, kind: SpanKind.SERVER, attributes });
    this.#calls.set(call, { call: span, invocation: undefined });
    this.#propagate(call, span);
  }

  #assigned(call: PendingCall): void {
    const spans = this.#calls.get(call);
    if (spans === undefined || call.callee === undefined) return;
    const { traceId, spanId: parentSpanId, attributes, traceState } = spans.call;
    const name = `invoke ${call.registration.procedure}`;
    const callee = { 'wamp.callee': String(call.callee.session.id) };
    spans.invocation = this.#begin({
      ...{ traceId, parentSpanId, name, kind: SpanKind.CLIENT, attributes: { ...attributes, ...callee } },
      ...(traceState === undefined ? {} : { traceState }),
    });
    this.#propagate(call, spans.invocation);
  }

  #propagate(call: PendingCall, { traceId, spanId, traceState }: OpenSpan): void {
    this.#realm.dealer.calls.propagate(call, contextOf(traceId, spanId, traceState));
  }

  #answered(spans: CallSpans | undefined, error: string | undefined): void {
    if (spans?.invocation === undefined) return;
    this.#end(spans.invocation, error);
    spans.invocation = undefined;
  }

  #accepted(publication: Publication): void {
    const parent = sampled(publication.trace, this.#rules);
    if (parent === undefined) return;
    const { topic, id, publisher } = publication;
    const attributes = {
      'messaging.system': 'wamp',
      'messaging.operation.type': 'send',
      'messaging.destination.name': topic,
      'messaging.message.id': String(id),
      'wamp.realm': this.#realm.name,
      ...(publisher === undefined ? {} : { 'wamp.publisher': String(publisher.id) }),
    };
    const span = this.#begin({ ...parent, name: `publish ${topic}`, kind: SpanKind.PRODUCER, attributes });
    this.#publications.set(publication, span);
    publication.trace = contextOf(span.traceId, span.spanId, span.traceState);
  }

  #begin(head: Omit<OpenSpan, 'spanId' | 'start' | 'began'>): OpenSpan {
    return { ...head, spanId: newSpanId(), start: this.#clock.now(), began: this.#clock.elapsed() };
  }

  #end({ began, ...span }: OpenSpan, error: string | undefined): void {
    // The date may be set meanwhile; the duration is measured.
    this.#exporter.add({ ...span, end: span.start + (this.#clock.elapsed() - began), error });
  }
}
