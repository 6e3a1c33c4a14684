/** The topics of the chat. */

/** All messages of all rooms; the router keeps one log of them, and only the service may publish to it. */
export const MESSAGES = 'chat.room..message';
/** The authid of the service, which no account can have. */
export const SERVICE = 'chat-service';
/** A list of rooms has changed; carries nothing, and its receivers ask for their list. */
export const ROOMS_CHANGED = 'chat.rooms.changed';
/** Sessions that are here or have gone; the latter is a testament. */
export const PRESENCE = 'chat.presence';
/** The service asks all sessions to announce themselves, because it has just started. */
export const ROLL_CALL = 'chat.roll_call';

export type Kind = 'message' | 'typing';

export function topicOf(room: string, kind: Kind): string {
  return `chat.room.${room}.${kind}`;
}

/** The room and the kind of a topic; undefined for any other topic. */
export function readTopic(topic: string): { readonly room: string; readonly kind: Kind } | undefined {
  const [, room, kind] = /^chat\.room\.([a-z0-9_-]{1,64})\.(message|typing)$/.exec(topic) ?? [];
  return room === undefined ? undefined : { room, kind: kind as Kind };
}
