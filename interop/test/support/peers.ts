/** Clients of all makes behind one face, for tests that put each against each. */
import { connect, result } from '@wamp/client';
import { autobahn, joinAutobahn } from './autobahn.ts';
import { REALM } from './router.ts';
import { SERIALIZER_NAMES, SERIALIZERS, type SerializerName } from './serializers.ts';
import { joinWampy } from './wampy.ts';

export interface Content {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

export interface Peer {
  call(procedure: string, content: Content): Promise<Content>;
  /** Answers with what it was called with, once `seen` has had a look at it. */
  registerEcho(procedure: string, seen: (content: Content) => void): Promise<void>;
  /** Resolves when the router has taken it. */
  publish(topic: string, content: Content): Promise<void>;
  subscribe(topic: string, seen: (content: Content) => void): Promise<void>;
  close(): Promise<void>;
}

/** In what a client differs from others. */
export interface Notions {
  /**
   * Named exception: on a JSON connection this client does not know BIN-1. Bytes are to it what they
   * are on the wire, a string of U+0000 and base64, which it can pass on as well as any.
   */
  readonly bytesAreText: boolean;
  /** Named exception: a result of nothing and one of null are the same to this client, null. */
  readonly resultOfNullIsNothing: boolean;
}

/** A make of client with one of its serializers. */
export interface Make extends Notions {
  readonly name: string;
  join(url: string): Promise<Peer>;
}

function shape(args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): Content {
  return { args, kwargs };
}

/**
 * Named exception: wampy's MessagePack reads integers of 64 bits as BigInt, and autobahn's CBOR
 * does 2^53. They are compared as the numbers they are.
 */
function numbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(numbers);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbers(item)]));
}

function readable(args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): Content {
  return numbers(shape(args, kwargs)) as Content;
}

type Kwargs = Record<string, unknown>;

async function joinAsAutobahn(url: string, serializer: SerializerName): Promise<Peer> {
  const peer = await joinAutobahn(url, serializer);
  const { session } = peer;
  return {
    call: async (procedure, { args, kwargs }) => {
      const answer: unknown = await session.call(procedure, args, kwargs);
      if (answer instanceof autobahn.Result) return readable(answer.args, answer.kwargs as Kwargs);
      return readable(answer === null ? [] : [answer]);
    },
    registerEcho: async (procedure, seen) => {
      await session.register<autobahn.Result, unknown[], Kwargs>(procedure, (args = [], kwargs = {}) => {
        seen(readable(args, kwargs));
        return new autobahn.Result(args, kwargs);
      });
    },
    publish: async (topic, { args, kwargs }) => {
      await session.publish(topic, args, kwargs, { acknowledge: true });
    },
    subscribe: async (topic, seen) => {
      await session.subscribe<unknown[], Kwargs>(topic, (args, kwargs) => {
        seen(readable(args, kwargs));
      });
    },
    close: () => peer.close(),
  };
}

async function joinAsWampy(url: string, serializer: SerializerName): Promise<Peer> {
  const peer = await joinWampy(url, serializer);
  const { wampy } = peer;
  const payload = ({ args, kwargs }: Content): { argsList: unknown[]; argsDict: Kwargs } => ({
    argsList: [...args],
    argsDict: { ...kwargs },
  });
  return {
    call: async (procedure, content) => {
      const { argsList, argsDict } = await wampy.call(procedure, payload(content));
      return readable(argsList, argsDict);
    },
    registerEcho: async (procedure, seen) => {
      await wampy.register(procedure, ({ argsList, argsDict }) => {
        seen(readable(argsList, argsDict));
        return payload(shape(argsList, argsDict));
      });
    },
    publish: async (topic, content) => {
      await wampy.publish(topic, payload(content));
    },
    subscribe: async (topic, seen) => {
      await wampy.subscribe(topic, ({ argsList, argsDict }) => {
        seen(readable(argsList, argsDict));
      });
    },
    close: () => peer.close(),
  };
}

async function joinAsOurs(url: string, serializer: SerializerName): Promise<Peer> {
  const serializers = SERIALIZERS.filter(({ name }) => name === serializer);
  const session = await connect(url, { realm: REALM, serializers });
  return {
    call: async (procedure, { args, kwargs }) => {
      const whole = await session.call(procedure, [...args], { kwargs }).full();
      return shape(whole.args, whole.kwargs);
    },
    registerEcho: async (procedure, seen) => {
      await session.register(procedure, (args, { kwargs }: { kwargs: Kwargs }) => {
        seen(shape(args, kwargs));
        return result(args, kwargs);
      });
    },
    publish: async (topic, { args, kwargs }) => {
      await session.publish(topic, [...args], { kwargs, acknowledge: true });
    },
    subscribe: async (topic, seen) => {
      await session.subscribe(topic, (args, { kwargs }: { kwargs: Kwargs }) => {
        seen(shape(args, kwargs));
      });
    },
    close: () => session.close(),
  };
}

const JOIN = { autobahn: joinAsAutobahn, wampy: joinAsWampy, '@wamp/client': joinAsOurs } as const;

/** Every make of client with every serializer it has. */
export const MAKES: readonly Make[] = Object.entries(JOIN).flatMap(([make, join]) =>
  SERIALIZER_NAMES.map((serializer) => ({
    name: `${make} ${serializer}`,
    bytesAreText: serializer === 'json' && make !== '@wamp/client',
    resultOfNullIsNothing: make === 'autobahn',
    join: (url: string) => join(url, serializer),
  })),
);
