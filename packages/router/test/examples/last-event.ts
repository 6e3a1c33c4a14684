import { ApplicationError } from '@wamp/protocol';
import { eligibility, remember, taking, type Feature, type Remembered } from '@wamp/router';

/** How much may be kept of all topics together (bytes). */
const LIMIT = 1024 * 1024;

/** Tells the arguments of a topic's last event to those who might have received it: `com.example.last(topic)`. */
export const lastEvent: Feature = {
  install(realm) {
    const account = realm.kept.open(LIMIT);
    const last = new Map<unknown, Remembered>();
    realm.broker.published.on((publication) => {
      // Each node keeps what entered the realm there.
      if (publication.origin.kind !== 'session') return;
      account.release(last.get(publication.topic)?.weight ?? 0);
      last.delete(publication.topic);
      const remembered = remember(publication);
      if (account.reserve(remembered.weight)) last.set(publication.topic, remembered);
    });
    realm.procedure(
      'com.example.last',
      taking({ places: ['topic'] }, ({ args: [topic], caller }) => {
        const publication = last.get(topic)?.publication;
        const mayHear = publication && (eligibility(publication)?.(caller) ?? true);
        if (mayHear !== true) throw new ApplicationError('com.example.nothing');
        return publication.payload.lend().args;
      }),
    );
  },
};
