/** Depth, age and bytes: a log in a file forgets what one in memory does. */
import { Payload } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import {
  createRouter,
  memoryStore,
  type EventLog,
  type EventStore,
  type LoggedEvent,
  type Realm,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sqliteStore } from '../src/index.ts';
import { freshFile } from './support/folder.ts';

const RUNS = process.env['WAMP_DEEP'] === '1' ? 60 : 25;

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      log: fc.nat(1),
      size: fc.constantFrom(10, 100, 900, 5000, 9000),
      withheld: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(1, 400, 1001) }) },
  {
    weight: 2,
    arbitrary: fc.record({ read: fc.nat(1), after: fc.nat(30), upTo: fc.nat(40), reverse: fc.boolean() }),
  },
);

interface Bounds {
  readonly depth: number;
  readonly age: number;
  readonly bytes: number;
}

/** Two logs of one realm, the limits of which they share. */
class Logs {
  readonly realm: Realm;
  readonly logs: readonly EventLog[];
  readonly #offsets = [0, 0];

  constructor(store: EventStore, clock: ManualClock, { depth, age, bytes }: Bounds) {
    const router = createRouter({ realms: ['realm1'], features: [], clock, stores: { historyBytes: bytes } });
    const realm = router.realm('realm1');
    if (realm === undefined) throw new Error('there is no realm1');
    this.realm = realm;
    const rule = { match: 'exact', depth, age, epoch: 1 } as const;
    this.logs = ['com.a', 'com.b'].map((topic) => store.log(realm, { ...rule, topic }));
  }

  append(log: number, id: number, size: number, withheld: boolean): void {
    const offset = (this.#offsets[log] = (this.#offsets[log] ?? 0) + 1);
    const payload = Payload.encoded(cbor, cbor.encodePayload([new Uint8Array(size)], {}, 1), 1);
    const publication = { id, topic: 'com.a', options: {}, payload, origin: { kind: 'session' } } as const;
    const event: LoggedEvent = {
      offset,
      time: this.realm.clock.now(),
      withheld,
      weight: size + 500,
      publication,
    };
    void this.logs[log]?.append(event);
  }

  read(
    log: number,
    after: number,
    upTo: number,
    reverse: boolean,
  ): readonly (readonly [number, number, boolean])[] {
    const found: [number, number, boolean][] = [];
    void this.logs[log]?.read({ after, upTo, reverse, from: -Infinity, until: Infinity }, (event) => {
      found.push([event.offset, event.publication.id, event.withheld]);
      return found.length < 20;
    });
    return found;
  }
}

test.each<Bounds>([
  { depth: 5, age: 1000, bytes: 1_000_000 },
  { depth: 1000, age: Infinity, bytes: 8000 },
])('DUR-10 the same events are left as in memory, and the same are found: %o', (bounds) => {
  let forgotten = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const [here, there] = [new ManualClock(), new ManualClock()];
      const memory = new Logs(memoryStore(), here, bounds);
      const store = sqliteStore({ path: freshFile(), writeFirst: false, synchronous: 'off', thread: false });
      const file = new Logs(store, there, bounds);
      let id = 0;
      for (const next of steps) {
        if ('wait' in next) for (const clock of [here, there]) clock.advance(next.wait);
        else if ('size' in next) {
          id += 1;
          for (const clock of [here, there]) clock.advance(1);
          for (const logs of [memory, file]) logs.append(next.log, id, next.size, next.withheld);
          // What reads has it written: without, several events make room for one another.
          file.read(0, 0, 0, false);
        } else {
          const [expected, actual] = [memory, file].map((logs) =>
            logs.read(next.read, next.after, next.upTo, next.reverse),
          );
          expect(actual).toEqual(expected);
          expect(file.logs[next.read]?.find(next.after)).toBe(memory.logs[next.read]?.find(next.after));
        }
      }
      let left = 0;
      for (const log of [0, 1]) {
        const events = memory.read(log, 0, Infinity, false);
        expect(file.read(log, 0, Infinity, false)).toEqual(events);
        left += events.length;
      }
      expect(file.realm.kept.history.used).toBe(0);
      expect(file.realm.limited.toObject()).toEqual(memory.realm.limited.toObject());
      forgotten += id - left;
      void store.close();
    }),
    { numRuns: RUNS },
  );
  expect(forgotten).toBeGreaterThan(10);
});
