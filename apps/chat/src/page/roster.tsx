/** The members of the room. */
import { chat, me } from './page.ts';
import { hue, roster } from './state.ts';

export function Roster() {
  if (me.value === undefined) return null;
  const { session, room } = me.value;
  const here = roster(chat.value, room);
  return (
    <aside class="roster" aria-labelledby="roster">
      <h2 id="roster">Here ({here.length})</h2>
      <ul>
        {here.map((member) => (
          <li key={member.session}>
            <Avatar session={member.session} nickname={member.nickname} />
            <span>{member.nickname}</span>
            {member.session === session && <span class="you">you</span>}
          </li>
        ))}
      </ul>
    </aside>
  );
}

/** A member's initial on a coloured background. */
export function Avatar({ session, nickname }: { session: number; nickname: string }) {
  const [initial = ''] = nickname;
  return (
    <span class="avatar" aria-hidden="true" style={{ '--hue': hue(session) }}>
      {initial.toUpperCase()}
    </span>
  );
}
