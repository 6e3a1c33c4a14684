/** IP addresses that are written in many ways. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkOf, plainAddress, tellingNetwork } from '../src/addresses.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
  ['::', '::'],
  ['something else', 'something else'],
])('%s is %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});

describe('what counts as one', () => {
  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2::1', '2001:DB8:0001:2:0::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8::1', '2001:db8:0:0:1::', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['192.0.2.1', '192.0.2.2', false],
    ['1::', '1:0::1', true],
  ])('%s and %s: %s', (one, other, same) => {
    expect(networkOf(one) === networkOf(other)).toBe(same);
  });

  test('any two addresses of IPv6 do when their first 64 bits are the same, however they are written', () => {
    const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, groups, fc.boolean(), (one, other, together) => {
        fc.pre(
          one.slice(0, 6).some((group) => group !== 0) && other.slice(0, 6).some((group) => group !== 0),
        );
        const second = together ? [...one.slice(0, 4), ...other.slice(4)] : other;
        const text = (all: readonly number[]) => all.map((group) => group.toString(16)).join(':');
        // What a URL makes of it has its zeros left out.
        const short = new URL(`http://[${text(second)}]`).hostname.slice(1, -1);
        const same = one.slice(0, 4).every((group, index) => group === second[index]);
        expect(networkOf(text(one)) === networkOf(short)).toBe(same);
      }),
    );
  });
});

test.each([undefined, '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'])(
  '%s tells nothing of who it is',
  (address) => {
    expect(tellingNetwork(address)).toBeUndefined();
  },
);

test('any other address does', () => {
  expect(tellingNetwork('10.0.0.1')).toBe('10.0.0.1');
  expect(tellingNetwork('2001:db8::1')).toBe(networkOf('2001:db8::2'));
});
