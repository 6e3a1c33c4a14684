/** Where messages are written, and edited. */
import type { RefObject, TargetedEvent, TargetedKeyboardEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cut, MAX_FILE, MAX_FILE_NAME, MAX_FILE_TYPE, MAX_TEXT } from '../common/limits.ts';
import { chat } from './account.ts';
import { sizeLabel } from './attachment.tsx';
import { asText, newId } from './content.ts';
import { editing, LARGEST, logs, me, notice, typing, type Draft } from './page-state.ts';
import { keyOf, messagesOf, type Message } from './room-log.ts';

type Upload = NonNullable<Draft['upload']>;

interface ComposerProps {
  readonly room: string;
  readonly title: string;
}

export function Composer({ room, title }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [upload, setUpload] = useState<Upload | undefined>(undefined);
  const edited = ownMessages(room).find(({ key }) => key === editing.value);
  useEditing(field, edited, room);

  function submit(event: Event): void {
    event.preventDefault();
    if (field.current === null || !send(room, field.current.value, { edited, upload })) return;
    setUpload(undefined);
    clear(field.current);
  }

  return (
    <form
      class="composer"
      onSubmit={submit}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(event.dataTransfer?.files, setUpload);
      }}
    >
      <TypingLine />
      {edited !== undefined && <EditingLine />}
      {upload !== undefined && <UploadLine upload={upload} onRemove={() => setUpload(undefined)} />}
      <AttachButton onFiles={(files) => void take(files, setUpload)} />
      <Field field={field} room={room} title={title} onEnter={submit} onUpload={setUpload} />
      <button type="submit">{edited === undefined ? 'Send' : 'Save'}</button>
    </form>
  );
}

interface FieldProps extends ComposerProps {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onEnter: (event: Event) => void;
  readonly onUpload: (upload: Upload) => void;
}

function Field({ field, room, title, onEnter, onUpload }: FieldProps) {
  function onKeyDown(event: TargetedKeyboardEvent<HTMLTextAreaElement>): void {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      onEnter(event);
    } else if (event.key === 'Escape') {
      editing.value = undefined;
    } else if (event.key === 'ArrowUp' && event.currentTarget.value === '') {
      editing.value = ownMessages(room).findLast(({ deleted, text }) => !deleted && text !== '')?.key;
      if (editing.value !== undefined) event.preventDefault();
    }
  }
  return (
    <textarea
      ref={field}
      rows={1}
      aria-label={`Message to ${title}`}
      placeholder={`Message to ${title}`}
      enterkeyhint="send"
      onKeyDown={onKeyDown}
      onInput={(event) => onInput(event, room)}
      onPaste={({ clipboardData }) => void take(clipboardData?.files, onUpload)}
    />
  );
}

/** What is written, beside its text. */
interface Written {
  readonly edited: Message | undefined;
  readonly upload: Upload | undefined;
}

/** @returns false if there is nothing to send, or too much */
function send(room: string, written: string, { edited, upload }: Written): boolean {
  const text = asText(written);
  if (text.length > MAX_TEXT) {
    notice.value = `This message has ${text.length} characters. A message may have ${MAX_TEXT}.`;
    return false;
  }
  const id = newId();
  if (edited !== undefined) {
    if (text !== '' && text !== edited.text) {
      chat()?.send({ room, content: { kind: 'edit', id, of: edited.id, text } });
    }
    editing.value = undefined;
    return true;
  }
  if (text === '' && upload === undefined) return false;
  chat()?.send({ room, content: { kind: 'text', id, text }, ...(upload && { upload }) });
  return true;
}

function ownMessages(room: string): readonly Message[] {
  const own = me.value ?? '';
  return messagesOf(logs.value.get(room)?.entries ?? []).filter(
    ({ author, id, key }) => key === keyOf(own, id) && author === own,
  );
}

/** Takes the text of the message that is being edited; another room begins with an empty field. */
function useEditing(
  field: RefObject<HTMLTextAreaElement | null>,
  edited: Message | undefined,
  room: string,
): void {
  useEffect(() => {
    if (field.current === null) return;
    field.current.value = edited?.text ?? '';
    grow(field.current);
    if (edited !== undefined) field.current.focus();
  }, [edited?.key]);
  // With the drawing, so that a focus that the user chooses afterwards stays.
  useLayoutEffect(() => {
    editing.value = undefined;
    // A keyboard on the screen would cover the messages.
    if (matchMedia('(hover: hover)').matches) field.current?.focus();
  }, [room]);
}

function onInput({ currentTarget }: TargetedEvent<HTMLTextAreaElement>, room: string): void {
  grow(currentTarget);
  if (editing.value === undefined && currentTarget.value.trim() !== '') chat()?.tellTyping(room);
}

function grow(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight + 2}px`;
}

function clear(field: HTMLTextAreaElement): void {
  field.value = '';
  grow(field);
  field.focus();
}

/** Reads the first file, if it is not too large. */
async function take(files: FileList | null | undefined, onUpload: (upload: Upload) => void): Promise<void> {
  const file = files?.[0];
  if (file === undefined) return;
  if (file.size > MAX_FILE || file.size === 0) {
    notice.value = `${file.name} has ${sizeLabel(file.size)}. A file may have ${LARGEST}, and not be empty.`;
    return;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const name = cut(asText(file.name), MAX_FILE_NAME) || 'file';
  onUpload({ name, type: cut(file.type, MAX_FILE_TYPE), bytes });
}

function AttachButton({ onFiles }: { readonly onFiles: (files: FileList | null) => void }) {
  return (
    <label class="attach" title={`Attach a file of up to ${LARGEST}`}>
      <span class="visually-hidden">Attach a file</span>
      <input
        type="file"
        class="visually-hidden"
        onChange={({ currentTarget }) => {
          onFiles(currentTarget.files);
          currentTarget.value = '';
        }}
      />
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M13 7.5l-5 5a3 3 0 0 1-4.3-4.3l5.5-5.4a2 2 0 0 1 2.9 2.8L6.7 11a1 1 0 0 1-1.4-1.4L10 5" />
      </svg>
    </label>
  );
}

function EditingLine() {
  return (
    <p class="above">
      <span>Editing your message</span>
      <button type="button" class="quiet small" onClick={() => (editing.value = undefined)}>
        Cancel
      </button>
    </p>
  );
}

function UploadLine({ upload, onRemove }: { readonly upload: Upload; readonly onRemove: () => void }) {
  return (
    <p class="above">
      <span class="name">
        {upload.name}, {sizeLabel(upload.bytes.length)}
      </span>
      <button type="button" class="quiet small" onClick={onRemove}>
        Remove
      </button>
    </p>
  );
}

function TypingLine() {
  const names = [...typing.value.keys()].sort();
  return <p class="typing">{typingText(names)}</p>;
}

function typingText([first, second, ...others]: readonly string[]): string {
  if (first === undefined) return '';
  if (second === undefined) return `${first} is typing…`;
  return others.length === 0 ? `${first} and ${second} are typing…` : 'Several people are typing…';
}
