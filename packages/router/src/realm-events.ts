/** Translates the hooks of a realm into events of the router. */
import { ErrorUri, MessageType } from '@wamp/protocol';
import type { Realm } from './core/realm.ts';
import type { Request } from './core/requests.ts';
import type { AuthorizationDenied, RouterEvents } from './events.ts';

/** Emits an event of the router for each hook of `realm`. */
export function tellOf(realm: Realm, events: RouterEvents): void {
  const { name } = realm;
  realm.joined.on(({ id, principal: { authid, authrole } }) => {
    events.emit({ code: 'session_joined', realm: name, session: id, authid, authrole });
  });
  realm.left.on(({ id }) => {
    events.emit({ code: 'session_left', realm: name, session: id });
  });
  realm.denied.on(({ id }, message, reason) => {
    if (reason !== ErrorUri.NOT_AUTHORIZED && reason !== ErrorUri.AUTHORIZATION_FAILED) return;
    const what = { realm: name, session: id, ...asked(message), reason };
    events.emit({ code: 'authorization_denied', ...what });
  });
  realm.limited.added.on((limit, amount) => {
    events.emit({ code: 'limit_met', limit, realm: name, amount });
  });
  realm.fellBehind.on(({ id }, dropped) => {
    events.emit({ code: 'slow_consumer', realm: name, session: id, dropped });
  });
}

function asked(message: Request): Pick<AuthorizationDenied, 'action' | 'uri'> {
  switch (message.type) {
    case MessageType.CALL:
      return { action: 'call', uri: message.procedure };
    case MessageType.REGISTER:
      return { action: 'register', uri: message.procedure };
    case MessageType.PUBLISH:
      return { action: 'publish', uri: message.topic };
    case MessageType.SUBSCRIBE:
      return { action: 'subscribe', uri: message.topic };
  }
}
