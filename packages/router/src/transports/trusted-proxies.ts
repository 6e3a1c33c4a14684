/** Proxies that are trusted to name the address of a client. */
import { BlockList, isIP } from 'node:net';
import { plainAddress } from '../addresses.ts';

/** The entry for all peers on Unix sockets. */
const UNIX = 'unix';

/** An address, or a network with a common prefix. */
interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
}

/** True for a valid entry in a list of proxies: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`, `unix`. */
export function isTrustable(text: string): boolean {
  return text === UNIX || networkIn(text) !== undefined;
}

export class TrustedProxies {
  readonly #networks = new BlockList();
  readonly #unix: boolean;
  readonly #hasNetworks: boolean;

  /** @throws TypeError for an entry that {@link isTrustable} rejects */
  constructor(proxies: readonly string[]) {
    this.#unix = proxies.includes(UNIX);
    this.#hasNetworks = proxies.some((each) => each !== UNIX);
    for (const proxy of proxies.filter((each) => each !== UNIX)) {
      const network = networkIn(proxy);
      if (network === undefined)
        throw new TypeError(`expected an IP address, a network or unix, not ${proxy}`);
      this.#networks.addSubnet(network.address, network.bits, network.family);
    }
  }

  /** @param address undefined for a peer on a Unix socket */
  has(address: string | undefined): boolean {
    if (address === undefined) return this.#unix;
    // A look-up in a BlockList allocates an object for every connection, so it is avoided when the list is empty.
    if (!this.#hasNetworks) return false;
    const plain = plainAddress(address);
    return this.#networks.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  }
}

function networkIn(text: string): Network | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  if (length !== undefined && !(/^\d{1,3}$/.test(length) && bits <= most)) return undefined;
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}
