/** The one WAMP session of this page, and everything the chat does with it. */
import { signal } from '@preact/signals';
import { connect, type Session, type Subscription } from '@wamp/client';
import {
  asRoom,
  asText,
  emptyChat,
  isSession,
  readCard,
  withMember,
  withMessage,
  withNotice,
  withoutFaded,
  withoutMember,
  withTyping,
  TYPING_FADES,
  type Chat,
  type Member,
} from './state.ts';

export type Connection =
  | { readonly state: 'idle' | 'connecting' | 'open' }
  | { readonly state: 'closed'; readonly reason: string };

export const connection = signal<Connection>({ state: 'idle' });
export const chat = signal<Chat>(emptyChat);
/** Who this page is to the others; undefined until it has joined. */
export const me = signal<Member | undefined>(undefined);
/** What went wrong last, while connected. */
export const problem = signal('');

// Nobody serves the chat. Whoever comes publishes its session to `chat.hello`; every member then calls
// `chat.member.<session>`, giving its own card and getting the newcomer's in return. A session that ends, however it
// ends, is announced by the router itself.
const HELLO = 'chat.hello';
const memberProcedure = (session: number) => `chat.member.${session}`;
const messageTopic = (room: string) => `chat.room.${room}.message`;
const typingTopic = (room: string) => `chat.room.${room}.typing`;
const GREETING_TIMEOUT = 10_000;

let session: Session | undefined;
let roomSubscriptions: readonly Subscription[] = [];

/** The room that the location names; empty when it names none. */
export function roomInHash(): string {
  try {
    return asRoom(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return '';
  }
}

/** Connects and enters `room`; how that went shows in `connection`. */
export async function join(nickname: string, room: string): Promise<void> {
  connection.value = { state: 'connecting' };
  problem.value = '';
  try {
    const opened = await connect(routerUrl(), { realm: parameter('realm') ?? 'realm1', reconnect: false });
    session = opened;
    void opened.closed.then(({ reason }) => {
      if (session === opened) disconnected(reason);
    });
    await appear(opened, { session: opened.id ?? 0, nickname, room });
    connection.value = { state: 'open' };
  } catch (error) {
    disconnected(words(error));
  }
}

/** Comes back under the same name, after the connection was lost. */
export async function reconnect(): Promise<void> {
  if (me.value !== undefined) await join(me.value.nickname, me.value.room);
}

/** Says goodbye and forgets everything. */
export async function leave(): Promise<void> {
  const leaving = session;
  session = undefined;
  me.value = undefined;
  chat.value = emptyChat;
  connection.value = { state: 'idle' };
  await leaving?.close();
}

/** Publishes to the room, this page included; true once the router has it. */
export async function say(text: string): Promise<boolean> {
  if (session === undefined || me.value === undefined) return false;
  const { session: own, nickname, room } = me.value;
  try {
    const message = { session: own, nickname, text };
    await session.publish(messageTopic(room), message, { acknowledge: true, excludeMe: false });
    problem.value = '';
    return true;
  } catch (error) {
    problem.value = `Not sent: ${words(error)}`;
    return false;
  }
}

let toldTyping = 0;

/** Lets the room know that something is being written, every other second at most. */
export function tellTyping(): void {
  const now = Date.now();
  if (session === undefined || me.value === undefined || now - toldTyping < TYPING_FADES / 2) return;
  toldTyping = now;
  session.publish(typingTopic(me.value.room), [me.value.session]).catch(() => undefined);
}

/** Makes this page known: first everything that lets it hear the others, and only then the hello. */
async function appear(opened: Session, card: Member): Promise<void> {
  me.value = card;
  chat.value = withMember({ ...chat.value, members: new Map(), typing: new Map() }, card);
  await Promise.all([
    opened.subscribe('wamp.session.on_leave', ([gone]) => departed(gone)),
    opened.register(memberProcedure(card.session), (_, { kwargs }) => introduced(kwargs)),
    opened.subscribe(HELLO, ([newcomer]) => greet(opened, newcomer)),
  ]);
  await enter(opened, card);
}

/** Moves to the room on the card and tells everyone. */
async function enter(opened: Session, card: Member): Promise<void> {
  const left = roomSubscriptions;
  const { room } = card;
  me.value = card;
  chat.value = withMember(chat.value, card);
  roomSubscriptions = await Promise.all([
    opened.subscribe(messageTopic(room), (_, { kwargs, publication }) => hear(room, kwargs, publication)),
    opened.subscribe(typingTopic(room), ([writer]) => seeTyping(room, writer)),
  ]);
  location.hash = room;
  await opened.publish(HELLO, [card.session], { acknowledge: true });
  await Promise.all(left.filter(({ state }) => state === 'active').map((old) => old.unsubscribe()));
}
