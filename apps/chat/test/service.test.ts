/** The service of the chat beside a real router: accounts, rights, rooms, files and presence. */
import { connect, ticket, WampError, type Session, type WampEvent } from '@wamp/client';
import { getEvents } from '@wamp/client/meta';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChatApi } from '../src/common/contract.ts';
import { MAX_FILE } from '../src/common/limits.ts';
import { MESSAGES, PRESENCE, ROOMS_CHANGED, topicOf } from '../src/common/topics.ts';
import { verifierOf } from '../src/common/verifier.ts';
import { serviceRates } from '../src/service/rates.ts';
import { Demo, type ChatSession } from './support/demo.ts';

let demo: Demo;
let ada: ChatSession;
let grace: ChatSession;
let alan: ChatSession;

beforeAll(async () => {
  demo = await Demo.start();
  [ada, grace, alan] = await Promise.all([
    demo.logIn('ada', 'lovelace'),
    demo.logIn('grace', 'murray-hopper'),
    demo.logIn('alan', 'enigma-1912'),
  ]);
});
afterAll(() => demo[Symbol.asyncDispose]());

/** A guest, who may sign up. */
function guest(): Promise<Session<ChatApi>> {
  return connect<ChatApi>(demo.url, { realm: 'chat', reconnect: false });
}

/** Everything that a session hears of all rooms, from now on. */
async function listen(session: ChatSession): Promise<WampEvent[]> {
  const heard: WampEvent[] = [];
  await session.untyped.subscribe(MESSAGES, (_, event) => heard.push(event), { match: 'wildcard' });
  return heard;
}

interface Receivers {
  readonly eligibleAuthid?: readonly string[];
  readonly discloseMe?: boolean;
}

/** Publishes a text as clients do. */
function say(session: ChatSession, room: string, text: string, receivers: Receivers = {}): Promise<unknown> {
  const message = { kind: 'text', id: text, text };
  return session.untyped.publish(topicOf(room, 'message'), message, {
    acknowledge: true,
    excludeMe: false,
    ...receivers,
  });
}

/** The error URI of a request that has to be refused. */
async function refusal(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    if (WampError.is(error)) return error.uri;
    throw error;
  }
  throw new Error('it was not refused');
}

const DENIED = 'wamp.error.not_authorized';
const texts = (events: readonly WampEvent[]): unknown[] => events.map(({ kwargs }) => kwargs['text']);

test('E4 a guest signs up, and logs in with the password, which no file contains', async () => {
  await using visitor = await guest();
  const password = 'a-password-of-edsger';
  await visitor.call('chat.account.create', { name: 'edsger', verifier: await verifierOf(password) });
  await using edsger = await demo.logIn('edsger', password);
  expect([edsger.authid, edsger.authrole]).toEqual(['edsger', 'user']);
  expect(await refusal(demo.logIn('edsger', 'another'))).toBe('wamp.error.authentication_denied');
  expect(await refusal(demo.logIn('no-such-name', 'another'))).toBe('wamp.error.authentication_denied');
  const files = await demo.filesAsText();
  expect(files).toContain('edsger');
  for (const secret of [password, 'lovelace', 'murray-hopper']) expect(files).not.toContain(secret);
});

test('E4 a name has one account, and no name looks like another', async () => {
  await using visitor = await guest();
  const verifier = await verifierOf('some-password');
  const taken = visitor.call('chat.account.create', { name: 'ada', verifier });
  expect(await refusal(taken)).toBe('chat.error.name_taken');
  for (const name of ['Ada', 'аda', 'a', 'ada ', 'chat.service', '0ada']) {
    const refused = visitor.call('chat.account.create', { name, verifier });
    expect(await refusal(refused)).toBe('wamp.error.invalid_argument');
  }
});

test('E4 no account has a name that could be taken for the service, and no name of a room hides what it says', async () => {
  await using visitor = await guest();
  const verifier = await verifierOf('some-password');
  for (const name of ['chat-service', 'operator', 'you']) {
    const refused = visitor.call('chat.account.create', { name, verifier });
    expect(await refusal(refused)).toBe('wamp.error.invalid_argument');
  }
  const room = await alan.call('chat.rooms.create', { name: 'Plans\u202Egnp.\u0000\u200B', kind: 'public' });
  expect(room.name).toBe('Plansgnp.');
  const unseen = alan.call('chat.rooms.create', { name: '\u200B\u202E ', kind: 'public' });
  expect(await refusal(unseen)).toBe('wamp.error.invalid_argument');
});

test('E4 an account does not learn the network address of another', async () => {
  expect(await refusal(alan.untyped.call('wamp.session.get', [ada.id]))).toBe(DENIED);
  expect(JSON.stringify(await alan.call('chat.people.list'))).not.toContain('127.0.0.1');
});

test('E4 an address may sign up, and an account create rooms, only so often', () => {
  let now = 0;
  const { signUps } = serviceRates(() => now);
  for (let count = 0; count < 20; count += 1) expect(signUps.take('192.0.2.1')).toBe(0);
  expect(signUps.take('192.0.2.1')).toBe(3 * 60_000);
  expect(signUps.take('192.0.2.2')).toBe(0);
  now += 3 * 60_000;
  expect([signUps.take('192.0.2.1'), signUps.take('192.0.2.1')]).toEqual([0, 3 * 60_000]);
});

test('E4 the service refuses sign-ups beyond the rate of their address', async () => {
  await using visitor = await guest();
  const verifier = await verifierOf('some-password');
  const outcomes: string[] = [];
  for (let count = 0; count < 21; count += 1) {
    const created = visitor.call('chat.account.create', { name: `many-${count}`, verifier });
    outcomes.push(
      await created.then(
        () => 'created',
        (error: unknown) => (WampError.is(error) ? error.uri : 'failed'),
      ),
    );
  }
  expect(outcomes[0]).toBe('created');
  expect(outcomes.at(-1)).toBe('chat.error.too_often');
});

test('E4 a guest may do nothing but sign up', async () => {
  await using visitor = await guest();
  const { untyped } = visitor;
  expect(await refusal(untyped.call('chat.rooms.list'))).toBe(DENIED);
  expect(await refusal(untyped.subscribe(MESSAGES, { match: 'wildcard' }))).toBe(DENIED);
  expect(await refusal(untyped.publish(topicOf('lobby', 'message'), {}, { acknowledge: true }))).toBe(DENIED);
  expect(await refusal(untyped.register('chat.authenticate', () => ({ role: 'user' })))).toBe(DENIED);
});

test('E4 a browser is remembered by a token, until it is forgotten', async () => {
  const token = await ada.call('chat.account.remember');
  const logIn = (name: string, secret: string): Promise<Session> =>
    connect(demo.url, { realm: 'chat', auth: ticket(name, secret), reconnect: false });
  await using again = await logIn('ada', token);
  expect(again.authid).toBe('ada');
  expect(await refusal(logIn('grace', token))).toBe('wamp.error.authentication_denied');
  expect(await demo.filesAsText()).not.toContain(token);
  await grace.call('chat.account.forget', [token]);
  await (await logIn('ada', token)).close();
  await ada.call('chat.account.forget', [token]);
  expect(await refusal(logIn('ada', token))).toBe('wamp.error.authentication_denied');
});

test("E4 a private room's events never reach a non-member, live or from history", async () => {
  const room = await ada.call('chat.rooms.create', { name: 'Plans', kind: 'private' });
  await ada.call('chat.rooms.invite', [room.id, 'grace']);
  const members = ['ada', 'grace'];
  const [graces, alans] = [await listen(grace), await listen(alan)];
  await say(ada, room.id, 'between us', { eligibleAuthid: members });
  await say(ada, 'lobby', 'for all');
  await expect.poll(() => texts(alans)).toContain('for all');
  expect(texts(graces)).toEqual(['between us', 'for all']);
  expect(texts(alans)).toEqual(['for all']);

  const { untyped } = alan;
  for (const kind of ['message', 'typing'] as const) {
    expect(await refusal(untyped.subscribe(topicOf(room.id, kind)))).toBe(DENIED);
  }
  expect(await refusal(untyped.subscribe('chat.', { match: 'prefix' }))).toBe(DENIED);
  expect(await refusal(untyped.subscribe('chat.room..typing', { match: 'wildcard' }))).toBe(DENIED);
  const all = await untyped.subscribe(MESSAGES, { match: 'wildcard' });
  const topic = topicOf(room.id, 'message');
  expect(await getEvents(alan, all, { topic })).toEqual([]);
  expect((await getEvents(ada, all, { topic })).map(({ kwargs }) => kwargs['text'])).toEqual(['between us']);
  const whole = { kwargs: { limit: 500 } };
  expect(
    JSON.stringify(await untyped.call('wamp.subscription.get_events', [all.id], whole).full()),
  ).not.toContain('between us');
  expect((await alan.call('chat.rooms.list')).map(({ id }) => id)).not.toContain(room.id);
});

test('E4 messages of a private room name all members and no others, or are refused', async () => {
  const { id } = await ada.call('chat.rooms.create', { name: 'Lists', kind: 'private' });
  await ada.call('chat.rooms.invite', [id, 'grace']);
  const wrong = [undefined, [], ['ada'], ['ada', 'alan'], ['ada', 'grace', 'alan'], ['ada', 'ada']];
  for (const eligibleAuthid of wrong) {
    expect(await refusal(say(ada, id, 'x', eligibleAuthid && { eligibleAuthid }))).toBe(DENIED);
  }
  expect(await refusal(say(alan, id, 'x', { eligibleAuthid: ['ada', 'grace'] }))).toBe(DENIED);
  await say(ada, id, 'x', { eligibleAuthid: ['grace', 'ada'] });
  await grace.call('chat.rooms.leave', [id]);
  expect(await refusal(say(ada, id, 'y', { eligibleAuthid: ['grace', 'ada'] }))).toBe(DENIED);
  await say(ada, id, 'y', { eligibleAuthid: ['ada'] });
  expect(await refusal(say(grace, id, 'z', { eligibleAuthid: ['ada'] }))).toBe(DENIED);
});

test('E4 a forged message is impossible: the router says who publishes, whatever the payload and the options say', async () => {
  const heard = await listen(grace);
  const forged = { kind: 'text', id: '1', text: 'I am ada', author: 'ada', publisher_authid: 'ada' };
  await alan.untyped.publish(topicOf('lobby', 'message'), forged, { acknowledge: true, discloseMe: false });
  await expect.poll(() => texts(heard)).toEqual(['I am ada']);
  expect(heard[0]?.publisher?.authid).toBe('alan');
  const all = await grace.untyped.subscribe(MESSAGES, { match: 'wildcard' });
  const [past] = await getEvents(grace, all, { topic: topicOf('lobby', 'message'), reverse: true, limit: 1 });
  expect(past?.details['publisher_authid']).toBe('alan');
});

test.each([
  ROOMS_CHANGED,
  'chat.roll_call',
  'chat.room.nowhere.message',
  'chat.room.lobby.other',
  'com.example.x',
])('E4 an account may not publish to %s', async (topic) => {
  expect(await refusal(alan.untyped.publish(topic, [], { acknowledge: true }))).toBe(DENIED);
});

test.each(['chat.authorize', 'chat.rooms.list', 'com.example.procedure'])(
  'E4 an account may not register %s',
  async (procedure) => {
    expect(await refusal(alan.untyped.register(procedure, () => true))).toBe(DENIED);
  },
);

test.each([
  'chat.authenticate',
  'chat.authorize',
  'chat.account.create',
  'wamp.session.list',
  'wamp.session.kill',
])('E4 an account may not call %s', async (procedure) => {
  expect(await refusal(alan.untyped.call(procedure, []))).toBe(DENIED);
});

test('E4 two people share one room, no matter which of them opens it', async () => {
  const room = await alan.call('chat.rooms.direct', ['grace']);
  expect(await grace.call('chat.rooms.direct', ['alan'])).toEqual(room);
  expect(room.members).toEqual(['alan', 'grace']);
  expect((await ada.call('chat.rooms.list')).map(({ id }) => id)).not.toContain(room.id);
  expect(await refusal(alan.call('chat.rooms.direct', ['no-such-name']))).toBe('chat.error.no_such_person');
  expect(await refusal(alan.call('chat.rooms.invite', [room.id, 'ada']))).toBe('chat.error.not_private');
});

test('E4 files go as binary payloads, to members only, up to their limit', async () => {
  const { id: room } = await ada.call('chat.rooms.create', { name: 'Files', kind: 'private' });
  const bytes = Uint8Array.from({ length: MAX_FILE }, (_, index) => index % 251);
  const file = await ada.call('chat.files.put', {
    room,
    name: 'a.bin',
    type: 'application/octet-stream',
    bytes,
  });
  expect((await ada.call('chat.files.get', [file])).bytes).toEqual(bytes);
  expect(await refusal(grace.call('chat.files.get', [file]))).toBe('chat.error.no_such_file');
  const put = (into: string, content: Uint8Array<ArrayBuffer>): Promise<string> =>
    refusal(grace.call('chat.files.put', { room: into, name: 'a', type: '', bytes: content }));
  expect(await put(room, bytes)).toBe('chat.error.no_such_room');
  expect(await put('lobby', new Uint8Array(MAX_FILE + 1))).toBe('wamp.error.invalid_argument');
  expect(await put('lobby', new Uint8Array())).toBe('wamp.error.invalid_argument');
});

test('E4 presence: a session announces itself, and its testament says when it is gone', async () => {
  const heard: [string | undefined, unknown][] = [];
  await grace.untyped.subscribe(PRESENCE, (_, { publisher, kwargs }) =>
    heard.push([publisher?.authid, kwargs['here']]),
  );
  const other = await demo.logIn('alan', 'enigma-1912');
  const { id } = other;
  await other.untyped.call('wamp.session.add_testament', [PRESENCE, [], { here: false }]);
  await other.untyped.publish(PRESENCE, { here: true }, { acknowledge: true });
  const sessions = async (): Promise<readonly number[] | undefined> =>
    (await grace.call('chat.people.list')).find(({ name }) => name === 'alan')?.sessions;
  await expect.poll(sessions).toEqual([id]);
  await other.close();
  await expect.poll(sessions).toEqual([]);
  expect(heard).toEqual([
    ['alan', true],
    ['alan', false],
  ]);
});
