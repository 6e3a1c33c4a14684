/** The contract of the chat service: its procedures, and what they take and give. */
import { defineContract } from '@wamp/client/contract';
import { z } from 'zod';
import {
  isReserved,
  isVisible,
  MAX_FILE,
  MAX_FILE_NAME,
  MAX_FILE_TYPE,
  MAX_ID,
  MAX_ROOM_NAME,
  MAX_TEXT,
  NAME,
  plainName,
  ROOM_ID,
} from './limits.ts';

const name = z.string().regex(NAME);
const newName = name.refine((wanted) => !isReserved(wanted));
const roomId = z.string().regex(ROOM_ID);
const hex = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));

/** What is stored for a password. It is computed in the page: the password never leaves it. */
const verifier = z.object({
  salt: hex(16),
  storedKey: hex(32),
  serverKey: hex(32),
});

const room = z.object({
  id: roomId,
  /** Public rooms are open to every account; the others have members. */
  kind: z.enum(['public', 'private', 'direct']),
  name: z.string(),
  /** Empty for a public room. */
  members: z.array(z.string()),
});

/** An account, and its sessions that are here. */
const person = z.object({ name: z.string(), sessions: z.array(z.number()) });

const fileName = z.string().min(1).max(MAX_FILE_NAME);
const fileType = z.string().max(MAX_FILE_TYPE);

/** A file; `bytes` are binary on the wire. */
const file = z.object({
  room: roomId,
  name: fileName,
  type: fileType,
  bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length > 0 && bytes.length <= MAX_FILE),
});

const id = z.string().min(1).max(MAX_ID);
const text = z.string().max(MAX_TEXT);
const reference = z.object({ id, name: fileName, type: fileType, size: z.number().positive().max(MAX_FILE) });

/** A message, or a change of an earlier one: other keys are left out, so that its size is bounded. */
const content = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), id, text, file: reference.optional() }),
  z.object({ kind: z.literal('edit'), id, of: id, text }),
  z.object({ kind: z.literal('delete'), id, of: id }),
]);

export const contract = defineContract({
  procedures: {
    'chat.account.create': { kwargs: z.object({ name: newName, verifier }) },
    'chat.account.remember': { result: z.string() },
    'chat.account.forget': { args: z.tuple([z.string().max(100)]) },
    'chat.people.list': { result: z.array(person) },
    'chat.rooms.list': { result: z.array(room) },
    'chat.rooms.create': {
      kwargs: z.object({
        name: z.string().transform(plainName).pipe(z.string().trim().max(MAX_ROOM_NAME).refine(isVisible)),
        kind: z.enum(['public', 'private']),
      }),
      result: room,
    },
    'chat.rooms.direct': { args: z.tuple([name]), result: room },
    'chat.rooms.invite': { args: z.tuple([roomId, name]) },
    'chat.rooms.leave': { args: z.tuple([roomId]) },
    'chat.messages.send': { kwargs: z.object({ room: roomId, content }) },
    'chat.files.put': { kwargs: file, result: z.string() },
    'chat.files.get': { args: z.tuple([z.string().max(64)]), result: file },
  },
});

/** The types of the contract. */
export type ChatApi = NonNullable<(typeof contract)['~types']>;
export type Room = z.infer<typeof room>;
export type Person = z.infer<typeof person>;
export type SentContent = z.infer<typeof content>;
export type StoredFile = z.infer<typeof file>;
export type Verifier = z.infer<typeof verifier>;
