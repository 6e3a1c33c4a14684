/** A publication: its options, how it is sent, and how it is confirmed. */
import { Code, type Dict, type Id, type Kwargs, type Payload, type Uri } from '@wamp/protocol';
import { lacking, type Need } from './announced.ts';
import type { Connection } from './connection.ts';
import type { PendingRequest } from './core/outbox.ts';
import { packerIn, type PassthruOption } from './core/passthru.ts';
import type { Answer, Waiter } from './core/requests.ts';
import { about, toError } from './errors.ts';
import { lateCode } from './handling.ts';
import type { Office } from './office.ts';
import { onAbort } from './signal.ts';

/** Options of `publish`. */
export interface PublishOptions {
  /** Waits for the router's confirmation, which contains the publication id. Default: false. */
  readonly acknowledge?: boolean | undefined;
  /** Whether this session receives no event of its own publication, even if it is subscribed. Default: true. */
  readonly excludeMe?: boolean | undefined;
  /** Asks the router to disclose the publisher to subscribers. */
  readonly discloseMe?: boolean | undefined;
  /** Asks the router to retain the event for sessions that subscribe later with `getRetained`. */
  readonly retain?: boolean | undefined;
  /** Sessions that receive no event. */
  readonly exclude?: readonly Id[] | undefined;
  readonly excludeAuthid?: readonly string[] | undefined;
  readonly excludeAuthrole?: readonly string[] | undefined;
  /** The only sessions that are eligible to receive an event. */
  readonly eligible?: readonly Id[] | undefined;
  readonly eligibleAuthid?: readonly string[] | undefined;
  readonly eligibleAuthrole?: readonly string[] | undefined;
  /** Stops waiting for the confirmation when it is aborted, and rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What happens while there is no connection. `wait`, the default: it waits for the next connection, limited by
   * option `offlineQueue` of `connect` and by `signal`. `drop`: it resolves, and is not sent. `fail`: it rejects at
   * once.
   */
  readonly offline?: 'wait' | 'drop' | 'fail' | undefined;
  /**
   * Whether subscribers may receive it twice. Default: false. If true, and with `acknowledge`, it is sent again when
   * the connection is lost before the confirmation, because the router may or may not have received it.
   */
  readonly idempotent?: boolean | undefined;
  /** Sends the payload in a form that the router forwards without decoding (Payload Passthru Mode). */
  readonly passthru?: PassthruOption;
  /** Further attributes of PUBLISH.Options, in the spelling of the wire. */
  readonly extra?: Kwargs | undefined;
}

/** The outcome of a publication. */
export interface PublishResult {
  /** The publication id; only with `acknowledge`. */
  readonly publication?: Id;
}

/** What a publication needs to be sent. */
export interface PublishRequest {
  readonly topic: Uri;
  readonly payload: Payload;
  readonly wire: Dict;
  readonly options: PublishOptions;
}

/** Settles the promise of a publication. */
interface SettlePublication {
  resolve(result: PublishResult | Promise<PublishResult>): void;
  reject(error: Error): void;
}

/** The features that the router must have announced for payload passthru. */
const PASSTHRU: readonly Need[] = [['broker', 'payload_passthru_mode']];

/** A publication that is being sent, or waits for its confirmation. */
export class PendingPublication implements Waiter, PendingRequest<Connection> {
  readonly type: typeof Code.PUBLISH = Code.PUBLISH;
  readonly #request: PublishRequest;
  readonly #settle: SettlePublication;
  #office: Office | undefined;
  #connection: Connection | undefined;
  #id: Id | undefined;
  #stopListening: (() => void) | undefined;
  /** The payload to send: as it was given, or packed. */
  #options: Dict;
  #payload: Payload;

  constructor(request: PublishRequest, settle: SettlePublication) {
    this.#request = request;
    this.#settle = settle;
    this.#options = request.wire;
    this.#payload = request.payload;
  }

  /** Sends it, now or when there is a connection. */
  start(office: Office): void {
    const { topic, payload, wire, options } = this.#request;
    const { signal, offline, passthru } = options;
    this.#office = office;
    this.#stopListening = onAbort(signal, (reason) => {
      if (this.#id !== undefined) this.#connection?.requests.forget(this.#id);
      this.failed(reason);
    });
    const packer = packerIn(passthru);
    if (packer === undefined) {
      office.submit(this, offline);
      return;
    }
    const step = async (): Promise<void> => {
      const { packed } = await lateCode();
      const ready = await packed(packer, wire, payload, topic);
      this.#options = ready.options;
      this.#payload = ready.payload;
      if (signal?.aborted !== true) office.submit(this, offline);
    };
    void office.lane.pass(step, (thrown) => this.failed(toError(thrown)));
  }

  hold(): number {
    const [payload, bytes] = this.#office?.held(this.#payload) ?? [this.#payload, 0];
    this.#payload = payload;
    return bytes;
  }

  sendOn(connection: Connection): void {
    const { topic, wire, options: given } = this.#request;
    const missing =
      packerIn(given.passthru) === undefined ? undefined : lacking(connection.features, PASSTHRU);
    if (missing !== undefined) {
      this.failed(missing);
      return;
    }
    const [options, payload] = [this.#options, this.#payload];
    const acknowledged = wire['acknowledge'] === true;
    this.#connection = connection;
    this.#id = connection.request(
      this,
      (request) => ({ type: Code.PUBLISH, request, options, topic, payload }),
      acknowledged,
    );
    if (this.#id === undefined || acknowledged) return;
    this.#stopListening?.();
    this.#settle.resolve(connection.room()?.then(() => ({})) ?? {});
  }

  answered(answer: Answer): void {
    this.#stopListening?.();
    this.#settle.resolve(answer.type === Code.PUBLISHED ? { publication: answer.publication } : {});
  }

  lost(error: Error): void {
    this.#connection = undefined;
    this.#id = undefined;
    if (this.#request.options.idempotent === true) this.#office?.submitAgain(this);
    else this.failed(error);
  }

  failed(error: Error): void {
    const { topic } = this.#request;
    this.#stopListening?.();
    if (this.#connection === undefined) this.#office?.withdraw(this);
    this.#settle.reject(about(error, { topic }));
  }

  /** There is no connection, and the publication may not wait for one. */
  dropped(): void {
    this.#stopListening?.();
    this.#settle.resolve({});
  }
}
