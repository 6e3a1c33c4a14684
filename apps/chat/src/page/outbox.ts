/** Sends messages in order, and keeps those that cannot be sent yet. */
import { ConnectionLostError, WampError, type Session } from '@wamp/client';
import type { ChatApi, Room } from '../common/contract.ts';
import { topicOf } from '../common/topics.ts';
import type { Content } from './content.ts';
import { explain } from './explanations.ts';
import { drafts, rooms, type Draft } from './page-state.ts';

/** What sending needs of the chat. */
export interface OutboxPort {
  readonly session: Session<ChatApi>;
  /** Asks the service for the rooms and their members. */
  loadRooms(): Promise<void>;
}

export class Outbox {
  readonly #port: OutboxPort;
  #isSending = false;
  #isOver = false;

  constructor(port: OutboxPort) {
    this.#port = port;
  }

  /** Sends what waits, one after the other. */
  async send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let next = waiting(); next !== undefined && !this.#isOver; next = waiting())
      await this.#sendOne(next);
    this.#isSending = false;
  }

  /** The session has ended: what waits is for the next one. */
  stop(): void {
    this.#isOver = true;
  }

  async #sendOne(draft: Draft): Promise<void> {
    const { id } = draft.content;
    try {
      const content = await this.#uploaded(draft);
      await this.#publish(draft.room, content, true);
      change(id, (sent) => ({ ...withoutUpload(sent), content, isSent: true }));
    } catch (error) {
      // It waits for the next connection, or session.
      if (error instanceof ConnectionLostError) {
        await this.#port.session.ready.catch(() => this.stop());
        return;
      }
      change(id, (refused) => ({ ...refused, problem: reasonOf(error) }));
    }
  }

  /** The content, with the id of its file once that is stored. */
  async #uploaded({ room, content, upload }: Draft): Promise<Content> {
    if (upload === undefined || content.kind !== 'text') return content;
    const id = await this.#port.session.call('chat.files.put', { room, ...upload }, { idempotent: true });
    const { name, type, bytes } = upload;
    return { ...content, file: { id, name, type, size: bytes.length } };
  }

  /** Sent again when the confirmation is lost: `messagesOf` counts a message once. */
  async #publish(id: string, content: Content, mayRetry: boolean): Promise<void> {
    const room = rooms.value?.find((known) => known.id === id);
    const options = { acknowledge: true, excludeMe: false, idempotent: true, ...receiversOf(room) };
    try {
      await this.#port.session.untyped.publish(topicOf(id, 'message'), { ...content }, options);
    } catch (error) {
      // The members have changed since: the router lets none but all of them receive it.
      if (!mayRetry || !WampError.is(error, 'wamp.error.not_authorized')) throw error;
      await this.#port.loadRooms();
      await this.#publish(id, content, false);
    }
  }
}

/** The members of a room that is not public are the only receivers. */
export function receiversOf(room: Room | undefined): { readonly eligibleAuthid?: readonly string[] } {
  return room === undefined || room.kind === 'public' ? {} : { eligibleAuthid: room.members };
}

function waiting(): Draft | undefined {
  return drafts.value.find(({ isSent, problem }) => isSent !== true && problem === undefined);
}

function change(id: string, update: (draft: Draft) => Draft): void {
  drafts.value = drafts.value.map((draft) => (draft.content.id === id ? update(draft) : draft));
}

function withoutUpload({ upload: _, ...draft }: Draft): Draft {
  return draft;
}

function reasonOf(error: unknown): string {
  if (WampError.is(error, 'wamp.error.not_authorized')) return 'You may not write in this room.';
  return explain(error);
}
