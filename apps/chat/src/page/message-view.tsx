/** One message: its author, time and content, and what its author may do with it. */
import type { ComponentChildren } from 'preact';
import { chat } from './account.ts';
import { Attachment } from './attachment.tsx';
import { Avatar } from './avatar.tsx';
import { newId } from './content.ts';
import { partsOf } from './markup.ts';
import { editing, me, type Draft } from './page-state.ts';
import type { Message } from './room-log.ts';
import { timeLabel } from './timeline.ts';

interface MessageProps {
  readonly message: Message;
  readonly continued: boolean;
  readonly room: string;
}

export function MessageView({ message, continued, room }: MessageProps) {
  const { author, at, key } = message;
  const isOwn = author === me.value;
  return (
    <article
      class="message"
      data-own={isOwn}
      data-continued={continued}
      data-editing={editing.value === key}
      aria-label={`${author}, ${timeLabel(at)}`}
    >
      {!isOwn && !continued && <Avatar name={author} />}
      {!continued && (
        <header>
          <b>{isOwn ? 'You' : author}</b>
          <time dateTime={at.toISOString()}>{timeLabel(at)}</time>
        </header>
      )}
      <div class="bubble" title={at.toLocaleString('en-GB')}>
        <Body message={message} />
      </div>
      {isOwn && !message.deleted && <Actions message={message} room={room} />}
    </article>
  );
}

function Body({ message: { text, file, edited, deleted } }: { readonly message: Message }) {
  if (deleted) return <p class="gone">This message was deleted.</p>;
  return (
    <>
      {text !== '' && <Text text={text} />}
      {file !== undefined && <Attachment file={file} />}
      {edited && <span class="edited">edited</span>}
    </>
  );
}

function Text({ text }: { readonly text: string }) {
  return (
    <div class="text">
      {partsOf(text).map(({ kind, text: part }, index) => {
        if (kind === 'block') {
          return (
            <pre key={index} tabIndex={0}>
              <code>{part}</code>
            </pre>
          );
        }
        if (kind === 'code') return <code key={index}>{part}</code>;
        if (kind === 'link') {
          return (
            <a key={index} href={part} target="_blank" rel="noopener noreferrer">
              {part}
            </a>
          );
        }
        return part;
      })}
    </div>
  );
}

function Actions({ message, room }: { readonly message: Message; readonly room: string }) {
  return (
    <div class="message-actions">
      {message.text !== '' && (
        <IconButton label="Edit this message" onClick={() => (editing.value = message.key)}>
          <path d="M3 13l.8-3L11 2.8 13.2 5 6 12.2z" />
        </IconButton>
      )}
      <IconButton
        label="Delete this message"
        onClick={() => chat()?.send({ room, content: { kind: 'delete', id: newId(), of: message.id } })}
      >
        <path d="M3 4.5h10M6.5 4V2.8h3V4M4.5 4.5l.6 8.7h5.8l.6-8.7" />
      </IconButton>
    </div>
  );
}

interface IconButtonProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

function IconButton({ label, onClick, children }: IconButtonProps) {
  return (
    <button type="button" class="icon" aria-label={label} title={label} onClick={onClick}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {children}
      </svg>
    </button>
  );
}

/** A message that is on its way, or was refused. */
export function DraftView({ draft }: { readonly draft: Draft }) {
  const { content, upload, problem, isSent } = draft;
  if (content.kind !== 'text') return problem === undefined ? null : <Refused draft={draft} />;
  return (
    <article class="message" data-own="true" data-pending="true" aria-label="Your message, on its way">
      <div class="bubble">
        {content.text !== '' && <Text text={content.text} />}
        {upload !== undefined && <p class="hint">{upload.name}</p>}
        {problem === undefined && (
          <span class="edited">{isSent === true ? 'sent' : 'waiting to be sent'}</span>
        )}
      </div>
      {problem !== undefined && <Refused draft={draft} />}
    </article>
  );
}

function Refused({ draft: { content, problem } }: { readonly draft: Draft }) {
  return (
    <p class="notice" role="alert">
      <span>Not sent: {problem}</span>
      <span class="actions">
        <button type="button" class="quiet small" onClick={() => chat()?.retry(content.id)}>
          Try again
        </button>
        <button type="button" class="quiet small" onClick={() => chat()?.discard(content.id)}>
          Discard
        </button>
      </span>
    </p>
  );
}
