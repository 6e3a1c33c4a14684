/** Recovery of a stream: fetches the events that its reader has missed, by the same procedure as WAMP clients. */
import { ApplicationError, ErrorUri, type Args, type Dict, type Kwargs } from '@wamp/protocol';
import type { LocalEvent, LocalSession } from '@wamp/router';
import { positionAfter, type StreamPosition } from './event-query.ts';

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
  readonly seen: StreamPosition['seen'];
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
    let reached: StreamPosition = {
      epoch: page.epoch,
      offset: page.offset,
      session: session.id,
      seen: at?.seen,
    };
    for (const told of page.events) {
      const event = eventIn(told as Told);
      reached = positionAfter(reached, event) ?? reached;
      await tell(event, reached);
      events += 1;
    }
    // Earlier events are requested as those of the former session, even though another session delivers them.
    const former = after?.session ?? session.id;
    at = { ...reached, offset: page.offset, session: former, seen: page.seen ?? reached.seen };
    if (!page.more) return { position: { ...at, session: session.id }, complete, events };
  }
}

async function ask(
  session: LocalSession,
  subscription: number,
  at: StreamPosition | undefined,
): Promise<Page> {
  const position = at === undefined ? {} : positionFor(at);
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
    return { events: [], epoch: undefined, offset: 0, seen: undefined, complete: false, more: false };
  }
}

function positionFor({ epoch, offset, session, seen }: StreamPosition): Kwargs {
  return { epoch, offset, sessions: [session], ...(seen && { seen }) };
}

function pageOf(events: Args, { epoch, offset, seen, complete, more }: Kwargs): Page {
  return {
    events,
    epoch: typeof epoch === 'number' ? epoch : undefined,
    offset: typeof offset === 'number' ? offset : 0,
    seen: seen as StreamPosition['seen'],
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
