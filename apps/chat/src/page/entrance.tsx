/** The form that asks for a nickname and a room. */
import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { connection } from './page.ts';
import { asNickname, asRoom, FIRST_ROOM, MAX_NAME } from './state.ts';
import { join, roomInHash } from './wamp.ts';

const STORED_NICKNAME = 'wamp-chat-nickname';

export function Entrance() {
  const [problem, setProblem] = useState('');
  const { value } = connection;
  const waiting = value.state === 'connecting';
  const failure = value.state === 'closed' ? value.reason : '';

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const nickname = asNickname(text(fields.get('nickname')));
    const room = asRoom(text(fields.get('room')));
    const missing = whatIsMissing(nickname, room);
    setProblem(missing);
    if (missing !== '') return;
    localStorage.setItem(STORED_NICKNAME, nickname);
    void join(nickname, room);
  }

  const message = problem === '' ? failure : problem;
  return (
    <main class="entrance">
      <form onSubmit={submit}>
        <Heading />
        <Field label="Nickname" name="nickname" autoComplete="nickname" value={storedNickname()} autoFocus />
        <Field
          label="Room"
          name="room"
          autoComplete="off"
          autoCapitalize="none"
          value={roomInHash() || FIRST_ROOM}
        />
        {message !== '' && <Notice text={message} />}
        <button type="submit" disabled={waiting}>
          {waiting ? 'Connecting…' : 'Join'}
        </button>
      </form>
    </main>
  );
}

function Heading() {
  return (
    <>
      <h1>
        <a class="brand" href="/">
          <img src="/favicon.svg" alt="" />
          WAMP Chat
        </a>
      </h1>
      <p class="lead">A chat without a chat server: members find each other at the router.</p>
    </>
  );
}

function Notice({ text }: { readonly text: string }) {
  return (
    <p class="notice" role="alert">
      {text}
    </p>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  /** The initial values. */
  readonly value: string;
  readonly autoComplete: 'nickname' | 'off';
  readonly autoCapitalize?: 'none';
  readonly autoFocus?: boolean;
}

/** A required field. */
function Field({ label, value, ...rest }: FieldProps) {
  return (
    <label>
      {label}
      <input {...rest} required maxLength={MAX_NAME} defaultValue={value} />
    </label>
  );
}

function storedNickname(): string {
  return localStorage.getItem(STORED_NICKNAME) ?? '';
}

function whatIsMissing(nickname: string, room: string): string {
  if (nickname === '') return 'Choose a nickname.';
  return room === '' ? 'Choose a room: letters, digits, - and _.' : '';
}

function text(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value : '';
}
