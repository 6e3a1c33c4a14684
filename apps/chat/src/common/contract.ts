/** The contract of the chat service: its procedures, and what they take and give. */
import { defineContract } from '@wamp/client/contract';
import { z } from 'zod';
import { isReserved, MAX_FILE, MAX_ROOM_NAME, NAME, plainName, ROOM_ID } from './limits.ts';

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

/** A file; `bytes` are binary on the wire. */
const file = z.object({
  room: roomId,
  name: z.string().min(1).max(200),
  type: z.string().max(100),
  bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length > 0 && bytes.length <= MAX_FILE),
});

export const contract = defineContract({
  procedures: {
    'chat.account.create': { kwargs: z.object({ name: newName, verifier }) },
    'chat.account.remember': { result: z.string() },
    'chat.account.forget': { args: z.tuple([z.string().max(100)]) },
    'chat.people.list': { result: z.array(person) },
    'chat.rooms.list': { result: z.array(room) },
    'chat.rooms.create': {
      kwargs: z.object({
        name: z.string().transform(plainName).pipe(z.string().trim().min(1).max(MAX_ROOM_NAME)),
        kind: z.enum(['public', 'private']),
      }),
      result: room,
    },
    'chat.rooms.direct': { args: z.tuple([name]), result: room },
    'chat.rooms.invite': { args: z.tuple([roomId, name]) },
    'chat.rooms.leave': { args: z.tuple([roomId]) },
    'chat.files.put': { kwargs: file, result: z.string() },
    'chat.files.get': { args: z.tuple([z.string().max(64)]), result: file },
  },
});

/** The types of the contract. */
export type ChatApi = NonNullable<(typeof contract)['~types']>;
export type Room = z.infer<typeof room>;
export type Person = z.infer<typeof person>;
export type StoredFile = z.infer<typeof file>;
export type Verifier = z.infer<typeof verifier>;
