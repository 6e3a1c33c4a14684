/** How a session tells where its client is. */
import { expect, test } from 'vitest';
import { peerText } from '../src/transports/peer-address.ts';

test.each([
  ['192.0.2.1', 50000, 'tcp:192.0.2.1:50000'],
  ['::1', 8080, 'tcp:[::1]:8080'],
  ['2001:db8::1', 0, 'tcp:[2001:db8::1]:0'],
  ['fe80::1%eth0', 1, 'tcp:[fe80::1%eth0]:1'],
  [undefined, 0, 'unix'],
])('B7 %s and port %i are %s', (address, port, text) => {
  expect(peerText({ address, port })).toBe(text);
});
