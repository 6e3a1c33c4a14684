/** Logs the router's events that no other log entry reports, with the code of the event. */
import { ErrorUri } from '@wamp/protocol';
import type { EventCode, EventSource } from './events.ts';
import type { Log } from './log.ts';

/**
 * The text of the entry for each event. Events that are absent here, such as a refused log-in or a slow consumer, are
 * logged with the same code and another level by the code that knows more about them.
 */
const TEXTS: Readonly<Partial<Record<EventCode, string>>> = {
  connection_opened: 'connection opened',
  connection_closed: 'connection closed',
  login_accepted: 'log-in accepted',
  session_joined: 'session joined',
  session_left: 'session left',
  realm_opened: 'realm created from a template',
  realm_closed: 'realm of a template removed',
  authorization_denied: 'authorization denied',
  limit_met: 'limit met',
};

/** Writes an entry of level `debug` for each event. */
export function logEvents(events: EventSource, log: Log): void {
  events.on((event) => {
    // An authorizer that fails to answer is logged as a warning by the code that asks it.
    if (event.code === 'authorization_denied' && event.reason === ErrorUri.AUTHORIZATION_FAILED) return;
    const text = TEXTS[event.code];
    if (text !== undefined) log('debug', text, { ...event });
  });
}
