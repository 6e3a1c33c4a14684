/** Restricts webhooks to public addresses, unless private ones are allowed. */
import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { plainAddress } from '@wamp/router';

/** Networks that are not public (the special-purpose registries of RFC 6890), and 6to4 and NAT64, which may lead there. */
const PRIVATE: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const blocked = new BlockList();
for (const network of PRIVATE) {
  const [address = '', bits] = network.split('/');
  blocked.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** True for an address of the public internet. */
function isPublic(address: string): boolean {
  const plain = plainAddress(address);
  const version = isIP(plain);
  return version !== 0 && !blocked.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}

/** The error for a target with an address to which webhooks may not connect. */
class PrivateAddress extends Error {
  readonly code = 'PRIVATE_ADDRESS';

  constructor(host: string, address: string) {
    super(
      `${host} has the address ${address}, which is not public; allowPrivate lets a webhook connect to it`,
    );
  }
}

/** Resolves a name to all its addresses, as `dns.lookup` does. */
export type Resolve = (
  host: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A look-up function for sockets that fails for names with an address that is not public. The socket connects to the address
 * that was checked, so that a name cannot be changed in between (DNS rebinding).
 */
export function publicLookup(resolve: Resolve = lookup): LookupFunction {
  return (host, options, done) => {
    resolve(host, { all: true }, (error, addresses) => {
      if (error !== null) {
        done(error, []);
        return;
      }
      const wrong = addresses.find(({ address }) => !isPublic(address));
      const [first] = addresses;
      if (wrong !== undefined) done(new PrivateAddress(host, wrong.address), []);
      else if (first === undefined) done(new Error(`${host} has no address`), []);
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

/** @throws PrivateAddress for a URL whose host is an address that is not public: sockets only look up names */
export function checkHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublic(host)) throw new PrivateAddress(hostname, host);
}
