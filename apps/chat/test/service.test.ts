/** The service of the chat beside a real router: accounts, rights, rooms, files and presence. */
import { connect, ticket, WampError, type Session, type WampEvent } from '@wamp/client';
import { getEvents } from '@wamp/client/meta';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChatApi } from '../src/common/contract.ts';
import { MAX_FILE, MAX_TEXT } from '../src/common/limits.ts';
import { MESSAGES, PRESENCE, ROOMS_CHANGED, topicOf } from '../src/common/topics.ts';
import { verifierOf } from '../src/common/verifier.ts';
import { authorOf } from '../src/page/content.ts';
import { costOf } from '../src/service/messages.ts';
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

/** Sends a text as clients do. */
function say(session: ChatSession, room: string, text: string): Promise<unknown> {
  return session.call('chat.messages.send', { room, content: { kind: 'text', id: text.slice(0, 20), text } });
}

/** The error of a request, if it is refused. */
async function refusalOf(request: Promise<unknown>): Promise<WampError | undefined> {
  try {
    await request;
  } catch (error) {
    if (WampError.is(error)) return error;
    throw error;
  }
  return undefined;
}

/** The error URI of a request that has to be refused. */
async function refusal(request: Promise<unknown>): Promise<string> {
  const error = await refusalOf(request);
  if (error === undefined) throw new Error('it was not refused');
  return error.uri;
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
  const [graces, alans] = [await listen(grace), await listen(alan)];
  await say(ada, room.id, 'between us');
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

test('E4 only members write in a private room, and only those who are members then receive it', async () => {
  const { id } = await ada.call('chat.rooms.create', { name: 'Lists', kind: 'private' });
  await ada.call('chat.rooms.invite', [id, 'grace']);
  const [adas, graces] = [await listen(ada), await listen(grace)];
  expect(await refusal(say(alan, id, 'x'))).toBe('chat.error.no_such_room');
  await say(grace, id, 'x');
  await grace.call('chat.rooms.leave', [id]);
  await say(ada, id, 'y');
  expect(await refusal(say(grace, id, 'z'))).toBe('chat.error.no_such_room');
  await say(ada, 'lobby', 'the end');
  await expect.poll(() => texts(adas)).toEqual(['x', 'y', 'the end']);
  await expect.poll(() => texts(graces)).toEqual(['x', 'the end']);
});

test('E4 signs of typing in a private room name all members and no others, or are refused', async () => {
  const { id } = await ada.call('chat.rooms.create', { name: 'Hints', kind: 'private' });
  await ada.call('chat.rooms.invite', [id, 'grace']);
  const hint = (session: ChatSession, eligibleAuthid?: readonly string[]): Promise<unknown> =>
    session.untyped.publish(topicOf(id, 'typing'), [], {
      acknowledge: true,
      ...(eligibleAuthid && { eligibleAuthid }),
    });
  const wrong = [undefined, [], ['ada'], ['ada', 'alan'], ['ada', 'grace', 'alan'], ['ada', 'ada']];
  for (const names of wrong) expect(await refusal(hint(ada, names))).toBe(DENIED);
  expect(await refusal(hint(alan, ['ada', 'grace']))).toBe(DENIED);
  await hint(ada, ['grace', 'ada']);
});

test('E4 a forged message is impossible: the service names the caller whom the router discloses, whatever the message says', async () => {
  const heard = await listen(grace);
  const content = { kind: 'text', id: '1', text: 'I am ada', author: 'ada', publisher_authid: 'ada' };
  await alan.untyped.call('chat.messages.send', [], {
    kwargs: { room: 'lobby', author: 'ada', content },
    discloseMe: false,
  });
  await expect.poll(() => texts(heard)).toEqual(['I am ada']);
  expect(authorOf(heard[0]?.publisher?.authid, heard[0]?.kwargs ?? {})).toBe('alan');
  const all = await grace.untyped.subscribe(MESSAGES, { match: 'wildcard' });
  const [past] = await getEvents(grace, all, { topic: topicOf('lobby', 'message'), reverse: true, limit: 1 });
  expect(authorOf(past?.details['publisher_authid'], past?.kwargs ?? {})).toBe('alan');
});

test('E4 a member adds a bounded part to the log of all rooms: no other way, no other content, not too large, not too often', async () => {
  await using mallory = await demo.signUp('mallory');
  await say(ada, 'lobby', 'still here');
  const topic = topicOf('lobby', 'message');
  const huge = { kind: 'text', id: 'huge', text: 'x'.repeat(1_000_000) };
  const { untyped } = mallory;
  expect(await refusal(untyped.publish(topic, huge, { acknowledge: true }))).toBe(DENIED);
  expect(await refusal(untyped.call('wamp.session.add_testament', [topic, [], huge]))).toBe(DENIED);
  const send = (content: object): Promise<unknown> =>
    untyped.call('chat.messages.send', [], { kwargs: { room: 'lobby', content } });
  for (const content of [huge, { kind: 'text', id: 'x'.repeat(1000), text: 'x' }, { kind: 'other', id: '1' }])
    expect(await refusal(send(content))).toBe('wamp.error.invalid_argument');
  await send({ kind: 'delete', id: 'padded', of: '1', padding: 'x'.repeat(500_000) });

  // Each takes five units, and there are three hundred.
  const flood = Array.from({ length: 100 }, () => refusalOf(say(mallory, 'lobby', 'x'.repeat(4000))));
  const outcomes = await Promise.all(flood);
  expect(outcomes.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => undefined));
  expect(outcomes.at(-1)?.uri).toBe('chat.error.too_often');
  expect(outcomes.at(-1)?.args).toEqual(['That was too often. Try again in a minute.']);
  const all = await ada.untyped.subscribe(MESSAGES, { match: 'wildcard' });
  const past = await getEvents(ada, all, { topic, reverse: true, limit: 100 });
  expect(past.some(({ kwargs }) => kwargs['text'] === 'still here')).toBe(true);
  expect(JSON.stringify(past).length).toBeLessThan(400_000);
  await say(grace, 'lobby', 'and others go on');
});

test('E4 a message costs what it takes from the log, and in a day an account adds a third of it at most', () => {
  let now = 0;
  const { messages } = serviceRates(() => now);
  const room = { id: 'lobby', name: 'Lobby', kind: 'public', members: [] } as const;
  const cost = (text: string): number =>
    costOf({ author: 'ada', room: { ...room, members: [] }, content: { kind: 'text', id: '1', text } });
  expect([cost('x'), cost('x'.repeat(MAX_TEXT)), cost('語'.repeat(MAX_TEXT))]).toEqual([1, 4, 12]);
  let taken = 0;
  for (; now < 24 * 3_600_000; now += 1000) while (messages.take('mallory') === 0) taken += 1;
  expect(taken).toBeLessThan(50_000 * 0.36);
  expect(messages.take('ada', 12)).toBe(0);
});

test.each([
  ROOMS_CHANGED,
  'chat.roll_call',
  'chat.room.nowhere.message',
  'chat.room.lobby.other',
  'chat.room.lobby.message',
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
