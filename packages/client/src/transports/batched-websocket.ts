/** WAMP over WebSocket with batches: the messages of a turn are sent as one (spec: Batched WebSocket Transport). */
import type { Transport, TransportFailure } from '@wamp/protocol';
import { BatchedChannel } from './batched-channel.ts';
import type { TransportFactory } from './factory.ts';
import { Outgoing } from './outgoing.ts';
import { subprotocolsOf, type Subprotocol } from './subprotocol.ts';
import { webSocket, type WebSocketOptions } from './websocket.ts';

/**
 * A transport over WebSocket that sends all messages of a turn as one WebSocket message, which pays for many small
 * messages. If the router does not support batches, messages are sent one by one.
 *
 * In JSON, messages are separated by octet 0x1E, as the specification says. Some routers, crossbar among them, expect
 * 0x18 and do not accept these batches; with MessagePack and CBOR they do.
 */
export function batchedWebSocket(options: WebSocketOptions = {}): TransportFactory {
  const factory = webSocket(options);
  return {
    name: factory.name,
    async open(url, { serializers, ...rest }) {
      const offer = subprotocolsOf(serializers, true);
      const named = offer.map(({ name, serializer }) => ({ ...serializer, subprotocol: name }));
      const transport = await factory.open(url, { serializers: named, ...rest });
      const picked = offer.find(({ name }) => name === transport.serializer.subprotocol);
      return picked?.batched === true ? new BatchedTransport(transport, picked) : transport;
    },
  };
}

/** Adapts a transport of batches to one of messages. */
class BatchedTransport extends BatchedChannel {
  readonly #transport: Transport;
  readonly #outgoing: Outgoing;

  constructor(transport: Transport, subprotocol: Subprotocol) {
    super(subprotocol);
    this.#transport = transport;
    this.#outgoing = new Outgoing(subprotocol);
    transport.listener = {
      frame: (bytes) => this.received(bytes),
      violation: (what, failure) => this.violated(what, failure),
      drained: () => this.drained(),
      alive: () => this.alive(),
      closed: (reason) => this.ended(reason),
    };
  }

  probe(): boolean {
    return this.#transport.probe?.() ?? false;
  }

  get backlog(): number {
    return this.#outgoing.bytes + this.#transport.backlog;
  }

  async channelBinding(type: string): Promise<Uint8Array | undefined> {
    return this.#transport.channelBinding?.(type);
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#outgoing.bytes === 0) queueMicrotask(() => this.#flush());
    this.#outgoing.push(frame);
  }

  close(failure?: TransportFailure): void {
    this.#flush();
    this.#transport.close(failure);
  }

  #flush(): void {
    for (let batch = this.#outgoing.next(); batch !== undefined; batch = this.#outgoing.next()) {
      this.#transport.send(batch);
    }
  }
}
