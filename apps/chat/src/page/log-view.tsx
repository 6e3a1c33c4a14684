/** The messages of the open room: follows the newest, and loads earlier ones when scrolled back. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { chat } from './account.ts';
import { DraftView, MessageView } from './message-view.tsx';
import { drafts, logs } from './page-state.ts';
import { messagesOf, NEW_LOG, type RoomLog } from './room-log.ts';
import { timelineOf } from './timeline.ts';

/** How close to an end counts as being there (px). */
const AT_END = 60;
const AT_START = 200;

export function LogView({ room, title }: { readonly room: string; readonly title: string }) {
  const log = logs.value.get(room) ?? NEW_LOG;
  const messages = useMemo(() => messagesOf(log.entries), [log.entries]);
  const waiting = drafts.value.filter((draft) => draft.room === room);
  const refused = waiting.filter(({ problem }) => problem !== undefined);
  const below = waiting.length + refused.length;
  const { list, isAtEnd, onScroll, toEnd } = useScrolling(room, log, below);
  return (
    <div class="log-area">
      <div
        ref={list}
        class="log"
        role="log"
        aria-label={`Messages in ${title}`}
        tabIndex={0}
        onScroll={onScroll}
      >
        <Beginning room={room} log={log} isEmpty={messages.length + waiting.length === 0} />
        {timelineOf(messages, new Date()).map((row) =>
          row.kind === 'day' ? (
            <p key={row.key} class="day">
              <span>{row.label}</span>
            </p>
          ) : (
            <MessageView key={row.key} message={row.message} continued={row.continued} room={room} />
          ),
        )}
        {waiting.map((draft) => (
          <DraftView key={draft.content.id} draft={draft} />
        ))}
      </div>
      {!isAtEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          Newest messages ↓
        </button>
      )}
    </div>
  );
}

/** What stands above the first message. */
function Beginning({
  room,
  log,
  isEmpty,
}: {
  readonly room: string;
  readonly log: RoomLog;
  readonly isEmpty: boolean;
}) {
  if (log.state === 'loading') return <p class="beginning">Loading messages…</p>;
  if (log.state === 'failed') {
    return (
      <p class="beginning">
        The messages could not be loaded.{' '}
        <button type="button" class="quiet small" onClick={() => void chat()?.loadEarlier(room)}>
          Try again
        </button>
      </p>
    );
  }
  if (!log.complete) {
    return (
      <p class="beginning">
        <button type="button" class="quiet small" onClick={() => void chat()?.loadEarlier(room)}>
          Earlier messages
        </button>
      </p>
    );
  }
  return (
    <p class="beginning">{isEmpty ? 'No messages yet. Say hello.' : 'This is where the room begins.'}</p>
  );
}

/**
 * Keeps what is read in its place: at the end when new messages come, and elsewhere when earlier ones do.
 * @param below how much there is below the messages of the log
 */
function useScrolling(room: string, log: RoomLog, below: number) {
  const list = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const follows = useRef(true);
  const before = useRef({ room, height: 0, first: 0 });
  const first = log.entries[0]?.publication ?? 0;

  useLayoutEffect(() => {
    const box = list.current;
    if (box === null) return;
    const last = before.current;
    if (last.room !== room) follows.current = true;
    if (follows.current) box.scrollTop = box.scrollHeight;
    else if (last.first !== first) box.scrollTop += box.scrollHeight - last.height;
    before.current = { room, height: box.scrollHeight, first };
  }, [room, log, below, first]);

  useFollowing(list, follows);

  function onScroll(): void {
    const box = list.current;
    if (box === null) return;
    follows.current = box.scrollTop + box.clientHeight >= box.scrollHeight - AT_END;
    setAtEnd(follows.current);
    if (box.scrollTop < AT_START && !log.complete && log.state === 'ready') void chat()?.loadEarlier(room);
  }

  function toEnd(): void {
    list.current?.scrollTo({ top: list.current.scrollHeight });
    list.current?.focus();
  }
  return { list, isAtEnd, onScroll, toEnd };
}

/** Stays at the end when pictures arrive, or a keyboard on a phone changes the height. */
function useFollowing(list: RefObject<HTMLDivElement | null>, follows: { readonly current: boolean }): void {
  useLayoutEffect(() => {
    const box = list.current;
    if (box === null) return undefined;
    const follow = (): void => {
      if (follows.current) box.scrollTop = box.scrollHeight;
    };
    const observer = new ResizeObserver(follow);
    observer.observe(box);
    box.addEventListener('load', follow, true);
    return () => {
      observer.disconnect();
      box.removeEventListener('load', follow, true);
    };
  }, []);
}
