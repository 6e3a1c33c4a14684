/** Logs those events that no other entry is about; the `code` among the facts of an entry is that of the event. */
import { ErrorUri } from '@wamp/protocol';
import type { EventCode, EventSource } from './events.ts';
import type { Log } from './log.ts';

/**
 * What the entry says. Others are logged, with the same code and at a level of their own, where more is known of them: a
 * refused log-in, a slow consumer.
 */
const TEXTS: Readonly<Partial<Record<EventCode, string>>> = {
  connection_opened: 'connection opened',
  connection_closed: 'connection closed',
  login_accepted: 'log-in accepted',
  session_joined: 'session joined',
  session_left: 'session left',
  authorization_denied: 'authorization denied',
  limit_met: 'limit met',
};

/** Has `log` told of the events, at level `debug`. */
export function logEvents(events: EventSource, log: Log): void {
  events.on((event) => {
    // An authorizer without an answer is logged, as a warning, by who asks it.
    if (event.code === 'authorization_denied' && event.reason === ErrorUri.AUTHORIZATION_FAILED) return;
    const text = TEXTS[event.code];
    if (text !== undefined) log('debug', text, { ...event });
  });
}
