/** The chat of one session: what it hears, and what the user does. */
import type { Position, Session, Subscription, WampEvent } from '@wamp/client';
import type { ChatApi, Room } from '../common/contract.ts';
import { MESSAGES, readTopic, ROOMS_CHANGED, topicOf } from '../common/topics.ts';
import { heard, isReading, read } from './attention.ts';
import { authorOf, readContent } from './content.ts';
import { loadEarlier, openLog } from './history.ts';
import { Outbox } from './outbox.ts';
import { PeopleHere } from './people-here.ts';
import { drafts, logs, notice, openRoom, rooms, typing, unread, type Draft } from './page-state.ts';
import { keepPlace } from './place.ts';
import { withEvent } from './room-log.ts';

/** How long a sign of typing counts (ms); it is repeated at half of that. */
const TYPING = 4000;

export class Chat {
  readonly session: Session<ChatApi>;
  readonly name: string;
  readonly #outbox: Outbox;
  readonly #here: PeopleHere;
  #all: Subscription | undefined;
  #typingIn: { readonly room: string; readonly stop: AbortController } | undefined;
  #toldTyping = 0;

  constructor(session: Session<ChatApi>, name: string) {
    this.session = session;
    this.name = name;
    this.#here = new PeopleHere(session);
    this.#outbox = new Outbox(session);
  }

  /** @param since where an earlier visit, or session, has stopped */
  async begin(since: Position | undefined): Promise<void> {
    const { untyped } = this.session;
    await untyped.subscribe(ROOMS_CHANGED, () => void this.loadRooms());
    await this.loadRooms();
    const all = await untyped.subscribe(MESSAGES, (_, event) => this.#heard(event), {
      match: 'wildcard',
      ...(since && { since }),
    });
    this.#all = all;
    all.on('gap', () => void this.#reloadLogs());
    this.session.on('restored', () => void this.#refresh());
    keepPlace(this.name, all.position);
    await this.#here.begin();
    await this.enter(openRoom.value);
    void this.#outbox.send();
  }

  /** The session has ended. */
  end(): void {
    this.#outbox.stop();
    this.#typingIn?.stop.abort();
  }

  async loadRooms(): Promise<void> {
    rooms.value = await this.session.call('chat.rooms.list', [], { idempotent: true });
  }

  /** Shows a room: loads its messages, and listens to who is typing. */
  async enter(room: string | undefined): Promise<void> {
    if (this.#all === undefined || room === undefined || room === '') return;
    if (rooms.value?.some(({ id }) => id === room) !== true) return;
    this.read(room);
    await Promise.all([openLog(this.session, this.#all, room), this.#followTyping(room)]);
  }

  read(room: string): void {
    if (!isReading(room) || !unread.value.has(room)) return;
    read(room);
    keepPlace(this.name);
  }

  async loadEarlier(room: string): Promise<void> {
    if (this.#all !== undefined) await loadEarlier(this.session, this.#all, room);
  }

  /** Sends a message, now or as soon as there is a connection. */
  send(draft: Draft): void {
    drafts.value = [...drafts.value, draft];
    this.#toldTyping = 0;
    keepPlace(this.name);
    void this.#outbox.send();
  }

  /** Tries a refused message again, or gives it up. */
  retry(id: string): void {
    drafts.value = drafts.value.map(({ problem, ...draft }) =>
      draft.content.id === id || problem === undefined ? draft : { ...draft, problem },
    );
    void this.#outbox.send();
  }

  discard(id: string): void {
    drafts.value = drafts.value.filter(({ content }) => content.id !== id);
    keepPlace(this.name);
  }

  tellTyping(id: string): void {
    const now = Date.now();
    if (now - this.#toldTyping < TYPING / 2) return;
    this.#toldTyping = now;
    const room = rooms.value?.find((known) => known.id === id);
    this.session.untyped
      .publish(topicOf(id, 'typing'), [], { offline: 'drop', ...receiversOf(room) })
      .catch(() => undefined);
  }

  /** Creates a room, or opens that with another person. */
  async create(name: string, kind: 'public' | 'private'): Promise<Room> {
    return this.#added(await this.session.call('chat.rooms.create', { name, kind }));
  }

  async direct(name: string): Promise<Room> {
    return this.#added(await this.session.call('chat.rooms.direct', [name]));
  }

  #added(room: Room): Room {
    if (rooms.value?.some(({ id }) => id === room.id) !== true) rooms.value = [...(rooms.value ?? []), room];
    return room;
  }

  /** An event of any room. */
  #heard({ topic, publisher, publication, kwargs, timestamp }: WampEvent): void {
    const room = readTopic(topic)?.room;
    const author = authorOf(publisher?.authid, kwargs);
    const content = readContent(kwargs);
    if (room === undefined || author === undefined || content === undefined) return;
    const log = logs.value.get(room);
    if (log !== undefined) {
      const entry = { publication, author, at: timestamp ?? new Date(), content };
      logs.value = new Map(logs.value).set(room, withEvent(log, entry));
    }
    if (author === this.name) drafts.value = drafts.value.filter((draft) => draft.content.id !== content.id);
    else if (content.kind === 'text') heard(room, author, content.text === '' ? 'sent a file' : content.text);
    setTyping(author, undefined);
    keepPlace(this.name, this.#all?.position);
  }

  /** There is a connection again, and the router has told what was missed. */
  async #refresh(): Promise<void> {
    try {
      await Promise.all([this.loadRooms(), this.#here.announce()]);
      await this.#here.refresh();
      void this.#outbox.send();
    } catch {
      // The connection is lost again, and the next one does the same.
    }
  }

  /** The log has a gap: what is shown may lack messages. */
  async #reloadLogs(): Promise<void> {
    logs.value = new Map();
    notice.value =
      'Some messages may be missing here: the router no longer had them all. The room was loaded again.';
    await this.enter(openRoom.value);
  }

  async #followTyping(room: string): Promise<void> {
    if (this.#typingIn?.room === room) return;
    this.#typingIn?.stop.abort();
    typing.value = new Map();
    const stop = new AbortController();
    this.#typingIn = { room, stop };
    const see = (_: unknown, { publisher }: WampEvent): void => {
      if (publisher?.authid !== undefined) setTyping(publisher.authid, Date.now() + TYPING);
    };
    try {
      await this.session.untyped.subscribe(topicOf(room, 'typing'), see, { signal: stop.signal });
    } catch {
      // Another room was opened meanwhile.
    }
  }
}

/** The members of a room that is not public are the only receivers. */
function receiversOf(room: Room | undefined): { readonly eligibleAuthid?: readonly string[] } {
  return room === undefined || room.kind === 'public' ? {} : { eligibleAuthid: room.members };
}

/** @param until undefined when the message has come */
function setTyping(author: string, until: number | undefined): void {
  const others = new Map(typing.value);
  others.delete(author);
  if (until !== undefined) {
    others.set(author, until);
    setTimeout(() => {
      if (typing.value.get(author) === until) setTyping(author, undefined);
    }, TYPING);
  }
  typing.value = others;
}
