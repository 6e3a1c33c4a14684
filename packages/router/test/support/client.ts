/** Clients for what a conversation cannot tell: several frames in one turn, and bytes that are no message. */
import { json, rolesOf, type Dict, type Serializer, type Transport } from '@wamp/protocol';
import { transportPair, type Router, type Underlay } from '@wamp/router';
import { ALL_FEATURES } from '@wamp/router/testing';
import { coreOf } from './core.ts';

export class Client {
  readonly transport: Transport;
  readonly heard: (readonly unknown[])[] = [];
  closed = false;
  readonly #router: Router;

  constructor(router: Router, serializer: Serializer = json, underlay: Underlay = {}) {
    const [near, far] = transportPair(serializer);
    this.#router = router;
    router.open(far, { type: 'in-memory', protocol: serializer.subprotocol }, underlay);
    this.transport = near;
    this.transport.listener = {
      frame: (bytes) => {
        this.heard.push(serializer.decodePayload(bytes, 1).args ?? []);
      },
      violation: (what) => {
        throw new Error(what);
      },
      closed: () => {
        this.closed = true;
      },
    };
  }

  /** Connects and joins. */
  static async join(
    router: Router,
    serializer: Serializer = json,
    details: Dict = {},
    underlay: Underlay = {},
  ): Promise<Client> {
    const client = new Client(router, serializer, underlay);
    await client.say([1, 'realm1', { roles: rolesOf(ALL_FEATURES), ...details }]);
    const welcome = client.heard.shift();
    if (welcome?.[0] !== 2) throw new Error(`no WELCOME: ${JSON.stringify(welcome)}`);
    return client;
  }

  /** Sends messages in one turn. */
  send(...messages: readonly (readonly unknown[])[]): void {
    for (const message of messages) {
      this.transport.send(this.transport.serializer.encodePayload(message, {}, 1));
    }
  }

  /** Sends messages in one turn, and waits until all has arrived that they caused. */
  async say(...messages: readonly (readonly unknown[])[]): Promise<void> {
    this.send(...messages);
    await settle(this.#router);
  }

  /** Sends bytes, whatever they mean. */
  sendBytes(bytes: Uint8Array | string): void {
    this.transport.send(new Uint8Array(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes));
  }
}

/** Lets everything that is under way arrive; with a router, what it has left for later turns, too. */
export async function settle(router?: Router): Promise<void> {
  do {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  } while (router !== undefined && !coreOf(router).turns.isIdle);
}

/** How many turns of the event loop in which nobody does anything are a sign that nobody will. */
const SILENT_TURNS = 3;

/** Waits until several routers, and what connects them, have done all that takes no time. */
export class Quiet {
  /** How many turns of all these routers have ended. */
  #ended = 0;

  /** Counts a router in. */
  watch(router: Router): void {
    const { queue } = coreOf(router);
    const { turnEnds } = queue;
    queue.turnEnds = (): void => {
      this.#ended += 1;
      turnEnds();
    };
  }

  /** A router that has got something, or has work left, ends a turn with the next turn of the event loop. */
  async settle(): Promise<void> {
    for (let silent = 0; silent < SILENT_TURNS;) {
      const before = this.#ended;
      await settle();
      silent = this.#ended === before ? silent + 1 : 0;
    }
  }
}
