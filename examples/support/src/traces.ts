/** Traces of calls: the router's spans, collected in this process, as a tree; or sent to a collector that TRACES names. */
import { tracing, type Tracing } from '@wamp/opentelemetry';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface ExportRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

/** One call in a hundred is traced, with all calls that it causes. */
const RATIO = 0.01;

export class Traces {
  readonly tracing: Tracing;
  readonly #spans: Span[] = [];

  /** @param endpoint of a collector, such as Jaeger: `http://127.0.0.1:4318/v1/traces` */
  constructor(endpoint = process.env['TRACES'], ratio = RATIO) {
    const collect = (body: string): Promise<{ status: number }> => {
      const { resourceSpans } = JSON.parse(body) as ExportRequest;
      this.#spans.push(
        ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      );
      return Promise.resolve({ status: 200 });
    };
    this.tracing =
      endpoint === undefined
        ? tracing({ endpoint: 'http://in-this-process/', ratio, post: collect })
        : tracing({ endpoint, ratio });
  }

  /** The spans of the last call of a procedure that was traced to its end, indented, each with its duration. */
  async last(procedure: string): Promise<readonly string[]> {
    await this.tracing.flush();
    const first = this.#spans.findLast(
      ({ name, parentSpanId }) => name === `call ${procedure}` && parentSpanId === undefined,
    );
    return first === undefined ? [] : this.#tree(first, '');
  }

  #tree(span: Span, indent: string): readonly string[] {
    const { spanId, name, startTimeUnixNano: start, endTimeUnixNano: end } = span;
    const ms = Number(BigInt(end) - BigInt(start)) / 1e6;
    const below = this.#spans
      .filter(({ parentSpanId }) => parentSpanId === spanId)
      .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
    return [
      `${indent}${name} ${ms.toFixed(1)} ms`,
      ...below.flatMap((each) => this.#tree(each, `${indent}  `)),
    ];
  }
}
