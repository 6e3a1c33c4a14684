/** A client that reads only when it is told to, on a transport that keeps count. */
import {
  json,
  rolesOf,
  type Dict,
  type Serializer,
  type Transport,
  type TransportListener,
} from '@wamp/protocol';
import type { Router } from '@wamp/router';
import { ALL_FEATURES } from '@wamp/router/testing';

export class SlowReader implements Transport {
  readonly serializer: Serializer = json;
  listener: TransportListener | undefined;
  /** What it has read. */
  readonly heard: (readonly unknown[])[] = [];
  closed = false;
  backlog = 0;
  #unread: Uint8Array[] = [];
  #reads = true;

  /** Connects and joins; it reads until {@link stop}. */
  static join(router: Router, details: Dict = {}): SlowReader {
    const reader = new SlowReader();
    router.open(reader);
    reader.say([1, 'realm1', { roles: rolesOf(ALL_FEATURES), ...details }]);
    const welcome = reader.heard.shift();
    if (welcome?.[0] !== 2) throw new Error(`no WELCOME: ${JSON.stringify(welcome)}`);
    return reader;
  }

  /** Sends messages to the router. */
  say(...messages: readonly (readonly unknown[])[]): void {
    for (const message of messages) this.listener?.frame(this.serializer.encodePayload(message, {}, 1));
  }

  stop(): void {
    this.#reads = false;
  }

  /** Reads so many frames; those that come meanwhile, too, when it reads all. */
  read(count = Infinity): void {
    for (let read = 0; read < count; read += 1) {
      const frame = this.#unread.shift();
      if (frame === undefined) break;
      this.#hear(frame);
      this.backlog -= frame.length;
      this.listener?.drained?.();
    }
  }

  send(frame: Uint8Array): void {
    if (this.closed) return;
    if (this.#reads) this.#hear(frame);
    else {
      this.#unread.push(frame);
      this.backlog += frame.length;
    }
  }

  close(): void {
    this.closed = true;
  }

  #hear(frame: Uint8Array): void {
    this.heard.push(this.serializer.decodePayload(frame, 1).args ?? []);
  }
}
