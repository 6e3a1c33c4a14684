/** Accounts, rooms and messages to begin with: created when there are no accounts yet. */
import { connect, type Session, type Url } from '@wamp/client';
import { scram } from '@wamp/client/scram';
import type { ChatApi } from '../common/contract.ts';
import { verifierOf } from '../common/verifier.ts';
import { REALM, type Service } from './service.ts';

/** Names and passwords of the demo accounts: they are printed, and no secrets. */
export const DEMO_ACCOUNTS = [
  { name: 'ada', password: 'lovelace' },
  { name: 'grace', password: 'murray-hopper' },
  { name: 'alan', password: 'enigma-1912' },
] as const;

const LINES: readonly (readonly [name: string, room: string, text: string])[] = [
  ['ada', 'lobby', 'Good morning! Who is here?'],
  ['grace', 'lobby', 'I am. Your message came to me as an event, and I know that it was you.'],
  ['alan', 'lobby', 'Could I send one in her name?'],
  [
    'grace',
    'lobby',
    'No: the name is not in your message. The router tells the service who calls, from your log-in.',
  ],
  ['ada', 'lobby', 'That is one call:\n```\nawait session.call(procedure, { room, content });\n```'],
  ['alan', 'lobby', 'The specification is at https://wamp-proto.org/'],
  ['ada', 'engine-room', 'Only the two of us can read this room.'],
  ['grace', 'engine-room', 'The members of a private room are the only receivers of its messages.'],
];

/** @returns false if there are accounts already */
export async function createDemo({ accounts, rooms }: Service, url: Url): Promise<boolean> {
  if (accounts.names().length > 0) return false;
  for (const { name, password } of DEMO_ACCOUNTS) accounts.create(name, await verifierOf(password));
  const members = ['ada', 'grace'];
  rooms.create('Engine room', 'private', members, 'engine-room');
  const sessions = new Map<string, Session<ChatApi>>();
  for (const { name, password } of DEMO_ACCOUNTS) {
    sessions.set(name, await connect<ChatApi>(url, { realm: REALM, auth: scram(name, password) }));
  }
  for (const [index, [name, room, text]] of LINES.entries()) {
    const content = { kind: 'text', id: `demo-${index}`, text } as const;
    await sessions.get(name)?.call('chat.messages.send', { room, content });
  }
  await Promise.all([...sessions.values()].map((session) => session.close()));
  return true;
}
