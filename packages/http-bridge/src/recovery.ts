/** Recovery of a stream: fetches the events that its reader has missed, by the same procedure as WAMP clients. */
import { ApplicationError, ErrorUri, type Args, type Dict, type Kwargs } from '@wamp/protocol';
import type { LocalEvent, LocalSession } from '@wamp/router';
import type { StreamPosition } from './event-query.ts';

/** The state of a stream after the recovery. */
export interface Recovered {
  /** Undefined for a subscription without a log. */
  readonly position: StreamPosition | undefined;
  /** False when the reader may have missed an event that is not available. */
  readonly complete: boolean;
  /** The number of recovered events. */
  readonly events: number;
}

/** The parameters of a recovery. */
export interface RecoveryRequest {
  readonly subscription: number;
  readonly after: StreamPosition | undefined;
  /** Writes an event; rejects when the reader has disconnected. */
  readonly tell: (event: LocalEvent, position: StreamPosition) => Promise<void>;
}

/** An answer of `wamp.subscription.recover`. */
interface Page {
  readonly events: Args;
  readonly epoch: number | undefined;
  readonly offset: number;
  readonly complete: boolean;
  readonly more: boolean;
}

/** Writes all events after a position, oldest first. */
export async function recover(session: LocalSession, request: RecoveryRequest): Promise<Recovered> {
  const { after, subscription, tell } = request;
  let complete = true;
  let events = 0;
  let at: StreamPosition | undefined = after;
  for (;;) {
    const page = await ask(session, subscription, at);
    complete &&= page.complete;
    if (page.epoch === undefined) return { position: undefined, complete: after === undefined, events };
    for (const told of page.events) {
      const event = eventIn(told as Told);
      const offset = event.details.x_offset ?? page.offset;
      await tell(event, { epoch: page.epoch, offset, session: session.id });
      events += 1;
    }
    // Earlier events are requested as those of the former session, even though another session delivers them.
    at = { epoch: page.epoch, offset: page.offset, session: after?.session ?? session.id };
    if (!page.more) return { position: { ...at, session: session.id }, complete, events };
  }
}

async function ask(
  session: LocalSession,
  subscription: number,
  at: StreamPosition | undefined,
): Promise<Page> {
  const position = at === undefined ? {} : { epoch: at.epoch, offset: at.offset, sessions: [at.session] };
  try {
    const { args, kwargs } = await session.call('wamp.subscription.recover', [subscription], position);
    return pageOf(args, kwargs);
  } catch (error) {
    if (!(error instanceof ApplicationError) || !session.isOpen) throw error;
    // One event is too long for an answer; the recovery continues after it.
    if (error.uri === ErrorUri.PAYLOAD_SIZE_EXCEEDED) {
      return pageOf([], { ...error.kwargs, complete: false, more: true });
    }
    // The router has no logs, or the role may not ask for them.
    return { events: [], epoch: undefined, offset: 0, complete: false, more: false };
  }
}

function pageOf(events: Args, { epoch, offset, complete, more }: Kwargs): Page {
  return {
    events,
    epoch: typeof epoch === 'number' ? epoch : undefined,
    offset: typeof offset === 'number' ? offset : 0,
    complete: complete === true,
    more: more === true,
  };
}

/** An event as `wamp.subscription.recover` returns it. */
interface Told {
  readonly publication: number;
  readonly details: LocalEvent['details'];
  readonly args?: Args;
  readonly kwargs?: Dict;
}

function eventIn({ publication, details, args = [], kwargs = {} }: Told): LocalEvent {
  return { publication, details, args, kwargs };
}
