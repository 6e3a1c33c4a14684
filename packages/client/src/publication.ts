/** A publication: how to publish, and how it gets to the router and is confirmed. */
import { MessageType, type Dict, type Id, type Kwargs, type Payload, type Uri } from '@wamp/protocol';
import type { Connection } from './connection.ts';
import type { Lane } from './core/lane.ts';
import { packed, packerIn, type PassthruOption } from './core/passthru.ts';
import type { Answer, Waiter } from './core/requests.ts';
import { about, toError } from './errors.ts';
import { onAbort } from './signal.ts';

/** How to publish. */
export interface PublishOptions {
  /** Waits for the router's confirmation, which carries the publication's id: default false. */
  readonly acknowledge?: boolean | undefined;
  /** Whether this session gets no event of its own, even if it is subscribed: default true. */
  readonly excludeMe?: boolean | undefined;
  /** Asks the router to tell the subscribers who publishes. */
  readonly discloseMe?: boolean | undefined;
  /** Asks the router to keep the event for those who subscribe later with `getRetained`. */
  readonly retain?: boolean | undefined;
  /** Sessions that get no event. */
  readonly exclude?: readonly Id[] | undefined;
  readonly excludeAuthid?: readonly string[] | undefined;
  readonly excludeAuthrole?: readonly string[] | undefined;
  /** The only sessions that may get an event. */
  readonly eligible?: readonly Id[] | undefined;
  readonly eligibleAuthid?: readonly string[] | undefined;
  readonly eligibleAuthrole?: readonly string[] | undefined;
  /** Stops waiting for the confirmation when it is aborted, and rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Lets the payload pass the router unread. */
  readonly passthru?: PassthruOption;
  /** Further attributes of PUBLISH.Options, spelled as on the wire. */
  readonly extra?: Kwargs | undefined;
}

/** What became of a publication. */
export interface PublishResult {
  /** Its id; only with `acknowledge`. */
  readonly publication?: Id;
}

/** What a publication sends. */
export interface PublishRequest {
  readonly topic: Uri;
  readonly payload: Payload;
  readonly wire: Dict;
  readonly options: PublishOptions;
}

/** How the promise of a publication is settled. */
interface Settle {
  resolve(result: PublishResult | Promise<PublishResult>): void;
  reject(error: Error): void;
}

/** A publication on its way to the router, or waiting for its confirmation. */
export class PendingPublication implements Waiter {
  readonly type: typeof MessageType.PUBLISH = MessageType.PUBLISH;
  readonly #request: PublishRequest;
  readonly #settle: Settle;
  #id: Id | undefined;
  #stopListening: (() => void) | undefined;

  constructor(request: PublishRequest, settle: Settle) {
    this.#request = request;
    this.#settle = settle;
  }

  /**
   * Sends it.
   * @param inTurn where it waits for what was asked before it, if it has to be packed
   */
  start(connection: Connection, inTurn: Lane): void {
    const { topic, payload, wire, options } = this.#request;
    this.#stopListening = onAbort(options.signal, (reason) => {
      if (this.#id !== undefined) connection.requests.forget(this.#id);
      this.failed(reason);
    });
    const packer = packerIn(options.passthru);
    if (packer === undefined) {
      this.#send(connection, wire, payload);
      return;
    }
    const step = (): Promise<void> =>
      packed(packer, wire, payload, topic).then((ready) =>
        this.#send(connection, ready.options, ready.payload),
      );
    void inTurn.pass(step, (thrown) => this.failed(toError(thrown)));
  }

  answered(answer: Answer): void {
    this.#stopListening?.();
    this.#settle.resolve(answer.type === MessageType.PUBLISHED ? { publication: answer.publication } : {});
  }

  failed(error: Error): void {
    const { topic } = this.#request;
    this.#stopListening?.();
    this.#settle.reject(about(error, { topic }));
  }

  #send(connection: Connection, options: Dict, payload: Payload): void {
    const {
      topic,
      wire,
      options: { signal },
    } = this.#request;
    if (signal?.aborted === true) return;
    const acknowledged = wire['acknowledge'] === true;
    this.#id = connection.request(
      this,
      (request) => ({ type: MessageType.PUBLISH, request, options, topic, payload }),
      acknowledged,
    );
    if (this.#id === undefined || acknowledged) return;
    this.#stopListening?.();
    this.#settle.resolve(connection.room()?.then(() => ({})) ?? {});
  }
}
