/**
 * Nearly valid frames over live connections (reliability: Z2). Whoever sends them is served, answered
 * or closed; nobody else notices; nothing is left behind.
 *
 * WAMP_FUZZ_SEED repeats a run, WAMP_FUZZ_FRAMES makes it longer.
 */
import { fromList, MessageType, toList, type Message, type Serializer } from '@wamp/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { distorted, mutated } from './support/mutation.ts';
import { Random } from './support/random.ts';
import { holdings, REALM, startRouter, type Listening } from './support/router.ts';
import { SERIALIZERS } from './support/serializers.ts';
import { MESSAGES, validMessages } from './support/valid-messages.ts';
import { BareWebSocket, frame, Opcode } from './support/web-socket.ts';
import { ALL_ROLES, WireSession } from './support/wire-session.ts';
import { Witnesses } from './support/witnesses.ts';

const SEED = Number(process.env['WAMP_FUZZ_SEED'] ?? Date.now() % 2 ** 32);
const FRAMES = Number(process.env['WAMP_FUZZ_FRAMES'] ?? 5000);
/** Connections that attack at the same time. */
const OFFENDERS = 16;
/** How many attacks there are to one round of the witnesses. */
const ATTACKS_PER_ROUND = 10;
/** How long an attack may go without an answer or an end (ms). */
const PATIENCE = 10_000;

/**
 * Where the bytes go: in a frame before HELLO, in a frame of a joined session, or onto the socket of
 * one, as the mutation of a frame itself.
 */
type Place = 'before-login' | 'message' | 'socket';

interface Attack {
  readonly place: Place;
  readonly bytes: Buffer;
}

type Outcome = 'served' | 'aborted' | 'said goodbye' | 'closed';

function attacksOf(serializer: Serializer, random: Random): Attack[] {
  const messages = validMessages(serializer);
  const opcode = serializer.binary ? Opcode.BINARY : Opcode.TEXT;
  const frames = messages.map((message) => frame(opcode, message));
  const text = !serializer.binary;
  return Array.from({ length: FRAMES }, () => {
    const dice = random.below(100);
    if (dice < 10) {
      // Its header is binary, whatever the format of its payload.
      const source = { random, others: frames, text: text && random.oneIn(2) };
      return { place: 'socket', bytes: mutated(random.pick(frames), source) };
    }
    const place = dice < 20 ? 'before-login' : 'message';
    if (random.below(5) < 2) {
      const list = distorted(random.pick(MESSAGES), random);
      // Args by themselves are written as a list like any other.
      return { place, bytes: Buffer.from(serializer.encodePayload(list, {}, 1)) };
    }
    return { place, bytes: mutated(random.pick(messages), { random, others: messages, text }) };
  });
}

/** One client that attacks again and again, on one connection for as long as the router lets it. */
class Offender {
  readonly #serializer: Serializer;
  readonly #port: number;
  /** A procedure of its own, with a call of its own in flight: so it has what to answer and to cancel. */
  readonly #procedure: string;
  #webSocket: BareWebSocket | undefined;
  #probes = 2 ** 40;

  constructor(serializer: Serializer, port: number, number: number) {
    this.#serializer = serializer;
    this.#port = port;
    this.#procedure = `com.example.offender.${number}`;
  }

  /** What the router makes of it; undefined when it neither answers nor closes. */
  async attack({ place, bytes }: Attack): Promise<Outcome | undefined> {
    if (place === 'before-login') this.drop();
    const webSocket = (this.#webSocket ??= await this.#connect(place !== 'before-login'));
    if (place === 'socket') webSocket.write(bytes);
    else webSocket.send(bytes, this.#serializer.binary);
    if (place === 'before-login') this.#hello(webSocket);
    const probe = (this.#probes += 1);
    this.#send(webSocket, [MessageType.UNSUBSCRIBE, probe, 2 ** 53]);
    // A broken frame may declare more bytes than will ever come: then it is the end that answers.
    if (place === 'socket') webSocket.socket.end();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, undefined);
    });
    const outcome = await Promise.race([this.#outcome(webSocket, probe, place), patience]);
    clearTimeout(timer);
    if (outcome !== 'served' || place === 'socket') this.drop();
    return outcome;
  }

  drop(): void {
    this.#webSocket?.drop();
    this.#webSocket = undefined;
  }

  async #connect(join: boolean): Promise<BareWebSocket> {
    const { subprotocol } = this.#serializer;
    const webSocket = await BareWebSocket.open({ port: this.#port, subprotocol });
    if (join) {
      this.#hello(webSocket);
      this.#send(webSocket, [MessageType.REGISTER, 1, {}, this.#procedure]);
      const options = { receive_progress: true, progress: true };
      this.#send(webSocket, [MessageType.CALL, 9, options, this.#procedure]);
      const welcome = await webSocket.next();
      expect(welcome === undefined ? undefined : this.#decode(welcome.payload).type).toBe(
        MessageType.WELCOME,
      );
    }
    return webSocket;
  }

  #hello(webSocket: BareWebSocket): void {
    this.#send(webSocket, [MessageType.HELLO, REALM, { roles: ALL_ROLES }]);
  }

  #send(webSocket: BareWebSocket, list: readonly unknown[]): void {
    webSocket.send(this.#serializer.encode(fromList(list)), this.#serializer.binary);
  }

  /** Whatever the router sends is well-formed, or this throws. */
  #decode(payload: Uint8Array): Message {
    const message = this.#serializer.decode(payload);
    toList(message); // decodes the payload, too
    return message;
  }

  async #outcome(webSocket: BareWebSocket, probe: number, place: Place): Promise<Outcome> {
    let last: Message | undefined;
    for (let next = await webSocket.next(); next !== undefined; next = await webSocket.next()) {
      last = this.#decode(next.payload);
      if (last.type === MessageType.ERROR && last.request === probe) return 'served';
    }
    const { frame: said, code } = await webSocket.closed;
    if (place === 'socket') return 'closed';
    expect(said, 'the router closes with a close frame').toBe(true);
    if (last?.type === MessageType.ABORT) {
      if (place === 'message') expect(last.reason).toBe('wamp.error.protocol_violation');
      return 'aborted';
    }
    if (last?.type === MessageType.GOODBYE) return 'said goodbye';
    // 1000: the mutation was still a valid ABORT. 1007: text that is no UTF-8 is refused beneath WAMP.
    expect([1000, 1007]).toContain(code);
    return 'closed';
  }
}

describe.each(SERIALIZERS)('mutated frames of $name', (serializer) => {
  let router: Listening;
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => {
    uncaught.push(error);
  };

  beforeEach(async () => {
    process.on('uncaughtExceptionMonitor', note);
    router = await startRouter();
  });
  afterEach(async () => {
    process.off('uncaughtExceptionMonitor', note);
    await router.close();
  });

  it(`end or answer ${OFFENDERS} offenders, and disturb nobody`, { timeout: 600_000 }, async () => {
    const other = SERIALIZERS[(SERIALIZERS.indexOf(serializer) + 1) % SERIALIZERS.length] ?? serializer;
    const witnesses = await Witnesses.join(router.port, [serializer, other]);
    await witnesses.round();
    await callMeta(router.port, serializer);
    const before = holdings(router.realm);
    expect(before.sessions).toBe(4);

    const attacks = attacksOf(serializer, new Random(SEED));
    const outcomes: Record<Outcome, number> = { served: 0, aborted: 0, 'said goodbye': 0, closed: 0 };
    const started = performance.now();
    const rounds: Promise<void>[] = [];
    const offend = async (first: number): Promise<void> => {
      const offender = new Offender(serializer, router.port, first);
      for (let index = first; index < attacks.length; index += OFFENDERS) {
        const attack = attacks[index];
        if (attack === undefined) break;
        const outcome = await offender.attack(attack).catch((error: unknown) => {
          throw new Error(describeAttack(serializer, index, attack), { cause: error });
        });
        if (outcome === undefined) {
          throw new Error(`no answer, and no end: ${describeAttack(serializer, index, attack)}`);
        }
        outcomes[outcome] += 1;
        if (index % ATTACKS_PER_ROUND === 0) rounds.push(witnesses.round());
      }
      offender.drop();
    };
    await Promise.all(Array.from({ length: OFFENDERS }, (_, first) => offend(first)));
    await Promise.all(rounds);

    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${serializer.name}: seed ${SEED}, ${attacks.length} frames in ${seconds} s, ` +
        `${JSON.stringify(outcomes)}, witnesses: ${witnesses.rounds} rounds`,
    );
    expect(witnesses.rounds).toBe(1 + Math.ceil(attacks.length / ATTACKS_PER_ROUND));
    await vi.waitUntil(() => router.realm.sessions.size === 4);
    expect(holdings(router.realm)).toEqual(before);
    await vi.waitUntil(async () => (await connectionsOf(router)) === 4);
    expect(router.complaints.filter((complaint) => complaint.startsWith('error'))).toEqual([]);
    expect(uncaught).toEqual([]);
    // Neither all nor nothing: else it is not the router that was tried.
    expect(outcomes.served).toBeGreaterThan(attacks.length / 10);
    expect(outcomes.aborted).toBeGreaterThan(attacks.length / 10);
    await witnesses.leave();
    expect(router.realm.sessions.size).toBe(0);
  });
});

/** The router's own session is counted among those with calls once it has been called. */
async function callMeta(port: number, serializer: Serializer): Promise<void> {
  const session = await WireSession.join({ port, serializer, realm: REALM });
  await session.ask([MessageType.CALL, 1, {}, 'wamp.session.count'], MessageType.RESULT);
  await session.leave();
}

function describeAttack({ name }: Serializer, index: number, { place, bytes }: Attack): string {
  return `${name}, seed ${SEED}, frame ${index} (${place}): ${bytes.toString('hex')}`;
}

function connectionsOf({ server }: Listening): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
