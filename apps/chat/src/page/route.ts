/** The open room is in the location's hash, so that links, reloading and the back button work. */
import { chat } from './account.ts';
import { openRoom } from './page-state.ts';

/** Follows the location from now on. */
export function followLocation(): void {
  const follow = (): void => {
    const room = location.hash.replace(/^#\/?/, '');
    openRoom.value = /^[a-z0-9_-]{1,64}$/.test(room) ? room : undefined;
    void chat()?.enter(openRoom.value);
  };
  addEventListener('hashchange', follow);
  follow();
  const read = (): void => {
    if (openRoom.value !== undefined) chat()?.read(openRoom.value);
  };
  addEventListener('focus', read);
  document.addEventListener('visibilitychange', read);
}

export function goTo(room: string | undefined): void {
  location.hash = room === undefined ? '#/' : `#/${room}`;
}
