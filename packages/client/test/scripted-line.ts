/** A way to a router for tests that breaks and comes back: each connection is a scripted peer of its own. */
import { ConnectError, connect, createSession, type Session, type SessionOptions } from '../src/index.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { ALL_FEATURES, ScriptedPeer, settle } from './scripted-peer.ts';

export class ScriptedLine {
  readonly clock: ManualClock = new ManualClock();
  /** What was logged. */
  readonly log: string[] = [];
  /** The URLs that were tried. */
  readonly tried: string[] = [];
  /** While this is set, nothing can be reached. */
  isDown = false;
  /** What WELCOME announces. */
  roles: object = ALL_FEATURES;
  readonly #peers: ScriptedPeer[] = [];
  #session = 100;

  get options(): SessionOptions {
    return {
      realm: 'realm1',
      clock: this.clock,
      reconnect: { jitter: 'none' },
      logger: {
        error: (message, error) => this.log.push(`${message} ${error.message}`),
        warn: (text) => this.log.push(text),
      },
      transport: {
        name: 'scripted',
        open: (url) => {
          this.tried.push(url.host);
          if (this.isDown)
            return Promise.reject(new ConnectError('wamp.error.network_failure', ['down'], false));
          const peer = new ScriptedPeer();
          this.#peers.push(peer);
          return Promise.resolve(peer.transport);
        },
      },
    };
  }

  /** The latest connection. */
  get peer(): ScriptedPeer {
    const peer = this.#peers.at(-1);
    if (peer === undefined) throw new Error('There is no connection.');
    return peer;
  }

  /** Lets the client in that has connected. */
  async welcome(details: object = {}): Promise<ScriptedPeer> {
    await settle();
    const { peer } = this;
    const [type] = await peer.next();
    if (type !== 1) throw new Error(`The client said ${String(type)}, not HELLO.`);
    this.#session += 1;
    peer.send([2, this.#session, { roles: this.roles, ...details }]);
    await settle();
    return peer;
  }

  async connect(options: Partial<SessionOptions> = {}): Promise<Session> {
    const connecting = connect('ws://a/', { ...this.options, ...options });
    await this.welcome();
    return connecting;
  }

  create(options: Partial<SessionOptions> = {}): Session {
    return createSession('ws://a/', { ...this.options, ...options });
  }

  /** The connection breaks, and what comes of it comes. */
  async cut(): Promise<void> {
    this.peer.drop();
    await settle();
  }

  /** The session says GOODBYE, and the router answers. */
  async close(session: Session): Promise<void> {
    const closed = session.close();
    this.peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await closed;
  }

  /** Time passes, and what comes of it comes. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }
}

/** The events of a session, as they come, by name. */
export function told(session: Session): unknown[] {
  const events: unknown[] = [];
  session.on('state', (state) => events.push(state));
  session.on('open', ({ resumed }) => events.push(['open', resumed]));
  session.on('lost', ({ uri }) => events.push(['lost', uri]));
  session.on('retry', ({ attempt, delay }) => events.push(['retry', attempt, delay]));
  session.on('restored', ({ registrations, subscriptions, failed }) =>
    events.push(['restored', registrations, subscriptions, failed.length]),
  );
  session.on('close', ({ reason }) => events.push(['close', reason]));
  return events;
}
