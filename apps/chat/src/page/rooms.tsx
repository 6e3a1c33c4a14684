/** The list of rooms, with a form for another one. */
import type { TargetedSubmitEvent } from 'preact';
import { chat, me } from './page.ts';
import { asRoom, MAX_NAME, rooms } from './state.ts';

export function RoomList() {
  const own = me.value?.room ?? '';
  return (
    <nav class="rooms" aria-labelledby="rooms">
      <h2 id="rooms">Rooms</h2>
      <ul>
        {rooms(chat.value, own).map(({ name, members }) => (
          <li key={name}>
            <a href={`#${name}`} aria-current={name === own ? 'page' : undefined}>
              <span># {name}</span>
              <span class="count">
                {members} <span class="visually-hidden">here</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
      <form class="new-room" onSubmit={goToRoom}>
        <input name="room" aria-label="Another room" placeholder="New room" maxLength={MAX_NAME} required />
        <button type="submit" aria-label="Go there">
          +
        </button>
      </form>
    </nav>
  );
}

/** The room is in the location's hash, so that links and the back button work. */
function goToRoom(event: TargetedSubmitEvent<HTMLFormElement>): void {
  event.preventDefault();
  const form = event.currentTarget;
  const wanted = new FormData(form).get('room');
  const room = typeof wanted === 'string' ? asRoom(wanted) : '';
  if (room === '') return;
  location.hash = room;
  form.reset();
}
