/** A session of the load: HELLO … WELCOME, and the requests that set the load up. */
import { MessageType, type Message, type RequestType } from '@wamp/protocol';
import { Connection, type MessageReceiver, type Wire } from './connection.ts';

/** The destination of the load. */
export interface Destination {
  readonly url: string;
  readonly realm: string;
  /** A relay forwards frames between the connections that name each other in their paths; it knows no WAMP. */
  readonly relay: boolean;
}

/** The role and index of a connection: a relay connects `caller/3` with `callee/3`. */
export type Role = `${'caller' | 'callee' | 'publisher' | 'subscriber' | 'idle'}/${number}`;

type Request = Extract<Message, { readonly type: RequestType; readonly request: number }>;

const ROLES = { caller: {}, callee: {}, publisher: {}, subscriber: {} };
/** How many requests of a set-up are under way in one session. */
const REQUESTS_AT_ONCE = 64;

/** Opens a connection and, with a router, a session. */
export async function join(destination: Destination, role: Role, wire: Wire): Promise<Connection> {
  const url = new URL(destination.url);
  if (destination.relay) url.pathname = `/${role}`;
  const connection = await Connection.open(url, wire);
  if (destination.relay) return connection;
  const answer = answerTo(connection);
  connection.send({ type: MessageType.HELLO, realm: destination.realm, details: { roles: ROLES } });
  const { type } = await answer;
  if (type !== MessageType.WELCOME)
    throw new Error(`no session: the answer to HELLO was a message of type ${type}`);
  return connection;
}

/** Sends requests and waits for all their answers. @throws Error when one is refused */
export async function requestAll(connection: Connection, requests: readonly Request[]): Promise<void> {
  const collector = new AnswerCollector(connection);
  for (let start = 0; start < requests.length; start += REQUESTS_AT_ONCE) {
    const some = requests.slice(start, start + REQUESTS_AT_ONCE);
    const answered = collector.expect(some.length);
    for (const request of some) connection.send(request);
    await answered;
  }
  connection.receiver = undefined;
}

/** Counts the answers to requests. */
class AnswerCollector implements MessageReceiver {
  readonly #connection: Connection;
  #left = 0;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.receiver = this;
  }

  expect(count: number): Promise<void> {
    this.#left = count;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  message(bytes: Buffer, start: number, end: number): void {
    const answer = decode(this.#connection, bytes, start, end);
    if (answer.type === MessageType.ERROR) this.#reject(new Error(`a request was refused: ${answer.error}`));
    else if ((this.#left -= 1) === 0) this.#resolve();
  }

  lost(reason: string): void {
    this.#reject(new Error(reason));
  }
}

/** The next message that comes. */
function answerTo(connection: Connection): Promise<Message> {
  return new Promise((resolve, reject) => {
    connection.receiver = {
      message(bytes, start, end) {
        connection.receiver = undefined;
        resolve(decode(connection, bytes, start, end));
      },
      lost(reason) {
        reject(new Error(reason));
      },
    };
  });
}

function decode(connection: Connection, bytes: Buffer, start: number, end: number): Message {
  // A copy: the payload of a decoded message is a view.
  return connection.elements.serializer.decode(new Uint8Array(bytes.subarray(start, end)));
}
