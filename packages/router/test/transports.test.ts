/** The same conversations over every transport, in every serializer: none makes a difference. */
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';
import { KIND_NAMES, Place, type KindName } from './support/places.ts';

const SERIALIZERS = [json, msgpack, cbor] as const;
const EVERY = KIND_NAMES.flatMap((kind) =>
  SERIALIZERS.map((serializer) => [kind, serializer.name, serializer] as const),
);

async function over(
  kind: KindName,
  serializer: Serializer,
  script: string,
  options: ConversationOptions = {},
): Promise<void> {
  await using place = new Place(kind);
  // In memory is what conversations do by themselves; there, time is a turn.
  const connect = kind === 'in memory' ? {} : { connect: place.connect };
  await converse(script, { serializer, ...connect, ...options });
}

describe.each(EVERY)('%s, %s', (kind, _name, serializer) => {
  test('RAW-1 WS-2 BAT-3 LP-2 LP-3 a call finds its callee, and the result its caller', () =>
    over(
      kind,
      serializer,
      `
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      caller → [48, 1, {}, "com.add", [1, 2], {"exact": true}]
      callee ← [68, 1, $add, {}, [1, 2], {"exact": true}]
      callee → [70, 1, {}, [3]]
      caller ← [50, 1, {}, [3]]
      caller → [48, 2, {}, "com.add", ["\\u0000AAEC", "é 🦀", [], null, 1.5, -7]]
      callee ← [68, 2, $add, {}, ["\\u0000AAEC", "é 🦀", [], null, 1.5, -7]]
      callee → [70, 2, {}]
      caller ← [50, 2, {}]
      callee → [66, 2, $add]
      callee ← [67, 2]
      caller → [48, 3, {}, "com.add"]
      caller ← [8, 48, 3, {}, "wamp.error.no_such_procedure"]
      `,
    ));

  test('calls that pass each other', () =>
    over(
      kind,
      serializer,
      `
      callee → [64, 1, {}, "com.echo"]
      callee ← [65, 1, $echo]
      ann → [48, 1, {}, "com.echo", ["ann 1"]]
      bob → [48, 1, {}, "com.echo", ["bob 1"]]
      ann → [48, 2, {}, "com.echo", ["ann 2"]]
      callee ← [68, 1, $echo, {}, ["ann 1"]]
      callee ← [68, 2, $echo, {}, ["bob 1"]]
      callee ← [68, 3, $echo, {}, ["ann 2"]]
      callee → [70, 3, {}, ["ann 2"]]
      callee → [70, 2, {}, ["bob 1"]]
      callee → [70, 1, {}, ["ann 1"]]
      ann ← [50, 2, {}, ["ann 2"]]
      ann ← [50, 1, {}, ["ann 1"]]
      bob ← [50, 1, {}, ["bob 1"]]
      `,
    ));

  test('an event reaches every subscriber, in order, and no other session', () =>
    over(
      kind,
      serializer,
      `
      ann → [32, 1, {}, "com.topic"]
      ann ← [33, 1, $exact]
      bob → [32, 1, {"match": "prefix"}, "com."]
      bob ← [33, 1, $prefix]
      eve → [32, 1, {}, "com.other"]
      eve ← [33, 1, $other]
      pub → [16, 1, {}, "com.topic", [1]]
      pub → [16, 2, {"acknowledge": true}, "com.topic", [2], {"two": 2}]
      pub ← [17, 2, $second]
      ann ← [36, $exact, *, {}, [1]]
      ann ← [36, $exact, $second, {}, [2], {"two": 2}]
      bob ← [36, $prefix, *, {"topic": "com.topic"}, [1]]
      bob ← [36, $prefix, $second, {"topic": "com.topic"}, [2], {"two": 2}]
      eve ← nothing
      ann → [34, 2, $exact]
      ann ← [35, 2]
      pub → [16, 3, {}, "com.topic", [3]]
      bob ← [36, $prefix, *, {"topic": "com.topic"}, [3]]
      ann ← nothing
      `,
    ));

  test('errors come from the callee and from the router', () =>
    over(
      kind,
      serializer,
      `
      callee → [64, 1, {}, "com.fail"]
      callee ← [65, 1, $fail]
      other → [64, 1, {}, "com.fail"]
      other ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      caller → [48, 1, {}, "com.fail", [0]]
      callee ← [68, 1, $fail, {}, [0]]
      callee → [8, 68, 1, {}, "com.error.zero", ["no"], {"really": "no"}]
      caller ← [8, 48, 1, {}, "com.error.zero", ["no"], {"really": "no"}]
      caller → [34, 2, 77]
      caller ← [8, 34, 2, {}, "wamp.error.no_such_subscription"]
      `,
    ));

  test('results come in parts', () =>
    over(
      kind,
      serializer,
      `
      callee → [64, 1, {}, "com.stream"]
      callee ← [65, 1, $stream]
      caller → [48, 1, {"receive_progress": true}, "com.stream", [3]]
      callee ← [68, 1, $stream, {"receive_progress": true}, [3]]
      callee → [70, 1, {"progress": true}, [1]]
      callee → [70, 1, {"progress": true}, [2]]
      callee → [70, 1, {}, ["done"]]
      caller ← [50, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [2]]
      caller ← [50, 1, {}, ["done"]]
      `,
    ));

  test('a call is canceled, one times out, and one dies with its callee', () =>
    over(
      kind,
      serializer,
      `
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $slow]
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {"mode": "kill", ...}]
      caller ← nothing
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      caller → [48, 2, {"timeout": 500}, "com.slow"]
      callee ← [68, 2, $slow, {}]
      clock +499
      caller ← nothing
      clock +1
      caller ← [8, 48, 2, {}, "wamp.error.timeout"]
      callee ← [69, 2, {...}]
      caller → [48, 3, {}, "com.slow"]
      callee ← [68, 3, $slow, {}]
      callee → closed
      caller ← [8, 48, 3, {}, "wamp.error.canceled", *]
      `,
    ));

  test('both sides say GOODBYE, and the transport ends', () =>
    over(
      kind,
      serializer,
      `
      watcher → [32, 1, {}, "wamp.session.on_leave"]
      watcher ← [33, 1, $left]
      client → [6, {}, "wamp.close.close_realm"]
      client ← [6, {}, "wamp.close.goodbye_and_out"]
      client ← closed
      watcher ← [36, $left, *, {}, [$client, *, *]]
      `,
    ));

  test('a violation ends the offending session only', () =>
    over(
      kind,
      serializer,
      `
      watcher → [32, 1, {}, "wamp.session.on_leave"]
      watcher ← [33, 1, $left]
      offender → [2, 1, {}]
      offender ← [3, {...}, "wamp.error.protocol_violation"]
      offender ← closed
      garbage → raw \u001f no message
      garbage ← [3, {...}, "wamp.error.protocol_violation"]
      garbage ← closed
      watcher ← [36, $left, *, {}, [$offender, *, *]]
      watcher ← [36, $left, *, {}, [$garbage, *, *]]
      watcher → [48, 2, {}, "wamp.session.count"]
      watcher ← [50, 2, {}, [1]]
      `,
    ));

  test('a client that does not join properly gets the reason', () =>
    over(
      kind,
      serializer,
      `
      stranger → [1, "nowhere", {"roles": {"caller": {}}}]
      stranger ← [3, {...}, "wamp.error.no_such_realm"]
      stranger ← closed
      `,
    ));

  test('large messages pass whole', () => {
    const text = 'wamp '.repeat(40_000);
    return over(
      kind,
      serializer,
      `
      ann → [32, 1, {}, "com.large"]
      ann ← [33, 1, $large]
      bob → [16, 1, {"acknowledge": true}, "com.large", [${JSON.stringify(text)}]]
      bob ← [17, 1, $publication]
      ann ← [36, $large, $publication, {}, [${JSON.stringify(text)}]]
      `,
    );
  });
});
