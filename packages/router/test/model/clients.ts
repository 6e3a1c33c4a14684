/** Clients on full connections of every serializer, which log what they hear. */
import {
  json,
  MessageType,
  rolesOf,
  type Announcement,
  type ClientRole,
  type Serializer,
  type Transport,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { inMemory, type Router } from '@wamp/router';
import { ALL_FEATURES } from '@wamp/router/testing';
import fc from 'fast-check';
import type { Transcript } from './sequences.ts';
import type { Heard } from './stage.ts';

export const serializer: fc.Arbitrary<Serializer> = fc.constantFrom(json, msgpack, cbor);

export class Client {
  readonly name: string;
  /** Everything it has heard, in order. */
  readonly log: Heard[] = [];
  session = 0;
  closed = false;
  /** What it does when it hears something. */
  react: (message: Heard) => void = () => undefined;
  #request = 0;
  readonly #transport: Transport;
  readonly #transcript: Transcript;

  constructor(
    name: string,
    router: Router,
    form: Serializer,
    transcript: Transcript,
    announces: Announcement<ClientRole> = ALL_FEATURES,
  ) {
    this.name = name;
    this.#transcript = transcript;
    this.#transport = inMemory(router, form);
    this.#transport.listener = {
      frame: (bytes) => {
        this.#hear(form.decodePayload(bytes, 1).args ?? []);
      },
      violation: (what) => {
        throw new Error(what);
      },
      closed: () => {
        this.closed = true;
      },
    };
    transcript.note(`${name} joins with ${form.subprotocol}`);
    this.#write([MessageType.HELLO, 'realm1', { roles: rolesOf(announces) }]);
  }

  /** Sends a message, unless it has left. */
  send(message: Heard): void {
    if (this.closed) return;
    this.#transcript.said(this.name, message);
    this.#write(message);
  }

  /** Sends a request under its next number. @returns the number */
  request(type: MessageType, ...rest: readonly unknown[]): number {
    this.send([type, (this.#request += 1), ...rest]);
    return this.#request;
  }

  leave(): void {
    if (this.closed) return;
    this.#transcript.said(this.name, 'closed');
    this.closed = true;
    this.#transport.close();
  }

  #hear(message: Heard): void {
    if (this.session === 0 && message[0] === MessageType.WELCOME) {
      this.session = Number(message[1]);
      return;
    }
    if (this.closed) return;
    this.#transcript.heard(this.name, message);
    this.log.push(message);
    this.react(message);
  }

  #write(message: Heard): void {
    this.#transport.send(this.#transport.serializer.encodePayload(message, {}, 1));
  }
}

/** Lets everything that is under way arrive. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
