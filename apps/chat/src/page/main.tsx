/** Starts the chat: shows the entrance, then the room. */
import { render } from 'preact';
import { Entrance } from './entrance.tsx';
import { connection, me } from './page.ts';
import { RoomView } from './room.tsx';
import { RoomList } from './rooms.tsx';
import { Roster } from './roster.tsx';
import './style.css';
import { leave } from './wamp.ts';

const words = { idle: 'disconnected', connecting: 'connecting', open: 'connected', closed: 'disconnected' };

function Chat() {
  if (me.value === undefined) return <Entrance />;
  const { nickname } = me.value;
  const { state } = connection.value;
  return (
    <div class="chat">
      <header class="top">
        <a class="brand" href="/">
          <img src="/favicon.svg" alt="" />
          <span>WAMP Chat</span>
        </a>
        <span class="pill" role="status" data-state={state}>
          {words[state]}
        </span>
        <span class="self">{nickname}</span>
        <button type="button" class="quiet" onClick={() => void leave()}>
          Leave
        </button>
      </header>
      <RoomList />
      <RoomView />
      <Roster />
    </div>
  );
}

const root = document.querySelector('#app');
if (root !== null) render(<Chat />, root);
