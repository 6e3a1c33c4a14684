/** Sends messages in order, and keeps those that cannot be sent yet. */
import { ConnectionLostError, type Session } from '@wamp/client';
import type { ChatApi } from '../common/contract.ts';
import type { Content } from './content.ts';
import { explain } from './explanations.ts';
import { drafts, type Draft } from './page-state.ts';

export class Outbox {
  readonly #session: Session<ChatApi>;
  #isSending = false;
  #isOver = false;

  constructor(session: Session<ChatApi>) {
    this.#session = session;
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
      // Sent again when the confirmation is lost: `messagesOf` counts a message once.
      const message = { room: draft.room, content };
      await this.#session.call('chat.messages.send', message, { idempotent: true });
      change(id, (sent) => ({ ...withoutUpload(sent), content, isSent: true }));
    } catch (error) {
      // It waits for the next connection, or session.
      if (error instanceof ConnectionLostError) {
        await this.#session.ready.catch(() => this.stop());
        return;
      }
      change(id, (refused) => ({ ...refused, problem: explain(error) }));
    }
  }

  /** The content, with the id of its file once that is stored. */
  async #uploaded({ room, content, upload }: Draft): Promise<Content> {
    if (upload === undefined || content.kind !== 'text') return content;
    const id = await this.#session.call('chat.files.put', { room, ...upload }, { idempotent: true });
    const { name, type, bytes } = upload;
    return { ...content, file: { id, name, type, size: bytes.length } };
  }
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
