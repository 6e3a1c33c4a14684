/** Starts the page: shows the form to log in, or the chat. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { resume } from './account.ts';
import { keepTitle } from './attention.ts';
import { Entrance } from './entrance.tsx';
import { listed, login, openRoom, totalUnread, unread } from './page-state.ts';
import { RoomView } from './room-view.tsx';
import { followLocation, goTo } from './route.ts';
import { Sidebar } from './sidebar.tsx';
import './style.css';

function App() {
  if (login.value.state !== 'in') return <Entrance />;
  return (
    <div class="chat" data-open={openRoom.value !== undefined} onKeyDown={switchRoom}>
      <Sidebar />
      <RoomView />
    </div>
  );
}

/** Alt and an arrow open the next room, or with Shift the next one that has unread messages. */
function switchRoom(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!event.altKey || step === undefined) return;
  event.preventDefault();
  const all = listed.value;
  const wanted = event.shiftKey && totalUnread.value > 0 ? all.filter(({ id }) => unread.value.has(id)) : all;
  const now = wanted.findIndex(({ id }) => id === openRoom.value);
  goTo(wanted.at((now + step) % Math.max(1, wanted.length))?.id);
}

/** Where there is room for both, the first room is open beside the lists. */
effect(() => {
  if (login.value.state !== 'in' || openRoom.value !== undefined) return;
  const [first] = listed.value;
  if (first !== undefined && matchMedia('(min-width: 48rem)').matches) goTo(first.id);
});
followLocation();
keepTitle();
const root = document.querySelector('#app');
if (root !== null) render(<App />, root);
void resume();
