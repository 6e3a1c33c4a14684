/** The listeners of a running router: opened, closed, and exchanged by a reload. */
import type { RequestListener } from 'node:http';
import type { Router } from '@wamp/router';
import type { Reached } from './banner.ts';
import type { Listener } from './config/listeners.ts';
import { roomForConnections } from './descriptors.ts';
import { assembleListener, type OpenListener } from './listener.ts';
import { resolveHost } from './listening.ts';

/** What answers the HTTP requests of a listener. */
export type AnswersFor = (listener: Listener) => RequestListener;

/** The listeners with the addresses that their host names stand for. @throws CannotStart for a name that nobody knows */
export function resolveHosts(listeners: readonly Listener[]): Promise<readonly Listener[]> {
  return Promise.all(
    listeners.map(async (listener) =>
      listener.unix === undefined ? { ...listener, address: await resolveHost(listener.address) } : listener,
    ),
  );
}

/** Those that are open, by the place that the configuration gives them. */
export class Listeners {
  readonly #router: Router;
  readonly #answers: AnswersFor;
  /** How many connections there is room for, in all. */
  readonly #room = roomForConnections();
  readonly #open = new Map<string, OpenListener>();
  /** Those that let nobody in any more, whose connections are still there. */
  readonly #closed: OpenListener[] = [];

  constructor(router: Router, answers: AnswersFor) {
    this.#router = router;
    this.#answers = answers;
  }

  /** How they are reached. */
  get reached(): readonly Reached[] {
    return [...this.#open.values()].flatMap(({ reached }) => reached);
  }

  /**
   * Opens all, or none.
   * @param among how many there will be: they share the room for connections
   * @throws CannotStart
   */
  async open(listeners: ReadonlyMap<string, Listener>, among: number): Promise<void> {
    const [opened, room] = [new Map<string, OpenListener>(), this.#room];
    const most = room === undefined ? undefined : Math.max(1, Math.floor(room / among));
    const resolved = await resolveHosts([...listeners.values()]);
    try {
      for (const [index, place] of [...listeners.keys()].entries()) {
        const listener = resolved[index];
        if (listener === undefined) continue;
        const assembled = assembleListener(this.#router, listener, this.#answers(listener));
        opened.set(place, await assembled.open(most));
      }
    } catch (error) {
      await Promise.all([...opened.values()].map((listener) => listener.close()));
      throw error;
    }
    for (const [place, listener] of opened) this.#open.set(place, listener);
  }

  /** Lets nobody in there any more; who is in stays. */
  close(place: string): void {
    const listener = this.#open.get(place);
    if (listener === undefined) return;
    this.#open.delete(place);
    this.#closed.push(listener);
    void listener.close();
  }

  renew(place: string, { tls }: Listener): void {
    if (tls !== undefined) this.#open.get(place)?.renew(tls);
  }

  /** Lets nobody in anywhere; resolves when everybody has gone. */
  closeAll(): Promise<unknown> {
    for (const place of [...this.#open.keys()]) this.close(place);
    return Promise.all(this.#closed.map((listener) => listener.close()));
  }

  /** Ends the connections of those who only browse. */
  closeIdle(): void {
    for (const listener of [...this.#closed, ...this.#open.values()]) listener.closeIdle();
  }
}
