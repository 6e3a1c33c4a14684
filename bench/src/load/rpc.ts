/** A load of calls: callers keep a window of calls full, and callees return their arguments. */
import { MessageType, Payload, type Message } from '@wamp/protocol';
import type { Connection, MessageReceiver } from './connection.ts';
import type { Elements } from './elements.ts';
import { Faults } from './faults.ts';
import { Histogram } from './histogram.ts';
import type { Load } from './load.ts';
import { NUMBER_MARK, Outgoing } from './outgoing.ts';
import { argsOf, PayloadCheck, type PayloadShape } from './payload.ts';
import { ringSize } from './ring.ts';
import { join, requestAll, type Destination } from './session.ts';
import { Turn } from './turn.ts';
import { newUris, type Uris } from './uris.ts';

export interface RpcOptions {
  readonly callers: number;
  readonly callees: number;
  /** The number of procedures, which are spread over the callees; one for each callee by default. */
  readonly procedures?: number;
  /** The number of calls that one caller has under way. */
  readonly window: number;
  readonly payload: PayloadShape;
  /** A new cursor of the serializer that callers speak. */
  readonly caller: () => Elements;
  /** The same for callees. */
  readonly callee: () => Elements;
}

/** The sessions of a load. */
interface RpcSessions {
  readonly turn: Turn;
  readonly uris: Uris;
  readonly callers: readonly Connection[];
  readonly callees: readonly Connection[];
  readonly relay: boolean;
}

export class RpcLoad implements Load {
  readonly latency: Histogram = new Histogram();
  readonly faults: Faults = new Faults();
  delivered = 0;
  /** Whether callers send calls. */
  running = false;
  readonly procedures: number;
  readonly options: RpcOptions;
  readonly uris: Uris;
  readonly #turn: Turn;
  readonly #callers: readonly Caller[];
  readonly #connections: readonly Connection[];

  /**
   * Opens all sessions and registers all procedures.
   * @param calleesAt the node of the cluster that the callees join; the callers' by default
   */
  static async open(
    destination: Destination,
    options: RpcOptions,
    calleesAt: Destination = destination,
  ): Promise<RpcLoad> {
    const turn = new Turn();
    const uris = newUris();
    const { procedures = options.callees } = options;
    const callees: Connection[] = [];
    const calleeWire = { elements: options.callee(), turn };
    for (let index = 0; index < options.callees; index += 1) {
      const callee = await join(calleesAt, `callee/${index}`, calleeWire);
      if (!destination.relay)
        await requestAll(callee, registrations(index, options.callees, procedures, uris));
      callees.push(callee);
    }
    const callers: Connection[] = [];
    const callerWire = { elements: options.caller(), turn };
    for (let index = 0; index < options.callers; index += 1) {
      callers.push(await join(destination, `caller/${index}`, callerWire));
    }
    return new RpcLoad(options, { turn, uris, callers, callees, relay: destination.relay });
  }

  private constructor(options: RpcOptions, { turn, uris, callers, callees, relay }: RpcSessions) {
    this.options = options;
    this.uris = uris;
    this.#turn = turn;
    this.procedures = options.procedures ?? options.callees;
    this.#connections = [...callers, ...callees];
    for (const connection of callees) connection.receiver = new Callee(this, connection, relay);
    this.#callers = callers.map((connection, index) => {
      const caller = new Caller(this, connection, index);
      connection.receiver = caller;
      return caller;
    });
  }

  get outstanding(): number {
    return this.#callers.reduce((sum, caller) => sum + caller.underWay, 0);
  }

  start(): void {
    this.running = true;
    this.#turn.now = performance.now();
    for (const caller of this.#callers) caller.fill();
  }

  stop(): void {
    this.running = false;
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

/** Procedure p belongs to callee p mod `callees`. */
function registrations(callee: number, callees: number, procedures: number, uris: Uris) {
  const requests = [];
  for (let number = callee; number < procedures; number += callees) {
    requests.push({
      type: MessageType.REGISTER,
      request: requests.length + 1,
      options: {},
      procedure: uris(number),
    });
  }
  return requests;
}

/** Sends CALL, takes RESULT; each call is answered once, with its own payload. */
class Caller implements MessageReceiver {
  underWay = 0;
  readonly #load: RpcLoad;
  readonly #connection: Connection;
  readonly #index: number;
  readonly #check: PayloadCheck;
  readonly #outgoing: Outgoing;
  readonly #mask: number;
  /** The request under way in each slot, 0 when none, and when it was sent. */
  readonly #requests: Float64Array;
  readonly #sentAt: Float64Array;
  #lastRequest = 0;
  #random: number;

  constructor(load: RpcLoad, connection: Connection, index: number) {
    const { payload, window } = load.options;
    this.#load = load;
    this.#connection = connection;
    this.#index = index;
    this.#random = index + 1;
    this.#check = new PayloadCheck(connection.elements, payload);
    const size = ringSize(window);
    this.#mask = size - 1;
    this.#requests = new Float64Array(size);
    this.#sentAt = new Float64Array(size);
    const args = Payload.of(argsOf(payload));
    const call = (request: number): Message => ({
      type: MessageType.CALL,
      request,
      options: {},
      procedure: load.uris(NUMBER_MARK),
      payload: args,
    });
    this.#outgoing = new Outgoing(connection, call, window);
  }

  fill(): void {
    const { window } = this.#load.options;
    while (this.underWay < window && this.#requests[(this.#lastRequest + 1) & this.#mask] === 0) this.#call();
  }

  #call(): void {
    const request = (this.#lastRequest += 1);
    const slot = request & this.#mask;
    this.#requests[slot] = request;
    this.#sentAt[slot] = this.#connection.turn.now;
    this.underWay += 1;
    this.#outgoing.push(request, this.#index, request, this.#procedure());
  }

  /** With as many callers as procedures each has its own; otherwise any, by a small generator. */
  #procedure(): number {
    const { procedures, options } = this.#load;
    if (procedures === options.callers) return this.#index;
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random % procedures;
  }

  message(bytes: Buffer, start: number, end: number): void {
    const { elements, turn } = this.#connection;
    const load = this.#load;
    elements.open(bytes, start, end);
    if (elements.uint() !== MessageType.RESULT) {
      load.faults.note(
        'unexpected',
        `a caller got ${bytes.toString('latin1', start, Math.min(end, start + 200))}`,
      );
      return;
    }
    const request = elements.uint();
    const slot = request & this.#mask;
    if (request === 0 || this.#requests[slot] !== request) {
      const known = request > 0 && request <= this.#lastRequest;
      load.faults.note(known ? 'duplicate' : 'unexpected', `an answer to call ${request}`);
      return;
    }
    elements.skip();
    const check = this.#check;
    if (!check.read(bytes) || check.client !== this.#index || check.sequence !== request) {
      load.faults.note('corrupt', `the result of call ${request}`);
    }
    this.#requests[slot] = 0;
    this.underWay -= 1;
    load.delivered += 1;
    load.latency.record((turn.now - (this.#sentAt[slot] ?? 0)) * 1000);
    if (load.running) this.fill();
  }

  lost(reason: string): void {
    this.#load.faults.note('unexpected', `a caller was disconnected: ${reason}`);
  }
}

/** Takes INVOCATION, sends YIELD; the calls of one caller come once and in order. */
class Callee implements MessageReceiver {
  readonly #load: RpcLoad;
  readonly #connection: Connection;
  readonly #check: PayloadCheck;
  readonly #outgoing: Outgoing;
  /** The type of message that a callee receives: INVOCATION from a router, the CALL itself from a relay. */
  readonly #expected: number;
  /** The newest sequence number of each caller. */
  readonly #newest: Float64Array;

  constructor(load: RpcLoad, connection: Connection, relay: boolean) {
    const { payload, callers, window } = load.options;
    this.#load = load;
    this.#connection = connection;
    this.#check = new PayloadCheck(connection.elements, payload);
    this.#newest = new Float64Array(callers);
    this.#expected = relay ? MessageType.CALL : MessageType.INVOCATION;
    const args = Payload.of(argsOf(payload));
    const answer = (request: number): Message =>
      relay
        ? { type: MessageType.RESULT, request, details: {}, payload: args }
        : { type: MessageType.YIELD, request, options: {}, payload: args };
    this.#outgoing = new Outgoing(connection, answer, window);
  }

  message(bytes: Buffer, start: number, end: number): void {
    const { elements } = this.#connection;
    const { faults } = this.#load;
    elements.open(bytes, start, end);
    if (elements.uint() !== this.#expected) {
      faults.note(
        'unexpected',
        `a callee got ${bytes.toString('latin1', start, Math.min(end, start + 200))}`,
      );
      return;
    }
    const request = elements.uint();
    elements.skip();
    elements.skip();
    const check = this.#check;
    if (!check.read(bytes) || check.client >= this.#newest.length) {
      faults.note('corrupt', `the payload of invocation ${request}`);
      return;
    }
    const { client, sequence } = check;
    const newest = this.#newest[client] ?? 0;
    if (sequence === newest) faults.note('duplicate', `call ${sequence} was invoked twice`);
    else if (sequence < newest) faults.note('reordered', `call ${sequence} was invoked after call ${newest}`);
    else this.#newest[client] = sequence;
    this.#outgoing.push(request, client, sequence, 0);
  }

  lost(reason: string): void {
    this.#load.faults.note('unexpected', `a callee was disconnected: ${reason}`);
  }
}
