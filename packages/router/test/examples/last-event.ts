import { ApplicationError } from '@wamp/protocol';
import { eligibility, remember, taking, type Feature, type Remembered } from '@wamp/router';

/** The maximum size of the events that are kept, over all topics (bytes). */
const LIMIT = 1024 * 1024;

/** `com.example.last(topic)` returns the arguments of the topic's last event to sessions that could have received it. */
export const lastEvent: Feature = {
  install(realm) {
    const account = realm.kept.open(LIMIT);
    const last = new Map<unknown, Remembered>();
    realm.broker.published.on((publication) => {
      // Each node keeps only the events that entered the realm there.
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
