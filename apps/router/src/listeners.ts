/** The listeners of a running router: opens, closes and replaces them. */
import type { RequestListener } from 'node:http';
import type { Router } from '@wamp/router';
import type { Reached } from './banner.ts';
import { certificateOf, type CertificateFacts } from './certificate.ts';
import type { Listener } from './config/listeners.ts';
import { roomForConnections } from './descriptors.ts';
import { assembleListener, type OpenListener } from './listener.ts';
import { resolveHost } from './listening.ts';

/** Answers the HTTP requests of a listener. */
export type AnswersFor = (listener: Listener) => RequestListener;

/** Resolves the host names of listeners. @throws CannotStart for an unknown name */
export function resolveHosts(listeners: readonly Listener[]): Promise<readonly Listener[]> {
  return Promise.all(
    listeners.map(async (listener) =>
      listener.unix === undefined ? { ...listener, address: await resolveHost(listener.address) } : listener,
    ),
  );
}

/** A listener for people. */
export interface ToldListener {
  readonly place: string;
  readonly urls: readonly string[];
  readonly certificate?: CertificateFacts;
}

/** The open listeners, by their place in the configuration. */
export class Listeners {
  readonly #router: Router;
  readonly #answers: AnswersFor;
  /** The total number of connections that the process can handle. */
  readonly #room = roomForConnections();
  readonly #open = new Map<string, OpenListener>();
  /** What the configuration says of those that are open. */
  readonly #configured = new Map<string, Listener>();
  /** Closed listeners with connections that are still open. */
  readonly #closed: OpenListener[] = [];

  constructor(router: Router, answers: AnswersFor) {
    this.#router = router;
    this.#answers = answers;
  }

  /** The URLs of all listeners. */
  get reached(): readonly Reached[] {
    return [...this.#open.values()].flatMap(({ reached }) => reached);
  }

  /** Those that are open, for people: how they are reached, and until when their certificates hold. */
  told(): readonly ToldListener[] {
    return [...this.#open].map(([place, { reached }]) => {
      const urls = reached.map(({ url }) => url);
      const certificate = certificateOf(this.#configured.get(place)?.tls);
      return { place, urls, ...(certificate === undefined ? {} : { certificate }) };
    });
  }

  /**
   * Opens all, or none.
   * @param among the number of listeners that share the limit of connections
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
    for (const [place, listener] of listeners) this.#configured.set(place, listener);
  }

  /** Stops accepting connections there; existing ones stay open. */
  close(place: string): void {
    const listener = this.#open.get(place);
    if (listener === undefined) return;
    this.#open.delete(place);
    this.#closed.push(listener);
    void listener.close();
  }

  renew(place: string, listener: Listener): void {
    const { tls } = listener;
    if (tls === undefined) return;
    this.#open.get(place)?.renew(tls);
    this.#configured.set(place, listener);
  }

  /** Has the principals of HTTP bridges log in again, because credentials have changed. */
  logInAgain(): void {
    for (const listener of [...this.#closed, ...this.#open.values()]) listener.logInAgain();
  }

  /** Stops accepting connections everywhere; resolves when all have ended. */
  closeAll(): Promise<unknown> {
    for (const place of [...this.#open.keys()]) this.close(place);
    return Promise.all(this.#closed.map((listener) => listener.close()));
  }

  /** Ends idle HTTP connections of browsers. */
  closeIdle(): void {
    for (const listener of [...this.#closed, ...this.#open.values()]) listener.closeIdle();
  }
}
