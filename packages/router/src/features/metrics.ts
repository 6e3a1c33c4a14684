/** Serves `wamp.metrics.get`, a procedure of this project, which returns the counts of a realm. */
import { MessageType } from '@wamp/protocol';
import type { Feature } from '../core/realm.ts';
import { taking } from './arguments.ts';

export const metrics: Feature = {
  install(realm) {
    const { broker, dealer, clock, traffic, sessions } = realm;
    const started = clock.elapsed();
    const { received, sent, dropped, denied } = traffic;
    realm.procedure(
      'wamp.metrics.get',
      taking({}, () => [
        {
          uptime_ms: Math.round(clock.elapsed() - started),
          sessions: sessions.size,
          subscriptions: broker.subscriptions.size,
          registrations: dealer.registrations.size - realm.ownProcedures,
          messages_received: received.total,
          messages_sent: sent.total,
          messages_dropped: dropped.total,
          requests_denied: denied.total,
          limits_exceeded: realm.limited.toObject(),
          kept_bytes: { total: realm.kept.used, ...realm.kept.byStore() },
          publications: received.of(MessageType.PUBLISH),
          events: sent.of(MessageType.EVENT),
          calls: received.of(MessageType.CALL),
          invocations: sent.of(MessageType.INVOCATION),
          errors: sent.of(MessageType.ERROR),
          by_type: {
            received: received.toObject(),
            sent: sent.toObject(),
            dropped: dropped.toObject(),
            denied: denied.toObject(),
          },
        },
      ]),
    );
  },
};
