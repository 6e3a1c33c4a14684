/** Conversations about trace contexts, which the router copies from requests to deliveries. */
import { createRouter, defaultFeatures, type Feature } from '@wamp/router';
import { converse } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { Client } from '../support/client.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const CHILD = '00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01';
const TRACE = `"traceparent": "${PARENT}", "tracestate": "rojo=1,congo=2"`;

test('CALL passes its trace context to INVOCATION, also with further input', () =>
  converse(`
    callee → [64, 1, {}, "com.add"]
    callee ← [65, 1, $add]
    caller → [48, 1, {${TRACE}, "progress": true}, "com.add", [1]]
    callee ← [68, 1, $add, {${TRACE}, "progress": true}, [1]]
    caller → [48, 1, {}, "com.add", [2]]
    callee ← [68, 1, $add, {${TRACE}}, [2]]
    callee → [70, 1, {}, [3]]
    caller ← [50, 1, {}, [3]]
  `));

test('PUBLISH passes its trace context to EVENT, but not to a retained event', () =>
  converse(`
    subscriber → [32, 1, {}, "com.news"]
    subscriber ← [33, 1, $news]
    publisher → [16, 1, {${TRACE}, "retain": true}, "com.news", [1]]
    subscriber ← [36, $news, *, {${TRACE}}, [1]]
    later → [32, 1, {"get_retained": true}, "com.news"]
    later ← [33, 1, $news]
    later ← [36, $news, *, {"retained": true}, [1]]
  `));

test.each([
  ['malformed', '"traceparent": "00-4bf9"'],
  ['of zeros', `"traceparent": "00-${'0'.repeat(32)}-00f067aa0ba902b7-01"`],
  ['of version ff', `"traceparent": "${PARENT.replace('00-', 'ff-')}"`],
  ['followed by something', `"traceparent": "${PARENT}-x"`],
  ['null', '"traceparent": null'],
  ['without a parent', '"tracestate": "rojo=1"'],
])('a trace context that is %s is ignored', (_what, options) =>
  converse(`
    callee → [64, 1, {}, "com.add"]
    callee ← [65, 1, $add]
    caller → [48, 1, {${options}}, "com.add"]
    callee ← [68, 1, $add, {}]
  `),
);

test('a state that is too long is ignored, a parent that is no text is a violation', () =>
  converse(`
    callee → [64, 1, {}, "com.add"]
    callee ← [65, 1, $add]
    caller → [48, 1, {"traceparent": "${PARENT}", "tracestate": "${'x'.repeat(513)}"}, "com.add"]
    callee ← [68, 1, $add, {"traceparent": "${PARENT}"}]
    caller → [48, 2, {"traceparent": 1}, "com.add"]
    caller ← [3, {...}, "wamp.error.protocol_violation"]
    caller ← closed
    callee ← [69, 1, {...}]
  `));

test('a feature replaces the trace context, and learns how calls end', async () => {
  const ends: unknown[] = [];
  const tracing: Feature = {
    install({ dealer: { calls }, broker }) {
      calls.assigned.on((call) => {
        calls.propagate(call, { traceparent: CHILD });
      });
      calls.ended.on(({ procedure }, error) => ends.push([procedure, error]));
      broker.accepted.on((publication) => {
        publication.trace = { traceparent: CHILD };
      });
    },
  };
  const router = createRouter({ realms: ['realm1'], features: [...defaultFeatures(), tracing] });
  const client = await Client.join(router);
  await client.say([64, 1, {}, 'com.add'], [32, 2, {}, 'com.news']);
  await client.say(
    [48, 3, { traceparent: PARENT, tracestate: 'rojo=1' }, 'com.add'],
    [16, 4, { exclude_me: false }, 'com.news'],
  );
  await client.say([8, 68, 1, {}, 'com.failed'], [48, 5, {}, 'wamp.session.count']);
  expect(client.heard.slice(2)).toEqual([
    [68, 1, expect.any(Number), { traceparent: CHILD }],
    [36, expect.any(Number), expect.any(Number), { traceparent: CHILD }],
    [8, 48, 3, {}, 'com.failed'],
    [50, 5, {}, [1]],
  ]);
  expect(ends).toEqual([
    ['com.add', 'com.failed'],
    ['wamp.session.count', undefined],
  ]);
});
