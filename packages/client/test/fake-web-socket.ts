/** A WebSocket as in browsers, for tests. */
import type { WebSocketLike } from '../src/index.ts';

type Listener = (event: never) => void;

/** The test plays the other side. */
export class FakeWebSocket implements WebSocketLike {
  static made: FakeWebSocket[] = [];
  binaryType = 'blob';
  protocol = '';
  readyState = 0;
  bufferedAmount = 0;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly sent: unknown[] = [];
  readonly closedWith: (number | undefined)[] = [];
  readonly #listeners: [string, Listener][] = [];

  constructor(url: URL, protocols: string[]) {
    this.url = url.href;
    this.protocols = protocols;
    FakeWebSocket.made.push(this);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push([type, listener]);
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    // As browsers do for all but 1000 and 3000 to 4999.
    if (code !== undefined && code < 3_000) throw new DOMException('not your code', 'InvalidAccessError');
    this.readyState = 2;
    this.closedWith.push(code);
  }

  emit(type: string, event: object = {}): void {
    if (type === 'open') this.readyState = 1;
    if (type === 'close') this.readyState = 3;
    for (const [of, listener] of this.#listeners) if (of === type) listener(event as never);
  }
}
