/** A test of an application as it is written for the test runner of Node; testing.test.ts runs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '@wamp/client';
import { ANY, scriptedPeer } from '@wamp/client/testing';
import { createTestRealm } from '@wamp/router/testing';

void test('a call times out after a minute', async () => {
  const realm = createTestRealm();
  const session = await realm.connect(connect, { authid: 'joe' });
  await session.register('com.slow', () => new Promise(() => undefined));
  const call = session.call('com.slow', [], { timeout: 60_000 });
  const refused = assert.rejects(call, { uri: 'wamp.error.timeout' });
  await realm.advance(60_000);
  await refused;
  assert.equal(realm.frames[0]?.message[1], 'realm1');
  await realm.close();
});

void test('a peer follows a script', async () => {
  const peer = scriptedPeer();
  const { transport, clock } = peer;
  const connecting = connect('ws://test/', { realm: 'realm1', transport, clock });
  await peer.welcome();
  const sum = (await connecting).call('com.add', [2, 3]);
  await peer.expect([48, ANY, {}, 'com.add', [2, 3]]);
  peer.send([50, 1, {}, [5]]);
  assert.equal(await sum, 5);
});
