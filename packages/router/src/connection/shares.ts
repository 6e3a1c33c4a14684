/** Shares: what the connections of each address have of what admission gives out. */
import { tellingNetwork } from '../addresses.ts';
import type { ProcessAccounts } from '../core/kept.ts';
import type { Limits, LimitTally } from '../limits.ts';
import type { Place, Share } from './place.ts';

/** What this needs of the router. */
interface SharesRouter {
  readonly limits: Pick<Limits, 'handshakes' | 'helloTimeout'>;
  readonly limited: LimitTally;
  readonly kept: Pick<ProcessAccounts, 'forClient'>;
}

export class Shares {
  /** Of those whose address tells nothing. */
  readonly anybody: Share = { client: undefined, connections: 0, slots: 0, waiting: 0 };
  readonly #router: SharesRouter;
  readonly #byNetwork = new Map<string, Share>();
  /** How many shares have a slot, or wait for one. */
  #contenders = 0;
  /** An address has filled its part of what is kept on behalf of sessions. */
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

  /** One connection less. */
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

  /** The most slots that a share may have. */
  most(share: Share): number {
    const { handshakes } = this.#router.limits;
    return share === this.anybody ? handshakes : Math.max(1, Math.floor(handshakes / 2));
  }

  /** The slots that each would have if all that want some had as many. */
  equal(): number {
    return Math.max(1, this.#router.limits.handshakes / Math.max(1, this.#contenders));
  }

  /**
   * The handshake that may end for another of `share`: the one silent longest of the share that has most; one without more
   * than an equal share may take longer.
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
