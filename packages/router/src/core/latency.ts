/** Records the durations of calls by outcome. */
import { ErrorUri, MessageType, type Message, type Uri } from '@wamp/protocol';
import { Histogram, type Distribution } from './histogram.ts';

/**
 * How a call ended: `ok` with a result; `canceled` or `timeout` with `wamp.error.canceled` or `wamp.error.timeout`;
 * `unserved` with `wamp.error.no_available_callee`; `error` with any other error; `abandoned` without an answer,
 * because the caller had left.
 */
export type CallOutcome = 'ok' | 'error' | 'canceled' | 'timeout' | 'unserved' | 'abandoned';

const OUTCOMES: readonly CallOutcome[] = ['ok', 'error', 'canceled', 'timeout', 'unserved', 'abandoned'];

/** The unit of the histograms (s). */
const MICROSECOND = 1e-6;

/** Durations of calls, in seconds. */
export interface CallTimes {
  /** The histograms of the outcomes that have occurred. */
  entries(): Iterable<readonly [CallOutcome, { read(): Distribution }]>;
}

export class Latency implements CallTimes {
  /** Created when first needed: most realms see two or three of the outcomes. */
  readonly #histograms = new Map<CallOutcome, Histogram>();
  readonly #succeeded = new Histogram(MICROSECOND);

  /**
   * Records a call that has ended.
   * @param answer the message for the caller; undefined when the caller has left
   * @param micros time from CALL to the answer (µs)
   */
  ended(answer: Message | undefined, micros: number): void {
    if (answer?.type === MessageType.RESULT) this.#succeeded.count(micros);
    else this.#of(outcomeOf(answer)).count(micros);
  }

  *entries(): Generator<readonly [CallOutcome, Histogram], void> {
    yield ['ok', this.#succeeded];
    for (const outcome of OUTCOMES) {
      const histogram = this.#histograms.get(outcome);
      if (histogram !== undefined) yield [outcome, histogram];
    }
  }

  #of(outcome: CallOutcome): Histogram {
    let histogram = this.#histograms.get(outcome);
    if (histogram === undefined) this.#histograms.set(outcome, (histogram = new Histogram(MICROSECOND)));
    return histogram;
  }
}

function outcomeOf(answer: Message | undefined): CallOutcome {
  if (answer === undefined) return 'abandoned';
  return answer.type === MessageType.ERROR ? (BY_URI.get(answer.error) ?? 'error') : 'error';
}

const BY_URI: ReadonlyMap<Uri, CallOutcome> = new Map([
  [ErrorUri.CANCELED, 'canceled'],
  [ErrorUri.TIMEOUT, 'timeout'],
  [ErrorUri.NO_AVAILABLE_CALLEE, 'unserved'],
]);
