/** Roles and the features that peers announce. */
import { describe, expect, test } from 'vitest';
import { PeerFeatures, rolesOf } from '@wamp/protocol';

describe('rolesOf', () => {
  test('FEAT: features are announced as true, by role', () => {
    expect(rolesOf({ caller: ['call_timeout', 'call_canceling'], publisher: [] })).toEqual({
      caller: { features: { call_timeout: true, call_canceling: true } },
      publisher: { features: {} },
    });
    expect(rolesOf({})).toEqual({});
  });

  test('decisions §5: every role has features, be it none', () => {
    expect(rolesOf({ broker: [], dealer: [] })).toEqual({
      broker: { features: {} },
      dealer: { features: {} },
    });
  });
});

describe('PeerFeatures', () => {
  test('tells roles and features apart', () => {
    const peer = new PeerFeatures({ caller: { features: { call_timeout: true } }, callee: {} });
    expect(peer.has('caller')).toBe(true);
    expect(peer.has('callee')).toBe(true);
    expect(peer.has('publisher')).toBe(false);
    expect(peer.has('caller', 'call_timeout')).toBe(true);
    expect(peer.has('callee', 'call_timeout')).toBe(false);
    expect(peer.has('caller', 'progressive_call_results')).toBe(false);
  });

  test('only true announces a feature', () => {
    const features = { a: false, b: 1, c: 'true', d: null, e: {}, f: true };
    const peer = new PeerFeatures({ caller: { features } });
    expect(Object.keys(features).filter((name) => peer.has('caller', name))).toEqual(['f']);
  });

  test('T-2: either spelling of call_canceling is understood', () => {
    expect(
      new PeerFeatures({ callee: { features: { call_cancelling: true } } }).has('callee', 'call_canceling'),
    ).toBe(true);
    expect(
      new PeerFeatures({ callee: { features: { call_canceling: true } } }).has('callee', 'call_canceling'),
    ).toBe(true);
    expect(new PeerFeatures({ callee: { features: {} } }).has('callee', 'call_canceling')).toBe(false);
  });

  test('reliability 2: names such as constructor are plain names', () => {
    const peer = new PeerFeatures({ caller: { features: {} } });
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(peer.has('caller', name)).toBe(false);
      expect(peer.has(name as 'caller')).toBe(false);
    }
  });

  test('what a peer was sent is what it reads', () => {
    const peer = new PeerFeatures(rolesOf({ dealer: ['call_timeout'] }));
    expect(peer.has('dealer', 'call_timeout')).toBe(true);
  });
});
