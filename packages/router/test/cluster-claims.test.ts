/** REGISTERs at several nodes of a cluster that overlap with the end of earlier registrations. */
import { expect, test, vi } from 'vitest';
import { ClusterStage } from './support/cluster-stage.ts';
import { coreRealmOf } from './support/core.ts';

/** The callees of a procedure according to a node. */
function calleesAt(stage: ClusterStage, name: string, procedure: string): readonly number[] {
  const registration = coreRealmOf(stage.node(name).router).dealer.registrations.get('exact', procedure);
  return (registration?.callees ?? []).map(({ session }) => session.id);
}

test('SHR-2 a REGISTER with another policy does not count as the claim that its node is about to delete', async () => {
  const stage = await ClusterStage.of(['a', 'b']);
  stage.network.ledgerDelay = () => 20;
  const [leaving, next] = [await stage.join('a'), await stage.join('a')];
  const elsewhere = await stage.join('b');
  await leaving.say([64, 1, { invoke: 'roundrobin' }, 'com.work']);
  await stage.pass(100);
  leaving.transport.close();
  await stage.pass(10);
  // The nodes hear nothing of each other's callees until both have decided.
  stage.network.loses = () => true;
  next.send([64, 1, { invoke: 'random' }, 'com.work']);
  elsewhere.send([64, 1, { invoke: 'roundrobin' }, 'com.work']);
  await stage.pass(1500);
  stage.network.loses = () => false;
  await stage.pass(6000);
  const answers = [...next.heard, ...elsewhere.heard].map(([type, , , , error]) => error ?? type).sort();
  expect(answers).toEqual([65, 'wamp.error.procedure_already_exists']);
});

test('SHR-3 callees have one order at all nodes, though a REGISTER is refused that was announced for several', async () => {
  const stage = await ClusterStage.of(['a', 'b']);
  const { router } = stage.node('a');
  const [callee, other] = [await stage.join('a'), await stage.join('a')];
  const others = [await stage.join('b'), await stage.join('b')];
  const register = [64, 1, { invoke: 'roundrobin' }, 'com.work'];
  await other.say(register);
  await stage.pass(100);
  // Each REGISTER waits for a second for the other node, which does not answer.
  stage.network.loses = () => true;
  callee.send(register);
  await stage.pass(500);
  callee.send([64, 2, { invoke: 'roundrobin' }, 'com.work']);
  await stage.settle();
  router.reconfigureRealm('realm1', { quotas: { registrations: 0 } });
  await stage.pass(600);
  router.reconfigureRealm('realm1', {});
  for (const client of others) client.send(register);
  await stage.pass(100);
  callee.send([64, 3, { invoke: 'roundrobin' }, 'com.work']);
  await stage.pass(2000);
  stage.network.loses = () => false;
  await stage.pass(6000);
  expect(callee.heard.map(([type]) => type)).toEqual([8, 65, 8]);
  expect(calleesAt(stage, 'a', 'com.work')).toHaveLength(4);
  expect(calleesAt(stage, 'b', 'com.work')).toEqual(calleesAt(stage, 'a', 'com.work'));
});

test('a REGISTER whose session has left announces no callee', async () => {
  const stage = await ClusterStage.of(['a']);
  stage.network.ledgerDelay = () => 100;
  const [gone, callee] = [await stage.join('a'), await stage.join('a')];
  gone.send([64, 1, { invoke: 'roundrobin' }, 'com.work']);
  await stage.settle();
  gone.transport.close();
  await stage.settle();
  callee.send([64, 1, { invoke: 'roundrobin' }, 'com.work']);
  await stage.pass(1000);
  expect(callee.heard.map(([type]) => type)).toEqual([65]);
  const sent = vi.spyOn(stage.node('a').engine, 'send');
  await stage.start('b');
  const texts = sent.mock.calls.map(([, bytes]) => new TextDecoder('latin1').decode(bytes));
  expect(texts.join().split('com.work')).toHaveLength(2);
});
