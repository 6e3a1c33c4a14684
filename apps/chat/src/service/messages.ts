/** Messages on their way to the log: whom they are from, who receives them, and what they cost. */
import type { Session } from '@wamp/client';
import type { Room, SentContent } from '../common/contract.ts';
import { topicOf } from '../common/topics.ts';

export interface SentMessage {
  /** The account that the router has disclosed as the caller. */
  readonly author: string;
  readonly room: Room;
  readonly content: SentContent;
}

/** Publishes a message, and resolves when it is in the log. The members of a room that is not public are its only receivers. */
export async function publishMessage(
  session: Session,
  { author, room, content }: SentMessage,
): Promise<void> {
  const receivers = room.kind === 'public' ? {} : { eligibleAuthid: room.members };
  const options = { acknowledge: true, discloseMe: true, ...receivers };
  await session.publish(topicOf(room.id, 'message'), { ...content, author }, options);
}

/** What a message takes from the log, with the names of its receivers, in KiB and at least 1. */
export function costOf({ room, content }: SentMessage): number {
  return Math.ceil(Buffer.byteLength(JSON.stringify([content, room.members])) / 1024);
}
