/** Clients that send nearly valid frames, again and again. */
import { ErrorUri, fromList, MessageType, toList, type Message, type Serializer } from '@wamp/protocol';
import type { BareConnection, Carrier, Ports } from './carrier.ts';
import { distorted, mutated } from './mutation.ts';
import { Random } from './random.ts';
import { REALM } from './router.ts';
import { MESSAGES, validMessages } from './valid-messages.ts';
import { ALL_ROLES } from './wire-session.ts';
import type { Witnesses } from './witnesses.ts';

/** Connections that attack at the same time. */
export const OFFENDERS = 16;
/** How many attacks there are to one round of the witnesses. */
export const ATTACKS_PER_ROUND = 10;

/**
 * Where the bytes go: in a frame before HELLO, in a frame of a joined session, or onto the socket of
 * one, as the mutation of a frame itself.
 */
type Place = 'before-login' | 'message' | 'socket';

/** One thing to send. */
export interface Attack {
  readonly place: Place;
  readonly bytes: Buffer;
}

/** Which attacks to draw. */
export interface Draw {
  readonly seed: number;
  readonly count: number;
}

/** Where attacks are to be made, and how. */
export interface Battlefield {
  readonly router: Ports;
  readonly carrier: Carrier;
  readonly serializer: Serializer;
}

/** What the router makes of an attack. */
export type Outcome = 'served' | 'aborted' | 'said goodbye' | 'closed';

/** Attacks with frames of a carrier and a serializer; the same seed draws the same. */
export function attacksOf(
  { carrier, serializer }: Omit<Battlefield, 'router'>,
  { seed, count }: Draw,
): readonly Attack[] {
  const random = new Random(seed);
  const messages = validMessages(serializer);
  const frames = messages.map((message) => carrier.frame(message, serializer));
  const text = !serializer.binary;
  return Array.from({ length: count }, () => {
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
  readonly #where: Battlefield;
  /** A procedure of its own, with a call of its own in flight: so it has what to answer and to cancel. */
  readonly #procedure: string;
  #connection: BareConnection | undefined;
  #probes = 2 ** 40;

  constructor(where: Battlefield, number: number) {
    this.#serializer = where.serializer;
    this.#where = where;
    this.#procedure = `com.example.offender.${number}`;
  }

  /** What the router makes of it. */
  async attack({ place, bytes }: Attack): Promise<Outcome> {
    if (place === 'before-login') this.drop();
    const connection = (this.#connection ??= await this.#connect(place !== 'before-login'));
    if (place === 'socket') connection.write(bytes);
    else connection.send(bytes, this.#serializer.binary);
    if (place === 'before-login') this.#hello(connection);
    const probe = (this.#probes += 1);
    this.#send(connection, [MessageType.UNSUBSCRIBE, probe, 2 ** 53]);
    // A broken frame may declare more bytes than will ever come: then it is the end that answers.
    if (place === 'socket') connection.socket.end();
    const outcome = await this.#outcome(connection, probe, place);
    if (outcome !== 'served' || place === 'socket') this.drop();
    return outcome;
  }

  drop(): void {
    this.#connection?.drop();
    this.#connection = undefined;
  }

  async #connect(join: boolean): Promise<BareConnection> {
    const { router, carrier } = this.#where;
    const connection = await carrier.open(router, this.#serializer);
    if (join) {
      this.#hello(connection);
      this.#send(connection, [MessageType.REGISTER, 1, {}, this.#procedure]);
      const options = { receive_progress: true, progress: true };
      this.#send(connection, [MessageType.CALL, 9, options, this.#procedure]);
      const welcome = await connection.next();
      if (welcome === undefined || this.#decode(welcome.payload).type !== MessageType.WELCOME) {
        throw new Error('an offender that has done nothing yet is not welcome');
      }
    }
    return connection;
  }

  #hello(connection: BareConnection): void {
    this.#send(connection, [MessageType.HELLO, REALM, { roles: ALL_ROLES }]);
  }

  #send(connection: BareConnection, list: readonly unknown[]): void {
    connection.send(this.#serializer.encode(fromList(list)), this.#serializer.binary);
  }

  /** Whatever the router sends is well-formed, or this throws. */
  #decode(payload: Uint8Array): Message {
    const message = this.#serializer.decode(payload);
    toList(message); // decodes the payload, too
    return message;
  }

  async #outcome(connection: BareConnection, probe: number, place: Place): Promise<Outcome> {
    let last: Message | undefined;
    for (let next = await connection.next(); next !== undefined; next = await connection.next()) {
      last = this.#decode(next.payload);
      if (last.type === MessageType.ERROR && last.request === probe) return 'served';
    }
    const { frame: said, code } = await connection.closed;
    if (place === 'socket') return 'closed';
    if (said !== this.#where.carrier.saysWhy) throw new Error('the router closed without a close frame');
    if (last?.type === MessageType.ABORT) {
      if (place === 'message' && last.reason !== ErrorUri.PROTOCOL_VIOLATION) {
        throw new Error(`the router aborted with ${last.reason}`);
      }
      return 'aborted';
    }
    if (last?.type === MessageType.GOODBYE) return 'said goodbye';
    // 1000: the mutation was still a valid ABORT. 1007: text that is no UTF-8 is refused beneath WAMP.
    if (said && code !== 1000 && code !== 1007)
      throw new Error(`the router closed with ${code ?? 'no code'}`);
    return 'closed';
  }
}

/** The attacks in turns by {@link OFFENDERS} clients at once; the witnesses go round now and then. */
export async function offend(
  where: Battlefield,
  attacks: readonly Attack[],
  witnesses: Witnesses,
): Promise<Readonly<Record<Outcome, number>>> {
  const outcomes: Record<Outcome, number> = { served: 0, aborted: 0, 'said goodbye': 0, closed: 0 };
  const rounds: Promise<void>[] = [];
  const attackInTurn = async (first: number): Promise<void> => {
    const offender = new Offender(where, first);
    for (let index = first; index < attacks.length; index += OFFENDERS) {
      const attack = attacks[index];
      if (attack === undefined) break;
      const told = `${where.carrier.name}, ${where.serializer.name} frame ${index} (${attack.place}): ${attack.bytes.toString('hex')}`;
      const outcome = await offender.attack(attack).catch((cause: unknown) => {
        throw new Error(`${String(cause)}; ${told}`, { cause });
      });
      outcomes[outcome] += 1;
      if (index % ATTACKS_PER_ROUND === 0) rounds.push(witnesses.round());
    }
    offender.drop();
  };
  await Promise.all(Array.from({ length: OFFENDERS }, (_, first) => attackInTurn(first)));
  await Promise.all(rounds);
  return outcomes;
}
