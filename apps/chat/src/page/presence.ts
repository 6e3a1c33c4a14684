/**
 * How members discover each other without a server: a new member publishes its session to `chat.hello`, and every
 * member then calls `chat.member.<session>`, passing its own card and receiving that of the new member. The end of a
 * session, for any cause, is announced by the router.
 */
import type { Session } from '@wamp/client';
import { chat, me } from './page.ts';
import { isSession, readCard, withMember, withNotice, withoutMember, type Member } from './state.ts';

const HELLO = 'chat.hello';
/** Time limit for an answer (ms): a page in the background may be slow. */
const GREETING_TIMEOUT = 60_000;

function memberProcedure(session: number): string {
  return `chat.member.${session}`;
}

/** Subscribes to announcements. */
export async function listen(session: Session): Promise<void> {
  await Promise.all([
    session.subscribe('wamp.session.on_leave', ([gone]) => departed(gone)),
    session.subscribe(HELLO, ([newcomer]) => greet(session, newcomer)),
  ]);
}

/** Registers the procedure for this connection's session id; the next connection has another id. */
export async function introduce(session: Session, own: number): Promise<void> {
  const registration = await session.register(memberProcedure(own), (_, { kwargs }) => introduced(kwargs));
  const stop = session.on('lost', () => {
    stop();
    void registration.unregister();
  });
}

/** Announces this member, or its new room. */
export async function sayHello(session: Session, own: number): Promise<void> {
  await session.publish(HELLO, [own], { acknowledge: true });
}

/** A member has joined or moved: exchanges cards with it. */
async function greet(session: Session, newcomer: unknown): Promise<void> {
  if (me.value === undefined || !isSession(newcomer)) return;
  const before = chat.value.members.get(newcomer);
  let card: unknown;
  try {
    card = await session.call(memberProcedure(newcomer), { ...me.value }, { timeout: GREETING_TIMEOUT });
  } catch {
    return; // It has left already, or is not a member.
  }
  const member = readCard(card);
  if (member?.session !== newcomer) return;
  chat.value = withMember(chat.value, member);
  const { room } = me.value;
  if (member.room === room && before?.room !== room) notify(`${member.nickname} joined`);
  if (member.room !== room && before?.room === room) notify(`${member.nickname} went to # ${member.room}`);
}

/** Serves `chat.member.<own session>`: an existing member passes its card and receives ours. */
function introduced(theirs: unknown): Member | undefined {
  const member = readCard(theirs);
  if (member !== undefined) chat.value = withMember(chat.value, member);
  return me.value;
}

function departed(gone: unknown): void {
  if (!isSession(gone)) return;
  const member = chat.value.members.get(gone);
  chat.value = withoutMember(chat.value, gone);
  if (member !== undefined && member.room === me.value?.room) notify(`${member.nickname} left`);
}

function notify(text: string): void {
  chat.value = withNotice(chat.value, text, new Date());
}
