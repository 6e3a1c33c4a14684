/** Admission: how many connections there may be, of one address and before they have joined. */
import { tellingNetwork } from '../addresses.ts';
import type { Clock } from '../core/clock.ts';
import type { LimitName, Limits, LimitTally, Log } from './connection-router.ts';
import { seldom } from './seldom.ts';

/** What this needs of the router. */
interface Surroundings {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'connectionsPerAddress' | 'handshakes'>;
  readonly limited: LimitTally;
  readonly log: Log;
}

/** A connection that counts until it is over. */
export interface Place {
  /** It is a session's now. */
  joined(): void;
  /** It is over. */
  left(): void;
}

/** Of one address. */
interface Share {
  connections: number;
  handshakes: number;
}

/**
 * Whoever connects is counted with its address (of IPv6, the network of 64 bits), and as a handshake until it has
 * joined. One address has half of the handshakes at most, so that nobody shuts the door before everybody else.
 * Addresses of this machine and Unix sockets count as handshakes alone: behind them may be a proxy, and so anybody.
 */
export class Admission {
  readonly #limits: Surroundings['limits'];
  readonly #limited: LimitTally;
  readonly #shares = new Map<string, Share>();
  readonly #note: (facts: { readonly address: string | undefined; readonly limit: LimitName }) => void;
  #handshakes = 0;

  constructor({ clock, limits, limited, log }: Surroundings) {
    this.#limits = limits;
    this.#limited = limited;
    this.#note = seldom(clock, (facts) => {
      log('warn', 'connections refused', facts);
    });
  }

  /** Whether one more is too many; if so, that is counted, and logged at times. */
  refuses(address: string | undefined): boolean {
    const limit = this.#exceeded(tellingNetwork(address));
    if (limit === undefined) return false;
    this.#limited.add(limit);
    this.#note({ address, limit });
    return true;
  }

  /** Counts one more. */
  enter(address: string | undefined): Place {
    const network = tellingNetwork(address);
    const share = network === undefined ? undefined : this.#shareOf(network);
    if (share !== undefined) share.connections += 1;
    const joined = this.#beginHandshake(share);
    return {
      joined,
      left: () => {
        joined();
        if (share === undefined || network === undefined) return;
        share.connections -= 1;
        if (share.connections === 0) this.#shares.delete(network);
      },
    };
  }

  #exceeded(network: string | undefined): LimitName | undefined {
    const { connectionsPerAddress, handshakes: most } = this.#limits;
    const { connections = 0, handshakes = 0 } = this.#shares.get(network ?? '') ?? {};
    if (connections >= connectionsPerAddress && network !== undefined) return 'connections_per_address';
    return this.#handshakes >= most || handshakes >= Math.max(1, most / 2) ? 'handshakes' : undefined;
  }

  /** @returns what ends it, once */
  #beginHandshake(share: Share | undefined): () => void {
    this.#handshakes += 1;
    if (share !== undefined) share.handshakes += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#handshakes -= 1;
      if (share !== undefined) share.handshakes -= 1;
    };
  }

  #shareOf(network: string): Share {
    const share = this.#shares.get(network) ?? { connections: 0, handshakes: 0 };
    this.#shares.set(network, share);
    return share;
  }
}
