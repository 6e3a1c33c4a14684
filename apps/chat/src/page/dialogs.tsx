/** Dialogs: a new room, and another member of a private room. */
import type { ComponentChildren, TargetedSubmitEvent } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Room } from '../common/contract.ts';
import { MAX_ROOM_NAME } from '../common/limits.ts';
import { chat } from './account.ts';
import { explain } from './explanations.ts';
import { people } from './page-state.ts';
import { goTo } from './route.ts';

interface DialogProps {
  readonly title: string;
  readonly action: string;
  readonly onClose: () => void;
  /** A rejection is shown, and the dialog stays. */
  readonly onSubmit: (fields: FormData) => Promise<void>;
  readonly children: ComponentChildren;
}

function Dialog({ title, action, onClose, onSubmit, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState('');
  useLayoutEffect(() => dialog.current?.showModal(), []);

  async function submit(event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    try {
      await onSubmit(new FormData(event.currentTarget));
      onClose();
    } catch (error) {
      setProblem(explain(error));
    }
  }

  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="dialog-title">{title}</h2>
        {children}
        {problem !== '' && (
          <p class="notice" role="alert">
            {problem}
          </p>
        )}
        <div class="actions">
          <button type="button" class="quiet" onClick={onClose}>
            Cancel
          </button>
          <button type="submit">{action}</button>
        </div>
      </form>
    </dialog>
  );
}

export function NewRoom({ onClose }: { readonly onClose: () => void }) {
  async function create(fields: FormData): Promise<void> {
    const name = textOf(fields, 'room');
    const kind = fields.get('private') === null ? 'public' : 'private';
    const room = await chat()?.create(name, kind);
    goTo(room?.id);
  }
  return (
    <Dialog title="New room" action="Create" onClose={onClose} onSubmit={create}>
      <label>
        Name of the room
        <input name="room" required maxLength={MAX_ROOM_NAME} autoComplete="off" autoFocus />
      </label>
      <label class="check">
        <input name="private" type="checkbox" />
        Private: only those who are invited see it
      </label>
    </Dialog>
  );
}

interface InviteProps {
  readonly room: Room;
  readonly onClose: () => void;
}

export function Invite({ room, onClose }: InviteProps) {
  const others = people.value.filter((name) => !room.members.includes(name));
  async function invite(fields: FormData): Promise<void> {
    await chat()?.session.call('chat.rooms.invite', [room.id, textOf(fields, 'person')]);
  }
  return (
    <Dialog title={`Invite to ${room.name}`} action="Invite" onClose={onClose} onSubmit={invite}>
      <p class="hint">Members: {room.members.join(', ')}. A new member reads what is written from now on.</p>
      <label>
        Name of the person
        <input
          name="person"
          required
          maxLength={32}
          list="others"
          autoComplete="off"
          autoCapitalize="none"
          autoFocus
        />
      </label>
      <datalist id="others">
        {others.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </Dialog>
  );
}

function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value.trim() : '';
}
