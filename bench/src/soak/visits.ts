/** Visits: clients that connect in every way, use every feature, and leave in every way. */
import {
  anonymous,
  connect,
  json,
  ticket,
  wampcra,
  webSocket,
  WampError,
  type Authenticator,
  type Session,
  type TransportFactory,
} from '@wamp/client';
import { cbor } from '@wamp/client/cbor';
import { cryptosign } from '@wamp/client/cryptosign';
import { longPoll } from '@wamp/client/longpoll';
import { addTestament, getEvents, registrations, sessions, subscriptions } from '@wamp/client/meta';
import { msgpack } from '@wamp/client/msgpack';
import { rawSocket } from '@wamp/client/rawsocket';
import { scram } from '@wamp/client/scram';
import type { Transport } from '@wamp/protocol';
import { CRYPTOSIGN, NAME, PASSWORD, PAST } from './agreed.ts';

const SERIALIZERS = [json, msgpack, cbor];
const AUTH: readonly (() => Authenticator)[] = [
  anonymous,
  () => ticket(NAME, PASSWORD),
  () => wampcra(NAME, PASSWORD),
  () => scram(NAME, PASSWORD),
  () => cryptosign(CRYPTOSIGN.seed, { authid: NAME }),
];
const TRANSPORTS: readonly (readonly [TransportFactory, (port: number) => string])[] = [
  [webSocket(), (port) => `ws://127.0.0.1:${port}/ws`],
  [rawSocket(), (port) => `rs://127.0.0.1:${port}`],
  [longPoll(), (port) => `http://127.0.0.1:${port}/lp`],
];

/** Counts what visits have done, for the report. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  toString(): string {
    return [...this.#counts].map(([what, count]) => `${count} ${what}`).join(', ');
  }
}

/** A client of a visit, and its transport, which can be cut. */
interface Visitor {
  readonly number: number;
  readonly session: Session;
  readonly transport: Transport | undefined;
}

/** Ignores a refusal by the router, or the absence of another client, which are not faults here. */
async function perhaps(attempt: PromiseLike<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (!(error instanceof WampError)) throw error;
  }
}

/** The actions of a visit; each checks its result. */
const DEEDS: Readonly<Record<string, (visitor: Visitor) => Promise<void>>> = {
  async call({ session, number }) {
    same(await session.call('soak.echo', [number], { timeout: 60_000 }), number);
  },
  async error({ session }) {
    await session.call('soak.fail').then(
      () => fail('soak.fail has not failed'),
      (error: unknown) => same((error as WampError).uri, 'soak.error'),
    );
  },
  async progress({ session }) {
    const steps: unknown[] = [];
    for await (const step of session.stream('soak.count', [5])) steps.push(step);
    same(steps.join(), '1,2,3,4,5');
  },
  async input({ session }) {
    const stream = session.stream('soak.sum', [1], { input: [[2], [3], [4]] });
    same(await stream.result, 10);
  },
  async cancel({ session, number }) {
    const modes = ['skip', 'kill', 'killnowait'] as const;
    const call = session.call('soak.never');
    call.cancel(modes[number % modes.length]);
    await perhaps(call);
  },
  async timeout({ session }) {
    await perhaps(session.call('soak.never', [], { timeout: 20 }));
  },
  async publish({ session, number }) {
    await session.publish(`soak.topic.${number % 50}`, [number], { acknowledge: true });
  },
  async subscribe({ session, number }) {
    const options = [{}, { match: 'prefix' }, { match: 'wildcard' }] as const;
    const topic = ['soak.own', 'soak.own.', 'soak..own'][number % 3] ?? '';
    const heard: unknown[] = [];
    await session.subscribe(topic, ([value]) => heard.push(value), options[number % 3]);
    const told = [`soak.own`, `soak.own.${number}`, `soak.${number}.own`][number % 3] ?? '';
    await session.publish(told, [number], { acknowledge: true, excludeMe: false });
    // Events arrive before the answer to a later request.
    await session.call('soak.echo', [0]);
    if (!heard.includes(number)) fail(`an event on ${told} is missing`);
  },
  async retain({ session, number }) {
    await session.publish(`soak.kept.${number % 20}`, [number], { retain: true, acknowledge: true });
    await session.subscribe(`soak.kept.${number % 20}`, () => undefined, { getRetained: true });
  },
  async history({ session, number }) {
    await session.publish(PAST, [number], { acknowledge: true });
    const id = await subscriptions(session).lookup(PAST);
    if (id !== undefined) await getEvents(session, id, { limit: 10 });
  },
  async register({ session, number }) {
    await session.register(`soak.procedure.${number}`, ([value]: unknown[]) => value);
    same(await session.call(`soak.procedure.${number}`, [number]), number);
  },
  async share({ session, number }) {
    const invoke = ['roundrobin', 'random', 'first', 'last', 'load'][number % 5] as 'roundrobin';
    await session.register(`soak.shared.${invoke}`, ([value]: unknown[]) => value, { invoke });
    await perhaps(session.call(`soak.shared.${invoke}`, [number]));
  },
  async meta({ session }) {
    await sessions(session).count();
    await sessions(session).list();
    await registrations(session).match('soak.echo');
    const id = await subscriptions(session).lookup('soak.witness');
    if (id !== undefined) await subscriptions(session).countSubscribers(id);
  },
  async testament({ session, number }) {
    await addTestament(session, 'soak.will', [number]);
  },
  async violate({ session }) {
    await perhaps(session.call('wamp.session.kill', ['nobody']));
    await perhaps(session.register('wamp.forged', () => undefined));
    await perhaps(session.publish('soak...bad..', [], { acknowledge: true, extra: { retain: false } }));
  },
};
const DEED_NAMES = Object.keys(DEEDS);

/** Each ends the visit. */
const ENDS: Readonly<Record<string, (visitor: Visitor) => Promise<unknown>>> = {
  'said goodbye': ({ session }) => session.close(),
  'were cut off': ({ session, transport }) => {
    transport?.close();
    return session.close();
  },
  'left calls behind': ({ session, transport }) => {
    for (let calls = 0; calls < 5; calls += 1) void perhaps(session.call('soak.never'));
    transport?.close('protocol');
    return session.close();
  },
  'were killed': async ({ session }) => {
    // Killed by a resident, because the router refuses to let a session kill itself.
    await perhaps(session.call('soak.kill', [session.id]));
    await session.closed;
  },
};
const END_NAMES = Object.keys(ENDS);

/** One visit; its number determines its actions. */
export async function visit(port: number, number: number, tally: Tally): Promise<void> {
  const visitor = await arrive(port, number);
  for (let deeds = 0; deeds < 2; deeds += 1) {
    const name = DEED_NAMES[(number * 7 + deeds * 5 + Math.floor(number / 60)) % DEED_NAMES.length] ?? '';
    await DEEDS[name]?.(visitor);
    tally.add(name);
  }
  const end = END_NAMES[Math.floor(number / 3) % END_NAMES.length] ?? '';
  await ENDS[end]?.(visitor);
  tally.add(end);
}

async function arrive(port: number, number: number): Promise<Visitor> {
  const [factory, url] =
    TRANSPORTS[number % 10 === 9 ? 2 : number % 2] ?? TRANSPORTS[0] ?? fail('no transport');
  let transport: Transport | undefined;
  const session = await connect(url(port), {
    realm: 'realm1',
    serializers: [SERIALIZERS[number % SERIALIZERS.length] ?? json],
    auth: (AUTH[Math.floor(number / 2) % AUTH.length] ?? anonymous)(),
    transport: {
      name: factory.name,
      open: async (...how) => (transport = await factory.open(...how)),
    },
    logger: { error: () => undefined },
  });
  return { number, session, transport };
}

/** Clients that stay connected: they serve the visitors, and must not lose any message. */
export class Residents {
  readonly #service: Session;
  readonly #witness: Session;
  #published = 0;
  #heard = 0;

  private constructor(service: Session, witness: Session) {
    this.#service = service;
    this.#witness = witness;
  }

  static async move(port: number): Promise<Residents> {
    const [service, witness] = [
      await connect(`ws://127.0.0.1:${port}/ws`, { realm: 'realm1' }),
      await connect(`rs://127.0.0.1:${port}`, {
        realm: 'realm1',
        transport: rawSocket(),
        serializers: [msgpack],
      }),
    ];
    const residents = new Residents(service, witness);
    await residents.#serve();
    // The history of a topic is queried by the id of a subscription to it.
    await witness.subscribe(PAST, () => undefined);
    await witness.subscribe('soak.witness', ([number]) => {
      residents.#heard += 1;
      same(number, residents.#heard);
    });
    return residents;
  }

  /** One event and one call, in order and complete. */
  async round(): Promise<void> {
    this.#published += 1;
    const number = this.#published;
    await this.#service.publish('soak.witness', [number], { acknowledge: true });
    same(await this.#witness.call('soak.echo', [number]), number);
    same(this.#heard, number);
  }

  get rounds(): number {
    return this.#heard;
  }

  async leave(): Promise<void> {
    await this.#service.close();
    await this.#witness.close();
  }

  async #serve(): Promise<void> {
    const service = this.#service;
    await service.register('soak.echo', ([value]: unknown[]) => value);
    await service.register('soak.fail', () => {
      throw new WampError('soak.error', ['as it was told']);
    });
    await service.register('soak.count', async function* ([steps]: unknown[]) {
      for (let step = 1; step <= Number(steps); step += 1) yield await Promise.resolve(step);
      return steps;
    });
    await service.register('soak.sum', async ([first], { input }) => {
      let sum = Number(first);
      for await (const { args } of input) sum += Number(args[0]);
      return sum;
    });
    await service.register(
      'soak.never',
      (_args, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true })),
    );
    await service.register('soak.kill', async ([id]) => {
      await perhaps(sessions(service).kill(Number(id)));
    });
  }
}

function same(heard: unknown, expected: unknown): void {
  if (heard !== expected) fail(`${String(heard)} instead of ${String(expected)}`);
}

function fail(why: string): never {
  throw new Error(why);
}
