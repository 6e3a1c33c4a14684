/** The WAMP session of this page, and the actions of its user. */
import { connect, WampError, type Session, type Subscription } from '@wamp/client';
import { chat, connection, me, problem } from './page.ts';
import { introduce, listen, sayHello } from './presence.ts';
import {
  asRoom,
  emptyChat,
  readMessage,
  withMember,
  withMessage,
  withoutEntries,
  withoutMembers,
  withoutFaded,
  withTyping,
  TYPING_FADES,
} from './state.ts';

const messageTopic = (room: string) => `chat.room.${room}.message`;
const typingTopic = (room: string) => `chat.room.${room}.typing`;

let session: Session | undefined;
/** The subscriptions of the current room. */
let heard: readonly Subscription[] = [];

/** Connects and enters `room`; the outcome is shown by `connection`. */
export async function join(nickname: string, room: string): Promise<void> {
  connection.value = { state: 'connecting' };
  problem.value = '';
  try {
    const opened = await connect(routerUrl(), { realm: parameter('realm') ?? 'realm1' });
    // The user may have left meanwhile.
    if (connection.value.state !== 'connecting') return void opened.close();
    const own = opened.id ?? 0;
    session = opened;
    opened.on('lost', ({ uri }) => disconnected(opened, explain(uri)));
    opened.on('open', ({ id }) => void comeBack(opened, id));
    void opened.closed.then(({ reason }) => ended(opened, explain(reason)));
    heard = [];
    me.value = { session: own, nickname, room };
    await listen(opened);
    await introduce(opened, own);
    await enter(opened, room);
    connection.value = { state: 'open' };
  } catch (error) {
    ended(session, words(error));
  }
}

/** Called on each connection: subscriptions are restored, and the session has a new id. */
async function comeBack(opened: Session, own: number): Promise<void> {
  if (opened !== session || me.value === undefined) return;
  me.value = { ...me.value, session: own };
  chat.value = withMember(chat.value, me.value);
  try {
    await introduce(opened, own);
    await sayHello(opened, own);
    connection.value = { state: 'open' };
  } catch (error) {
    if (opened.id === own) problem.value = words(error);
  }
}

/** Retries at once; after the session has ended, rejoins under the same name. */
export async function reconnect(): Promise<void> {
  if (session !== undefined) session.reconnect();
  else if (me.value !== undefined) await join(me.value.nickname, me.value.room);
}

/** Leaves the realm, and clears the state. */
export async function leave(): Promise<void> {
  const leaving = session;
  session = undefined;
  me.value = undefined;
  chat.value = emptyChat;
  connection.value = { state: 'idle' };
  await leaving?.close();
}

/** The connection was lost, and the session will reconnect. */
function disconnected(which: Session | undefined, reason: string): void {
  // Ignore events of a session that was closed or replaced.
  if (which !== session) return;
  chat.value = withoutMembers(chat.value);
  connection.value = { state: 'closed', reason };
}

/** The session has ended. */
function ended(which: Session | undefined, reason: string): void {
  disconnected(which, reason);
  if (which !== session) return;
  session = undefined;
  void which?.close();
}

/** Subscribes to the room first, then announces this member. */
async function enter(opened: Session, room: string): Promise<void> {
  if (me.value === undefined) return;
  const card = { ...me.value, room };
  const before = heard;
  if (me.value.room !== room) chat.value = withoutEntries(chat.value);
  me.value = card;
  chat.value = withMember(chat.value, card);
  location.hash = room;
  heard = await Promise.all([
    opened.subscribe(messageTopic(room), (_, { kwargs, publication }) => hear(room, kwargs, publication)),
    opened.subscribe(typingTopic(room), ([writer]) => see(room, writer)),
  ]);
  await sayHello(opened, card.session);
  await Promise.all(before.map((subscription) => subscription.unsubscribe()));
}

let moving = Promise.resolve();

/** The room is in the location's hash, so that links and the back button work. */
addEventListener('hashchange', () => {
  moving = moving.then(async () => {
    const room = roomInHash();
    if (session === undefined || room === '' || room === me.value?.room) return;
    try {
      await enter(session, room);
    } catch (error) {
      problem.value = `Not in # ${room}: ${words(error)}`;
    }
  });
});

/** The room in the location's hash; empty if there is none. */
export function roomInHash(): string {
  try {
    return asRoom(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return '';
  }
}

/** Publishes to the room, including this page; true once the router has acknowledged. */
export async function say(text: string): Promise<boolean> {
  if (session === undefined || me.value === undefined) return false;
  const { session: own, nickname, room } = me.value;
  try {
    const message = { session: own, nickname, text };
    await session.publish(messageTopic(room), message, { acknowledge: true, excludeMe: false });
    problem.value = '';
    toldTyping = 0;
    return true;
  } catch (error) {
    problem.value = `Not sent: ${words(error)}`;
    return false;
  }
}

let toldTyping = 0;

/** Announces that the user is typing, every other second at most. */
export function tellTyping(): void {
  const now = Date.now();
  if (session === undefined || me.value === undefined || now - toldTyping < TYPING_FADES / 2) return;
  toldTyping = now;
  session.publish(typingTopic(me.value.room), [me.value.session], { offline: 'drop' }).catch(() => undefined);
}

function hear(room: string, said: unknown, publication: number): void {
  const message = readMessage(said);
  if (message === undefined || me.value?.room !== room) return;
  chat.value = withMessage(chat.value, { ...message, key: publication, at: new Date() });
}

function see(room: string, writer: unknown): void {
  if (me.value?.room !== room) return;
  chat.value = withTyping(chat.value, writer, Date.now());
  setTimeout(() => {
    chat.value = withoutFaded(chat.value, Date.now());
  }, TYPING_FADES);
}

/** The router that served this page, unless `?router=` names another. */
function routerUrl(): string {
  return parameter('router') ?? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

function parameter(name: string): string | undefined {
  return new URLSearchParams(location.search).get(name) ?? undefined;
}

function words(error: unknown): string {
  if (WampError.is(error)) return explain(error.uri);
  return error instanceof Error ? error.message : String(error);
}

/** Explanations for the most common reasons; others are shown as they are. */
function explain(reason: string): string {
  switch (reason) {
    case 'wamp.close.system_shutdown':
      return 'the router has shut down.';
    case 'wamp.error.network_failure':
      return 'the router cannot be reached.';
    case 'wamp.error.no_such_realm':
      return 'the router has no such realm.';
    default:
      return reason;
  }
}
