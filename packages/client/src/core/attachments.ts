/**
 * Maps the ids that the router gave to the handles that share them, from the request until the router confirms the
 * end.
 */
import { ProtocolViolation, type Id, type Message, type RequestType, type Uri } from '@wamp/protocol';
import { ConnectionLostError, WampError } from '../errors.ts';
import type { Handle } from './handle.ts';
import { Recent } from './recent.ts';
import { ignore } from './quietly.ts';
import type { Answer, Waiter } from './requests.ts';

/** Sends a request; the waiter receives the answer. */
export type SendRequest = (waiter: Waiter, build: (request: Id) => Message) => void;

/** The messages in which subscriptions and registrations differ. */
export interface Kind<H extends Handle> {
  readonly joinType: RequestType;
  readonly leaveType: RequestType;
  /** The error URI for an id that the router does not know. */
  readonly noSuch: Uri;
  join(request: Id, handle: H): Message;
  leave(request: Id, id: Id): Message;
  idIn(answer: Answer): Id;
}

/** One id and the handles that share it: a repeated SUBSCRIBE may be answered with a known id (SUB-5). */
export interface Attachment<H extends Handle> {
  readonly id: Id;
  readonly uri: Uri;
  readonly handles: Set<H>;
  /**
   * The handle that receives invocations: the newest one; after the last one has left, that one until the router
   * confirms (T-7).
   */
  serving: H;
  /** The waiting `leave` calls of an entry without handles, while a pending request may add a handle. */
  readonly deserted: (() => void)[];
}

/** The subscriptions, or the registrations, of one WAMP session. */
export class Attachments<H extends Handle> {
  readonly #kind: Kind<H>;
  readonly #ask: SendRequest;
  readonly #entries = new Map<Id, Attachment<H>>();
  /** The number of pending requests, by URI. */
  readonly #joining = new Map<Uri, number>();
  /** The entries without handles, which cannot be left while a request for their URI is pending. */
  readonly #deserted = new Set<Attachment<H>>();
  readonly #past = new Recent();

  constructor(kind: Kind<H>, ask: SendRequest) {
    this.#kind = kind;
    this.#ask = ask;
  }

  /** The number of ids in use or asked for. */
  get size(): number {
    return this.#entries.size + this.#joining.size;
  }

  /** The entry of an id; undefined if it has ended. @throws ProtocolViolation for an id that was never given */
  find(id: Id): Attachment<H> | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined && !this.#past.has(id)) throw new ProtocolViolation(`id ${id} was never given`);
    return entry;
  }

  /** Sends SUBSCRIBE or REGISTER. @param answered receives the router's error, or undefined on success */
  join(handle: H, answered: (error?: Error) => void): void {
    const { uri } = handle;
    const waiter: Waiter = {
      type: this.#kind.joinType,
      answered: (answer) => {
        this.#attach(this.#kind.idIn(answer), handle);
        this.#joined(uri);
        answered();
        // The handle was ended while the request was pending.
        if (handle.state === 'ended') void this.leave(handle).catch(ignore);
      },
      failed: (error) => {
        this.#joined(uri);
        answered(error);
      },
      // The handle is requested again, on the next connection.
      lost: () => this.#joined(uri),
    };
    this.#joining.set(uri, (this.#joining.get(uri) ?? 0) + 1);
    this.#ask(waiter, (request) => this.#kind.join(request, handle));
  }

  /** Removes the handle from its id; the last one unsubscribes or unregisters. Resolves when that is done. */
  leave(handle: H): Promise<void> {
    const entry = handle.givenId === undefined ? undefined : this.#entries.get(handle.givenId);
    if (entry?.handles.delete(handle) !== true) return Promise.resolve();
    for (const other of entry.handles) entry.serving = other;
    return this.#leaveIfDeserted(entry);
  }

  /** The router has revoked it. @throws ProtocolViolation for an id that was never given */
  revoke(id: Id | undefined, reason: string | undefined): void {
    if (id === undefined) throw new ProtocolViolation('revocation of no id');
    const entry = this.find(id);
    this.#forget(id);
    for (const handle of entry?.handles ?? []) handle.end({ reason: reason ?? 'revoked' });
  }

  /** The WAMP session has ended, and its ids are void. */
  detach(): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    this.#deserted.clear();
    for (const { handles } of entries) {
      for (const handle of handles) handle.detach();
    }
  }

  #attach(id: Id, handle: H): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      this.#entries.set(id, {
        id,
        uri: handle.uri,
        handles: new Set([handle]),
        serving: handle,
        deserted: [],
      });
    } else {
      entry.handles.add(handle);
      entry.serving = handle;
    }
    handle.attach(id);
  }

  /** A request was answered: entries without handles that waited for it can be left now. */
  #joined(uri: Uri): void {
    const left = (this.#joining.get(uri) ?? 1) - 1;
    if (left > 0) {
      this.#joining.set(uri, left);
      return;
    }
    this.#joining.delete(uri);
    for (const entry of this.#deserted) {
      if (entry.uri !== uri) continue;
      this.#deserted.delete(entry);
      const waiting = entry.deserted.splice(0);
      void this.#leaveIfDeserted(entry)
        .catch(ignore)
        .then(() => {
          for (const resolve of waiting) resolve();
        });
    }
  }

  #leaveIfDeserted(entry: Attachment<H>): Promise<void> {
    if (entry.handles.size > 0) return Promise.resolve();
    // The router processes messages in order: an UNSUBSCRIBE sent after a pending SUBSCRIBE would end the
    // subscription for the new handle, too.
    if (this.#joining.has(entry.uri)) {
      this.#deserted.add(entry);
      return new Promise((resolve) => entry.deserted.push(resolve));
    }
    return new Promise((resolve, reject) => {
      const gone = (): void => {
        // Meanwhile the id may be in use again, for this entry or another.
        if (entry.handles.size === 0 && this.#entries.get(entry.id) === entry) this.#forget(entry.id);
        resolve();
      };
      const waiter: Waiter = {
        type: this.#kind.leaveType,
        answered: gone,
        failed: (error) => {
          // In both cases the router has already forgotten it.
          if (error instanceof ConnectionLostError || WampError.is(error, this.#kind.noSuch)) gone();
          else reject(error);
        },
      };
      this.#ask(waiter, (request) => this.#kind.leave(request, entry.id));
    });
  }

  #forget(id: Id): void {
    this.#entries.delete(id);
    this.#past.add(id);
  }
}
