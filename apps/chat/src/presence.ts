/**
 * How members find each other, for nobody serves this chat: whoever comes publishes its session to `chat.hello`, and
 * every member then calls `chat.member.<session>`, giving its own card and getting the newcomer's in return. That a
 * session has ended, however it ended, the router announces itself.
 */
import type { Session } from '@wamp/client';
import { chat, me } from './page.ts';
import { isSession, readCard, withMember, withNotice, withoutMember, type Member } from './state.ts';

const HELLO = 'chat.hello';
/** For a member to answer (ms): a page in the background may take long. */
const GREETING_TIMEOUT = 60_000;

function memberProcedure(session: number): string {
  return `chat.member.${session}`;
}

/** Hears of others. */
export async function listen(session: Session): Promise<void> {
  await Promise.all([
    session.subscribe('wamp.session.on_leave', ([gone]) => departed(gone)),
    session.subscribe(HELLO, ([newcomer]) => greet(session, newcomer)),
  ]);
}

/** Can be asked by others under the id that it has on this connection; on the next one it has another. */
export async function introduce(session: Session, own: number): Promise<void> {
  const registration = await session.register(memberProcedure(own), (_, { kwargs }) => introduced(kwargs));
  const stop = session.on('lost', () => {
    stop();
    void registration.unregister();
  });
}

/** Makes itself known to everyone, or the room it has moved to. */
export async function sayHello(session: Session, own: number): Promise<void> {
  await session.publish(HELLO, [own], { acknowledge: true });
}

/** Someone has come, or moved: exchanges cards with it. */
async function greet(session: Session, newcomer: unknown): Promise<void> {
  if (me.value === undefined || !isSession(newcomer)) return;
  const before = chat.value.members.get(newcomer);
  let card: unknown;
  try {
    card = await session.call(memberProcedure(newcomer), { ...me.value }, { timeout: GREETING_TIMEOUT });
  } catch {
    return; // Gone again already, or not a member at all.
  }
  const member = readCard(card);
  if (member?.session !== newcomer) return;
  chat.value = withMember(chat.value, member);
  const { room } = me.value;
  if (member.room === room && before?.room !== room) notify(`${member.nickname} joined`);
  if (member.room !== room && before?.room === room) notify(`${member.nickname} went to # ${member.room}`);
}

/** Serves `chat.member.<own session>`: one who was here before gives its card and takes ours. */
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
