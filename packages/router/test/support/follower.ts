/** A subscriber that comes to one node after the other, and recovers what it has missed, as @wamp/client does. */
import type { Dict } from '@wamp/protocol';
import type { Client } from './client.ts';
import type { ClusterStage } from './cluster-stage.ts';

interface Answer {
  readonly epoch: number;
  readonly offset: number;
  readonly complete: boolean;
  readonly more: boolean;
  readonly moved?: boolean;
  readonly seen?: Readonly<Record<string, number>>;
}

interface Details {
  readonly x_offset?: number;
  readonly x_origin?: readonly [string, number, 1?];
}

/** What it knows: its place in the log of the node where it was, and what it has of each node. */
export class Follower {
  readonly #told: number[] = [];
  /** How often it was told that events may be missing. */
  gaps = 0;
  /** How many events said that others before them are lost. */
  hints = 0;
  /** How many events have come in answers. */
  recovered = 0;
  node = '';
  readonly limit: number;
  readonly #stage: ClusterStage;
  readonly #topic: string;
  readonly #match: string;
  #client: Client | undefined;
  #position: { epoch: number; offset: number } | undefined;
  #seen: Record<string, number> = {};
  readonly #former: number[] = [];
  #request = 0;
  /** The events that have come while it recovers. */
  #held: (readonly [Details, number])[] | undefined;
  #asking = false;
  #complete = true;

  constructor(stage: ClusterStage, topic: string, match = 'exact', limit = 3) {
    this.#stage = stage;
    this.#topic = topic;
    this.#match = match;
    this.limit = limit;
  }

  /** The first arguments of the events that it has got. */
  get told(): readonly number[] {
    this.listen();
    return this.#told;
  }

  get isThere(): boolean {
    return this.#client !== undefined;
  }

  /** Whether the router has ended the session. */
  get isClosed(): boolean {
    return this.#client?.closed === true;
  }

  get isBusy(): boolean {
    return this.#asking;
  }

  /** Comes to a node, and recovers. @param ms how long that may take */
  async come(node: string, ms = 100): Promise<void> {
    await this.start(node);
    for (let passed = 0; this.#asking && passed < ms; passed += 10) {
      await this.#stage.pass(10);
      this.listen();
    }
    if (this.#asking) throw new Error(`no answer at ${node}`);
  }

  async start(node: string): Promise<void> {
    this.node = node;
    const client = await this.#stage.join(node);
    this.#client = client;
    client.send([32, (this.#request += 1), { match: this.#match }, this.#topic]);
    this.#asking = true;
    this.#complete = true;
    this.#held = this.#position === undefined ? undefined : [];
    // The session id is told in WELCOME, which joining has consumed: exclusion by session is not tested here.
  }

  leave(): void {
    this.listen();
    this.#client?.transport.close();
    this.#client = undefined;
    if (this.#asking && !this.#complete) this.gaps += 1;
    this.#asking = false;
    this.#held = undefined;
  }

  /** Handles what has come. */
  listen(): void {
    for (const message of this.#client?.heard.splice(0) ?? []) this.#hear(message);
  }

  #subscription = 0;

  #hear(message: readonly unknown[]): void {
    const [type] = message;
    if (type === 33) {
      this.#subscription = message[2] as number;
      this.#ask();
    } else if (type === 36) this.#event(message[3] as Details, (message[4] as readonly number[])[0] ?? 0);
    else if (type === 50) this.#answer((message[3] ?? []) as readonly Dict[], message[4] as Answer);
    else if (type !== 6) throw new Error(`not expected: ${JSON.stringify(message)}`);
  }

  #ask(): void {
    const where =
      this.#position === undefined
        ? {}
        : { ...this.#position, limit: this.limit, sessions: this.#former, seen: this.#seen };
    this.#client?.send([
      48,
      (this.#request += 1),
      {},
      'wamp.subscription.recover',
      [this.#subscription],
      where,
    ]);
  }

  #event(details: Details, number: number): void {
    if (details.x_origin?.[2] === 1) this.hints += 1;
    if (this.#held !== undefined) this.#held.push([details, number]);
    else if (this.#position !== undefined && details.x_origin?.[2] === 1) {
      this.#held = [[details, number]];
      this.#asking = true;
      this.#complete = true;
      this.#ask();
    } else this.#pass(details, number);
  }

  #pass({ x_offset: offset = 0, x_origin: origin }: Details, number: number): void {
    if (this.#position !== undefined) {
      if (offset <= this.#position.offset) return;
      this.#position.offset = offset;
    }
    if (origin !== undefined) {
      const [run, last] = origin;
      if (last <= (this.#seen[run] ?? 0)) return;
      this.#seen[run] = last;
    }
    this.#told.push(number);
  }

  #answer(events: readonly Dict[], { epoch, offset, complete, more, moved, seen }: Answer): void {
    if (this.#position === undefined || (this.#position.epoch !== epoch && moved !== true)) {
      if (this.#position !== undefined) this.#complete = false;
      this.#position = { epoch, offset };
    } else if (moved === true) this.#position = { epoch, offset: 0 };
    this.recovered += events.length;
    for (const event of events)
      this.#pass(event['details'] as Details, (event['args'] as readonly number[])[0] ?? 0);
    this.#position.offset = Math.max(this.#position.offset, offset);
    if (seen !== undefined) this.#seen = { ...seen };
    this.#complete &&= complete;
    if (more) {
      this.#ask();
      return;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [details, number] of held) this.#pass(details, number);
    this.#asking = false;
    if (!this.#complete) this.gaps += 1;
  }
}
