/** The lists of rooms and people, and the account. */
import { useState } from 'preact/hooks';
import type { Room } from '../common/contract.ts';
import { chat, logOut } from './account.ts';
import { Avatar, PresenceDot, PresenceText } from './avatar.tsx';
import { NewRoom } from './dialogs.tsx';
import { explain } from './explanations.ts';
import {
  isOnline,
  listed,
  me,
  notice,
  online,
  openRoom,
  people,
  rooms,
  titleOf,
  unread,
} from './page-state.ts';
import { goTo } from './route.ts';

export function Sidebar() {
  const all = listed.value;
  const [isCreating, setCreating] = useState(false);
  return (
    <nav class="sidebar" aria-label="Rooms and people">
      <header>
        <a class="brand" href="/">
          <img src="/favicon.svg" alt="" />
          WAMP Chat
        </a>
        <span class="pill" role="status" data-state={isOnline.value ? 'open' : 'connecting'}>
          {isOnline.value ? 'online' : 'offline'}
        </span>
      </header>
      <div class="lists">
        <RoomList title="Rooms" rooms={all.filter(({ kind }) => kind !== 'direct')}>
          <button type="button" class="quiet small" onClick={() => setCreating(true)}>
            New room
          </button>
        </RoomList>
        <RoomList title="Direct messages" rooms={all.filter(({ kind }) => kind === 'direct')} />
        <PeopleList />
      </div>
      <Account />
      {isCreating && <NewRoom onClose={() => setCreating(false)} />}
    </nav>
  );
}

interface RoomListProps {
  readonly title: string;
  readonly rooms: readonly Room[];
  readonly children?: preact.ComponentChildren;
}

function RoomList({ title, rooms: listed, children }: RoomListProps) {
  return (
    <section>
      <div class="list-head">
        <h2>{title}</h2>
        {children}
      </div>
      {listed.length === 0 && <p class="hint">{rooms.value === undefined ? 'Loading…' : 'None yet.'}</p>}
      <ul>
        {listed.map((room) => (
          <li key={room.id}>
            <RoomLink room={room} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RoomLink({ room }: { readonly room: Room }) {
  const count = unread.value.get(room.id) ?? 0;
  const title = titleOf(room, me.value);
  return (
    <a
      href={`#/${room.id}`}
      class="room-link"
      aria-current={openRoom.value === room.id ? 'page' : undefined}
      data-unread={count > 0}
    >
      {room.kind === 'direct' ? <PresenceDot name={title} /> : <RoomSign kind={room.kind} />}
      <span class="name">{title}</span>
      {room.kind === 'direct' && <PresenceText name={title} />}
      {count > 0 && (
        <span class="count">
          {count > 99 ? '99+' : count}
          <span class="visually-hidden"> unread</span>
        </span>
      )}
    </a>
  );
}

function RoomSign({ kind }: { readonly kind: Room['kind'] }) {
  if (kind === 'public') {
    return (
      <span class="sign" aria-hidden="true">
        #
      </span>
    );
  }
  return (
    <svg class="sign" viewBox="0 0 16 16" role="img" aria-label="private">
      <path d="M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v6.5h-9z" />
    </svg>
  );
}

function PeopleList() {
  const others = [...people.value].filter((name) => name !== me.value);
  others.sort((a, b) => Number(online.value.has(b)) - Number(online.value.has(a)) || a.localeCompare(b));
  return (
    <section>
      <div class="list-head">
        <h2>People</h2>
      </div>
      {others.length === 0 && <p class="hint">You are the first one here.</p>}
      <ul aria-label="People">
        {others.map((name) => (
          <li key={name}>
            <button
              type="button"
              class="person"
              onClick={() => void writeTo(name)}
              title={`Write to ${name}`}
            >
              <PresenceDot name={name} />
              <span class="name">{name}</span>
              <PresenceText name={name} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function writeTo(name: string): Promise<void> {
  try {
    const room = await chat()?.direct(name);
    goTo(room?.id);
  } catch (error) {
    notice.value = `No conversation with ${name}: ${explain(error)}`;
  }
}

function Account() {
  const name = me.value ?? '';
  const canAsk = 'Notification' in globalThis && Notification.permission === 'default';
  const [isAsked, setAsked] = useState(!canAsk);
  return (
    <footer>
      <Avatar name={name} />
      <span class="name" title={name}>
        {name}
      </span>
      {!isAsked && (
        <button
          type="button"
          class="quiet small"
          onClick={() => {
            void Notification.requestPermission().then(() => setAsked(true));
          }}
        >
          Notify me
        </button>
      )}
      <button type="button" class="quiet small" onClick={() => void logOut()}>
        Log out
      </button>
    </footer>
  );
}
