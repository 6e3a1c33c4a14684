/** Shares: counts the connections, handshakes and waiting connections of each address. */
import { tellingNetwork } from '../addresses.ts';
import type { ProcessAccounts } from '../core/kept.ts';
import type { Limits, LimitTally } from '../limits.ts';
import type { Place, Share } from './place.ts';

/** The parts of the router that this module uses. */
interface SharesRouter {
  readonly limits: Pick<Limits, 'handshakes' | 'helloTimeout'>;
  readonly limited: LimitTally;
  readonly kept: Pick<ProcessAccounts, 'forClient'>;
}

export class Shares {
  /** The share of all connections whose address does not identify a client. */
  readonly anybody: Share = { client: undefined, connections: 0, slots: 0, waiting: 0 };
  readonly #router: SharesRouter;
  readonly #byNetwork = new Map<string, Share>();
  /** The number of shares that have a slot, or wait for one. */
  #contenders = 0;
  /** Counts that an address has used up its part of the memory that is kept on behalf of sessions. */
  readonly #keptTooMuch = (): void => {
    this.#router.limited.add('kept_per_address');
  };

  constructor(router: SharesRouter) {
    this.#router = router;
  }

  /** The share of an address; a new one for an address that has none. */
  of(address: string | undefined): Share {
    const network = tellingNetwork(address);
    if (network === undefined) return this.anybody;
    const known = this.#byNetwork.get(network);
    if (known !== undefined) return known;
    const kept = this.#router.kept.forClient(this.#keptTooMuch);
    const share = { client: { network, kept }, connections: 0, slots: 0, waiting: 0 };
    this.#byNetwork.set(network, share);
    return share;
  }

  /** Removes one connection from a share, and the share with its last connection. */
  forget(share: Share): void {
    share.connections -= 1;
    if (share.connections === 0 && share.client !== undefined) this.#byNetwork.delete(share.client.network);
  }

  change(share: Share, what: 'slots' | 'waiting', by: 1 | -1): void {
    const before = share.slots + share.waiting;
    share[what] += by;
    if (before === 0) this.#contenders += 1;
    else if (before + by === 0) this.#contenders -= 1;
  }

  /** The maximum number of slots of a share. */
  most(share: Share): number {
    const { handshakes } = this.#router.limits;
    return share === this.anybody ? handshakes : Math.max(1, Math.floor(handshakes / 2));
  }

  /** The number of slots per share, if all shares that have or want slots had equally many. */
  equal(): number {
    return Math.max(1, this.#router.limits.handshakes / Math.max(1, this.#contenders));
  }

  /**
   * The silent handshake that may be ended in favour of one of `share`: the one that has been silent longest, of the share
   * that has the most slots. Handshakes of a share with no more than its equal part are given more time.
   */
  mostIdle(share: Share, joining: Iterable<Place>, now: number): Place | undefined {
    const { helloTimeout } = this.#router.limits;
    const equal = this.equal();
    const isAtMost = share.slots >= this.most(share);
    let victim: Place | undefined;
    for (const place of joining) {
      const { share: other, since } = place;
      if (now - since < helloTimeout / (other.slots > equal ? 5 : 2)) continue;
      if (other !== share && (isAtMost || other.slots <= share.slots)) continue;
      const isMore = victim === undefined || other.slots > victim.share.slots;
      if (isMore || (other.slots === victim?.share.slots && since < victim.since)) victim = place;
    }
    return victim;
  }
}
