/** A room: its messages, and the input field. */
import type { TargetedSubmitEvent } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { chat, connection, me, problem } from './page.ts';
import { Avatar } from './roster.tsx';
import { MAX_TEXT } from '../common/limits.ts';
import { asText, continues, typingLine, type Entry, type Message } from './state.ts';
import { reconnect, say, tellTyping } from './wamp.ts';

export function RoomView() {
  const room = me.value?.room ?? '';
  return (
    <main class="room">
      <h1>
        <span aria-hidden="true"># </span>
        {room}
      </h1>
      <Trouble />
      <Log room={room} />
      <Composer room={room} />
    </main>
  );
}

function Trouble() {
  const { value } = connection;
  if (value.state === 'closed') {
    return (
      <div class="notice" role="alert">
        <span>Disconnected: {value.reason}</span>
        <button type="button" onClick={() => void reconnect()}>
          Try now
        </button>
      </div>
    );
  }
  if (problem.value === '') return null;
  return (
    <p class="notice" role="alert">
      {problem.value}
    </p>
  );
}

function Log({ room }: { room: string }) {
  const { entries } = chat.value;
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (atEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [entries]);

  return (
    <div
      ref={list}
      class="log"
      role="log"
      aria-label={`Messages in ${room}`}
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        atEnd.current = scrollTop + clientHeight >= scrollHeight - 40;
      }}
    >
      {entries.length === 0 && <p class="empty">Nothing was said since you came. Say hello.</p>}
      {entries.map((entry, index) => (
        <Line key={entry.key} entry={entry} continued={continues(entry, entries[index - 1])} />
      ))}
    </div>
  );
}

function Line({ entry, continued }: { entry: Entry; continued: boolean }) {
  if (entry.kind === 'notice') return <p class="happened">{entry.text}</p>;
  return continued ? (
    <article class="message continued">
      <p>{entry.text}</p>
    </article>
  ) : (
    <FirstLine message={entry} />
  );
}

function FirstLine({ message }: { message: Message }) {
  const { session, nickname, at, text } = message;
  return (
    <article class="message">
      <Avatar session={session} nickname={nickname} />
      <header>
        <b>{nickname}</b>
        <time dateTime={at.toISOString()}>
          {at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
        </time>
      </header>
      <p>{text}</p>
    </article>
  );
}

function Composer({ room }: { room: string }) {
  const field = useRef<HTMLInputElement>(null);
  const open = connection.value.state === 'open';

  async function submit(event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const input = field.current;
    const text = asText(input?.value);
    if (input === null || text === '') return;
    input.value = '';
    input.focus();
    const said = await say(text);
    // Restores a text that could not be sent, unless another one was typed meanwhile.
    if (!said && input.value === '') input.value = text;
  }

  return (
    <form class="composer" onSubmit={(event) => void submit(event)}>
      <p class="typing" aria-live="off">
        {typingLine(chat.value, room)}
      </p>
      <input
        ref={field}
        aria-label={`Message to ${room}`}
        placeholder={`Message to # ${room}`}
        maxLength={MAX_TEXT}
        autoComplete="off"
        enterKeyHint="send"
        disabled={!open}
        onInput={tellTyping}
        autoFocus
      />
      <button type="submit" disabled={!open}>
        Send
      </button>
    </form>
  );
}
