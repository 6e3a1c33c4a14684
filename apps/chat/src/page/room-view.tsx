/** The open room: its head, its messages, and the field to write in. */
import { useState } from 'preact/hooks';
import type { Room } from '../common/contract.ts';
import { chat, reconnect } from './account.ts';
import { Composer } from './composer.tsx';
import { Invite } from './dialogs.tsx';
import { LogView } from './log-view.tsx';
import { explain } from './explanations.ts';
import { isOnline, me, notice, offlineReason, online, openRoom, rooms, titleOf } from './page-state.ts';
import { goTo } from './route.ts';

export function RoomView() {
  const room = rooms.value?.find(({ id }) => id === openRoom.value);
  if (room === undefined) {
    return (
      <main class="room" data-empty="true">
        <Notices />
        <p class="beginning">{emptyText()}</p>
        {openRoom.value !== undefined && <a href="#/">All rooms</a>}
      </main>
    );
  }
  const title = titleOf(room, me.value);
  return (
    <main class="room">
      <Head room={room} title={title} />
      <Notices />
      <LogView room={room.id} title={title} />
      <Composer room={room.id} title={title} />
    </main>
  );
}

function emptyText(): string {
  if (rooms.value === undefined) return 'Loading rooms…';
  return openRoom.value === undefined
    ? 'Choose a room, or a person to write to.'
    : 'There is no such room, or you are not a member of it.';
}

function Head({ room, title }: { readonly room: Room; readonly title: string }) {
  const [isInviting, setInviting] = useState(false);
  return (
    <header class="room-head">
      <a class="back" href="#/" aria-label="All rooms">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M10 3L5 8l5 5" />
        </svg>
      </a>
      <div class="titles">
        <h1>{title}</h1>
        <p class="hint">{subtitle(room)}</p>
      </div>
      {room.kind === 'private' && (
        <>
          <button type="button" class="quiet small" onClick={() => setInviting(true)}>
            Invite
          </button>
          <button type="button" class="quiet small" onClick={() => void leave(room)}>
            Leave
          </button>
        </>
      )}
      {isInviting && <Invite room={room} onClose={() => setInviting(false)} />}
    </header>
  );
}

function subtitle({ kind, members }: Room): string {
  if (kind === 'public') return isOnline.value ? `Public room, ${online.value.size} online` : 'Public room';
  if (kind === 'private') return `Private room: ${members.join(', ')}`;
  const other = members.find((member) => member !== me.value) ?? me.value ?? '';
  return online.value.has(other) ? 'online' : 'offline';
}

async function leave({ id, name }: Room): Promise<void> {
  try {
    await chat()?.session.call('chat.rooms.leave', [id]);
    await chat()?.loadRooms();
    goTo(undefined);
  } catch (error) {
    notice.value = `You are still in ${name}: ${explain(error)}`;
  }
}

/** What the user should know: no connection, or something that failed. */
function Notices() {
  return (
    <div class="notices">
      {!isOnline.value && (
        <div class="notice" data-kind="offline" role="alert">
          <span>Offline. {offlineReason.value} What you write now is sent when the connection is back.</span>
          <button type="button" class="quiet small" onClick={reconnect}>
            Try now
          </button>
        </div>
      )}
      {notice.value !== '' && (
        <div class="notice" role="alert">
          <span>{notice.value}</span>
          <button type="button" class="quiet small" onClick={() => (notice.value = '')}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
