/** The chat service: a client of the router that keeps accounts, rooms and files, and decides about rights. */
import { createSession, WampError, wampcra, type Invocation, type Session, type Url } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import type { Connection } from '@wamp/store-sqlite';
import { contract, type Person, type Room, type SentContent, type Verifier } from '../common/contract.ts';
import { PRESENCE, ROLL_CALL, ROOMS_CHANGED, SERVICE } from '../common/topics.ts';
import { Accounts } from './accounts.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { Files } from './files.ts';
import { costOf, publishMessage } from './messages.ts';
import { Presence } from './presence.ts';
import { serviceRates, type RateLimit, type Rates } from './rates.ts';
import { Rooms } from './rooms.ts';

export const REALM = 'chat';
const PUBLIC_ROOM = 'lobby';
/** The most people in the answer of `chat.people.list`. */
const MOST_PEOPLE = 500;

export interface ServiceOptions {
  readonly url: Url;
  /** The secret by which the router knows the service. */
  readonly secret: string;
  readonly database: Connection;
}

/** A service that runs. */
export interface Service {
  readonly session: Session;
  readonly accounts: Accounts;
  readonly rooms: Rooms;
}

/** Resolves when the service is complete: whoever logs in from then on finds all of it. */
export async function startService({ url, secret, database }: ServiceOptions): Promise<Service> {
  const parts = {
    accounts: new Accounts(database),
    rooms: new Rooms(database),
    files: new Files(database),
    presence: new Presence(),
    rates: serviceRates(),
  };
  if (parts.rooms.get(PUBLIC_ROOM) === undefined) parts.rooms.create('Lobby', 'public', [], PUBLIC_ROOM);
  const session = createSession(url, {
    realm: REALM,
    auth: wampcra(SERVICE, secret),
    serializers: [msgpack],
    reconnect: { max: 2000 },
  });
  // The router may start after the service, or again: there is nothing to report.
  session.on('retry', () => undefined);
  await session.ready;
  await followPresence(session, parts.presence);
  await new Handlers(session, parts).serve();
  await serveRights(session, parts);
  await session.publish(ROLL_CALL, []);
  return { session, accounts: parts.accounts, rooms: parts.rooms };
}

interface Parts {
  readonly accounts: Accounts;
  readonly rooms: Rooms;
  readonly files: Files;
  readonly presence: Presence;
  readonly rates: Rates;
}

const SERVED: ReadonlySet<string> = new Set([
  'chat.account.remember',
  'chat.account.forget',
  'chat.people.list',
  'chat.rooms.list',
  'chat.rooms.create',
  'chat.rooms.direct',
  'chat.rooms.invite',
  'chat.rooms.leave',
  'chat.messages.send',
  'chat.files.put',
  'chat.files.get',
]);

/**
 * The procedures that the router itself calls. The one that lets people in is registered last of all, here and after each
 * reconnect: whoever is in finds everything else.
 */
async function serveRights(session: Session, { accounts, rooms }: Parts): Promise<void> {
  await session.register('chat.authorize', ([asker, uri, action, options]) => {
    const { authid } = asker as { readonly authid: string };
    return authorize(rooms, SERVED, {
      name: authid,
      action: String(action),
      uri: String(uri),
      options: (options ?? {}) as Readonly<Record<string, unknown>>,
    });
  });
  await session.register('chat.authenticate', ([, name, details]) =>
    authenticate(accounts, name, details ?? {}),
  );
}

async function followPresence(session: Session, presence: Presence): Promise<void> {
  await session.subscribe(PRESENCE, (_, { publisher, kwargs }) =>
    presence.heard(publisher, kwargs['here'] === true),
  );
  session.on('lost', () => presence.clear());
  session.on('restored', () => void session.publish(ROLL_CALL, []));
}

/** The procedures that people call. */
class Handlers {
  readonly #session: Session;
  readonly #parts: Parts;

  constructor(session: Session, parts: Parts) {
    this.#session = session;
    this.#parts = parts;
  }

  async serve(): Promise<void> {
    const { accounts, rates } = this.#parts;
    await this.#session.implement(contract, {
      'chat.account.create': async (_, call) => {
        spend(rates.signUps, await this.#addressOf(call));
        this.#signUp(call.kwargs);
        return undefined;
      },
      'chat.account.remember': (_, call) => accounts.remember(callerOf(call)),
      'chat.account.forget': ([token], call) => {
        accounts.forget(callerOf(call), token);
        return undefined;
      },
      'chat.people.list': () => this.#people(),
      'chat.rooms.list': (_, call) => [...this.#parts.rooms.listFor(callerOf(call))],
      'chat.rooms.create': (_, call) => {
        const { name, kind } = call.kwargs;
        spend(rates.rooms, callerOf(call));
        return this.#created(this.#parts.rooms.create(name, kind, kind === 'public' ? [] : [callerOf(call)]));
      },
      'chat.rooms.direct': ([other], call) => this.#direct(callerOf(call), other),
      'chat.rooms.invite': ([id, name], call) => this.#invite(this.#privateRoom(id, call), name),
      'chat.rooms.leave': ([id], call) => this.#leave(this.#privateRoom(id, call), callerOf(call)),
      'chat.messages.send': (_, call) => this.#send(call),
      'chat.files.put': (_, call) => {
        this.#visible(call.kwargs.room, call);
        spend(rates.files, callerOf(call));
        return this.#parts.files.put(call.kwargs);
      },
      'chat.files.get': ([id], call) => {
        const file = this.#parts.files.get(id);
        if (file !== undefined && this.#parts.rooms.visibleTo(callerOf(call), file.room)) return file;
        throw new WampError('chat.error.no_such_file', ['There is no such file, or it is too old.']);
      },
    });
  }

  async #send(call: Called & { readonly kwargs: NewMessage }): Promise<undefined> {
    const author = callerOf(call);
    const message = { author, room: this.#visible(call.kwargs.room, call), content: call.kwargs.content };
    spend(this.#parts.rates.messages, author, costOf(message));
    await publishMessage(this.#session, message);
  }

  #signUp({ name, verifier }: NewAccount): void {
    if (this.#parts.accounts.create(name, verifier)) return;
    throw new WampError('chat.error.name_taken', ['This name is taken.']);
  }

  #direct(caller: string, other: string): Room {
    this.#requireAccount(other);
    const { rooms, rates } = this.#parts;
    const known = rooms.between(caller, other);
    if (known !== undefined) return known;
    spend(rates.rooms, caller);
    return this.#created(rooms.createBetween(caller, other));
  }

  #people(): Person[] {
    const here = this.#parts.presence.byName();
    const names = new Set([...here.keys(), ...this.#parts.accounts.names()]);
    return [...names].slice(0, MOST_PEOPLE).map((name) => ({ name, sessions: [...(here.get(name) ?? [])] }));
  }

  #created(room: Room | undefined): Room {
    if (room === undefined) throw new WampError('chat.error.too_many', ['There are too many rooms.']);
    this.#tell(room);
    return room;
  }

  #invite(room: Room, name: string): undefined {
    this.#requireAccount(name);
    if (!this.#parts.rooms.invite(room, name)) throw new WampError('chat.error.full', ['The room is full.']);
    this.#tell({ ...room, members: [...room.members, name] });
  }

  #leave(room: Room, name: string): undefined {
    this.#parts.rooms.leave(room.id, name);
    this.#tell(room);
  }

  /** Tells those who see the room that their lists have changed. */
  #tell({ kind, members }: Room): void {
    const receivers = kind === 'public' ? {} : { eligibleAuthid: members };
    void this.#session.publish(ROOMS_CHANGED, [], receivers);
  }

  /** The network address of a guest; all whose address the router does not know count together. */
  async #addressOf({ caller }: Called): Promise<string> {
    if (caller?.session === undefined) return '';
    const { transport } = (await this.#session.call('wamp.session.get', [caller.session])) as {
      readonly transport?: { readonly peer?: unknown };
    };
    const peer = transport?.peer;
    return typeof peer === 'string' ? peer.replace(/:\d+$/, '') : '';
  }

  #requireAccount(name: string): void {
    if (!this.#parts.accounts.has(name))
      throw new WampError('chat.error.no_such_person', [`There is no account ${name}.`]);
  }

  #visible(id: string, call: Called): Room {
    const room = this.#parts.rooms.visibleTo(callerOf(call), id);
    if (room === undefined) throw new WampError('chat.error.no_such_room', ['There is no such room.']);
    return room;
  }

  #privateRoom(id: string, call: Called): Room {
    const room = this.#visible(id, call);
    if (room.kind === 'private') return room;
    throw new WampError('chat.error.not_private', ['This works in private rooms only.']);
  }
}

/** @throws WampError `chat.error.too_often` with the time to wait */
function spend(limit: RateLimit, key: string, count = 1): void {
  const wait = limit.take(key, count);
  if (wait === 0) return;
  const minutes = Math.ceil(wait / 60_000);
  const text = `That was too often. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`;
  throw new WampError('chat.error.too_often', [text]);
}

interface NewAccount {
  readonly name: string;
  readonly verifier: Verifier;
}

interface NewMessage {
  readonly room: string;
  readonly content: SentContent;
}

type Called = Pick<Invocation, 'caller'>;

/** The name of the caller, as the router discloses it. */
function callerOf({ caller }: Called): string {
  const name = caller?.authid;
  if (name === undefined)
    throw new WampError('wamp.error.not_authorized', ['The router did not say who calls.']);
  return name;
}
