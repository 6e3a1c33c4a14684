/** Clients of several makes in one realm: each of them asks each, and serves each. */
import { as, contentAs, resultAs } from './payloads.ts';
import type { Content, Make, Peer } from './peers.ts';
import { until } from './until.ts';

type Payloads = Readonly<Record<string, Content>>;

/** A client that serves, and what it has seen. */
interface Server {
  readonly peer: Peer;
  readonly invoked: Content[];
  readonly heard: Content[];
}

/** What was to arrive, and what did; by the name of the payload. */
export interface Exchange {
  /** As the two sides would show it. */
  readonly sent: { readonly caller: Payloads; readonly callee: Payloads };
  readonly invoked: Payloads;
  readonly answered: Payloads;
  readonly heard: Payloads;
}

export class Meeting {
  readonly #makes: readonly Make[];
  readonly #asking = new Map<Make, Promise<Peer>>();
  readonly #serving = new Map<Make, Promise<Server>>();

  /** Two clients of each make join. */
  static async of(makes: readonly Make[], url: string): Promise<Meeting> {
    const meeting = new Meeting(makes);
    for (const make of makes) {
      meeting.#asking.set(make, make.join(url));
      meeting.#serving.set(make, meeting.#serve(make, url));
    }
    // A client that cannot even join fails its own tests, and no others.
    await Promise.allSettled([...meeting.#asking.values(), ...meeting.#serving.values()]);
    return meeting;
  }

  private constructor(makes: readonly Make[]) {
    this.#makes = makes;
  }

  /** Every payload is called with, answered with, and published. */
  async exchange(from: Make, to: Make, payloads: Payloads): Promise<Exchange> {
    const [client, server] = await Promise.all([this.#asking.get(from), this.#serving.get(to)]);
    if (client === undefined || server === undefined) throw new Error('a make that is not of this meeting');
    // What a failed exchange has left there.
    server.invoked.length = server.heard.length = 0;
    const names = Object.keys(payloads);
    const answers: Content[] = [];
    for (const content of Object.values(payloads)) {
      answers.push(await client.call(this.#uri('echo', to), contentAs(from, content)));
      await client.publish(this.#uri('topic', to), contentAs(from, content));
    }
    await until(() => server.invoked.length >= names.length && server.heard.length >= names.length);
    const named = (contents: readonly Content[], make: Make): Payloads =>
      Object.fromEntries(
        contents.map((content, index) => [names[index] ?? index, as(make, content) as Content]),
      );
    const convert = (change: (content: Content) => Content): Payloads =>
      Object.fromEntries(Object.entries(payloads).map(([name, content]) => [name, change(content)]));
    return {
      sent: {
        caller: convert((content) => resultAs(from, content)),
        callee: convert((content) => contentAs(to, content)),
      },
      invoked: named(server.invoked.splice(0), to),
      answered: named(answers, from),
      heard: named(server.heard.splice(0), to),
    };
  }

  async end(): Promise<void> {
    const servers = [...this.#serving.values()].map(async (server) => (await server).peer);
    const peers = await Promise.allSettled([...this.#asking.values(), ...servers]);
    await Promise.all(
      peers.map((peer) => (peer.status === 'fulfilled' ? peer.value.close() : Promise.resolve())),
    );
  }

  async #serve(make: Make, url: string): Promise<Server> {
    const peer = await make.join(url);
    const server: Server = { peer, invoked: [], heard: [] };
    await peer.registerEcho(this.#uri('echo', make), (content) => server.invoked.push(content));
    await peer.subscribe(this.#uri('topic', make), (content) => server.heard.push(content));
    return server;
  }

  #uri(kind: string, make: Make): string {
    return `com.example.${kind}.${this.#makes.indexOf(make)}`;
  }
}
