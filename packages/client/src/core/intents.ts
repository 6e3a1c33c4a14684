/** The handles that an application holds, in order of creation: they outlive connections. */
import { ErrorUri } from '@wamp/protocol';
import type { Clock } from '../clock.ts';
import type { Ending } from '../ending.ts';
import { connectionLost, ConnectionLostError, WampError } from '../errors.ts';
import type { Attachments } from './attachments.ts';
import type { Handle } from './handle.ts';
import type { Restoration } from './restoration.ts';

/** Settles the promise of `subscribe` or `register` with the router's first answer. */
export interface SettleIntent {
  resolve(): void;
  reject(error: Error): void;
}

/** How long to retry (ms) while the router still attributes a procedure to our lost session; and the longest delay. */
const PATIENCE = 30_000;
const FIRST_PAUSE = 500;
/** Refusals that are retried without limit: the service that authorizes requests may not be back yet. */
const PASSING: ReadonlySet<string> = new Set([ErrorUri.AUTHORIZATION_FAILED, ErrorUri.UNAVAILABLE]);

/** The state of a handle. */
class Intent {
  /** The promise of the caller, until it is settled. */
  settle: SettleIntent | undefined;
  /** Whether any router was asked for it. */
  wasAsked = false;
  /** The attachments that were asked for it last. */
  asked: unknown;
  /** How long it has been refused (ms), and the next delay. */
  waited = 0;
  pause = FIRST_PAUSE;
  stopTimer: (() => void) | undefined;

  constructor(settle: SettleIntent) {
    this.settle = settle;
  }
}

/** What the handles need of their session. */
export interface IntentsPort<H extends Handle> {
  readonly clock: Clock;
  /** The router has confirmed a handle; with `restoration`, after a reconnect. */
  attached(handle: H, restoration: Restoration | undefined): void;
  /** A handle that was attached before was refused. */
  report(error: Error): void;
}

export class Intents<H extends Handle> {
  readonly #port: IntentsPort<H>;
  readonly #intents = new Map<H, Intent>();
  #attachments: Attachments<H> | undefined;
  #restoration: Restoration | undefined;

  constructor(port: IntentsPort<H>) {
    this.#port = port;
  }

  get size(): number {
    return this.#intents.size;
  }

  handles(): H[] {
    return [...this.#intents.keys()];
  }

  /** Adds a handle; requests it at once if there is a connection. */
  add(handle: H, settle: SettleIntent): void {
    const intent = new Intent(settle);
    this.#intents.set(handle, intent);
    void handle.ended.then(() => this.#forget(handle, intent));
    this.#ask(handle, intent);
  }

  /** Ends a handle. */
  leave(handle: H): Promise<void> {
    return this.#attachments?.leave(handle) ?? Promise.resolve();
  }

  /** Called when there is a connection: each step requests one handle. */
  *attach(attachments: Attachments<H>, restoration: Restoration | undefined): Generator<undefined, void> {
    this.#attachments = attachments;
    this.#restoration = restoration;
    for (const [handle, intent] of this.#intents) {
      if (this.#attachments !== attachments) return;
      this.#ask(handle, intent);
      yield;
    }
    this.#restoration = undefined;
  }

  /** Called when the connection is lost. */
  detach(): void {
    this.#attachments = undefined;
    this.#restoration = undefined;
    for (const intent of this.#intents.values()) intent.stopTimer?.();
  }

  /** Called when the session has ended. */
  end(ending: Ending): void {
    this.detach();
    for (const [handle, intent] of this.#intents) {
      intent.settle?.reject(connectionLost(ending, intent.wasAsked));
      intent.settle = undefined;
      handle.end(ending);
    }
    this.#intents.clear();
  }

  #forget(handle: H, intent: Intent): void {
    intent.stopTimer?.();
    this.#intents.delete(handle);
  }

  #ask(handle: H, intent: Intent): void {
    const attachments = this.#attachments;
    if (attachments === undefined || intent.asked === attachments || handle.state === 'ended') return;
    intent.asked = attachments;
    intent.waited = 0;
    intent.pause = FIRST_PAUSE;
    const restoration = this.#restoration;
    restoration?.begin();
    this.#join(handle, intent, restoration);
  }

  #join(handle: H, intent: Intent, restoration: Restoration | undefined): void {
    const attachments = this.#attachments;
    const isHeld = intent.wasAsked;
    intent.wasAsked = true;
    attachments?.join(handle, (error) => {
      if (error === undefined) this.#agreed(handle, intent, restoration);
      // Another connection will request it, or the session ends, which ends the handle.
      else if (error instanceof ConnectionLostError) return;
      else if (isHeld && mayPass(error, intent.waited)) this.#askAgain(handle, intent, restoration);
      else this.#refused(handle, intent, restoration, error);
    });
  }

  #agreed(handle: H, intent: Intent, restoration: Restoration | undefined): void {
    intent.settle?.resolve();
    intent.settle = undefined;
    if (handle.state !== 'ended') this.#port.attached(handle, restoration);
    restoration?.finish();
  }

  #askAgain(handle: H, intent: Intent, restoration: Restoration | undefined): void {
    const pause = Math.min(intent.pause, PATIENCE - (intent.waited % PATIENCE));
    intent.waited += pause;
    intent.pause *= 2;
    intent.stopTimer = this.#port.clock.after(pause, () => {
      if (handle.state === 'ended') restoration?.finish();
      else this.#join(handle, intent, restoration);
    });
  }

  #refused(handle: H, intent: Intent, restoration: Restoration | undefined, error: Error): void {
    restoration?.failed.push(error);
    intent.settle?.reject(error);
    // A refusal rejects the promise of `subscribe` or `register`; after that, it is reported to the session.
    const isLate = intent.settle === undefined && handle.state !== 'ended';
    intent.settle = undefined;
    handle.end({ reason: 'refused', error });
    if (isLate) this.#port.report(error);
    restoration?.finish();
  }
}

/** Whether a handle that was attached before may be accepted later. @param waited how long it has been refused (ms) */
function mayPass(error: Error, waited: number): boolean {
  if (!WampError.is(error)) return false;
  return PASSING.has(error.uri) || (error.uri === ErrorUri.PROCEDURE_ALREADY_EXISTS && waited < PATIENCE);
}
