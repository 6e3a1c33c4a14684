/** Conversations about payloads that nobody but the ends reads (checklist §2.31). */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

const PPT =
  '"ppt_scheme": "x_custom", "ppt_serializer": "cbor", "ppt_cipher": "xsalsa20poly1305", "ppt_keyid": "0xAb"';
const BINARY = '["\\u0000EOP/kFMHXFJvX8BtT+N82w=="]';

function without(peer: string, role: string): ConversationOptions {
  return { peers: { [peer]: { roles: { [role]: { features: { call_canceling: true } } } } } };
}

describe('copied to the other end', () => {
  test('PPT-1 PPT-6 PPT-7 PPT-9 CALL to INVOCATION, YIELD to RESULT', () =>
    converse(`
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      caller → [48, 1, {${PPT}}, "com.secret", ${BINARY}]
      callee ← [68, 1, $secret, {${PPT}}, ${BINARY}]
      callee → [70, 1, {${PPT}}, ${BINARY}]
      caller ← [50, 1, {${PPT}}, ${BINARY}]
    `));

  test('PPT-6 PUBLISH to EVENT', () =>
    converse(`
      subscriber → [32, 1, {}, "com.secret"]
      subscriber ← [33, 1, $secret]
      subscriber → [32, 2, {"match": "prefix"}, "com"]
      subscriber ← [33, 2, $prefix]
      publisher → [16, 1, {${PPT}, "disclose_me": true}, "com.secret", ${BINARY}]
      subscriber ← [36, $secret, *, {${PPT}, "publisher": $publisher, "publisher_authid": *, "publisher_authrole": *}, ${BINARY}]
      subscriber ← [36, $prefix, *, {${PPT}, "publisher": $publisher, "publisher_authid": *, "publisher_authrole": *, "topic": "com.secret"}, ${BINARY}]
    `));

  test('PPT-6 ERROR to ERROR', () =>
    converse(`
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      caller → [48, 1, {${PPT}}, "com.secret", ${BINARY}]
      callee ← [68, 1, $secret, {${PPT}}, ${BINARY}]
      callee → [8, 68, 1, {${PPT}}, "com.error.secret", ${BINARY}]
      caller ← [8, 48, 1, {${PPT}}, "com.error.secret", ${BINARY}]
    `));

  test('PPT-6 PPT-8 only what was said is copied, and whatever it says', () =>
    converse(`
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      caller → [48, 1, {"ppt_scheme": "mqtt", "x_ppt": 1}, "com.secret", [1, 2], {"not": "binary"}]
      callee ← [68, 1, $secret, {"ppt_scheme": "mqtt"}, [1, 2], {"not": "binary"}]
      callee → [70, 1, {"ppt_scheme": "unheard-of", "ppt_keyid": ""}]
      caller ← [50, 1, {"ppt_scheme": "unheard-of", "ppt_keyid": ""}]
    `));

  test('PPT-1 without a scheme there is no passthru', () =>
    converse(`
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      subscriber → [32, 1, {}, "com.secret"]
      subscriber ← [33, 1, $topic]
      caller → [48, 1, {"ppt_scheme": "", "ppt_serializer": "cbor", "ppt_cipher": "c", "ppt_keyid": "k"}, "com.secret", [1]]
      callee ← [68, 1, $secret, {}, [1]]
      callee → [70, 1, {"ppt_serializer": "cbor"}, [2]]
      caller ← [50, 1, {}, [2]]
      caller → [16, 2, {"ppt_keyid": "k"}, "com.secret", [3]]
      subscriber ← [36, $topic, *, {}, [3]]
    `));

  test('PPT-10 in parts, both ways', () =>
    converse(`
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      caller → [48, 1, {"ppt_scheme": "x_a", "progress": true, "receive_progress": true}, "com.secret", [1]]
      callee ← [68, 1, $secret, {"ppt_scheme": "x_a", "progress": true, "receive_progress": true}, [1]]
      caller → [48, 1, {}, "com.secret", [2]]
      callee ← [68, 1, $secret, {"ppt_scheme": "x_a", "receive_progress": true}, [2]]
      callee → [70, 1, {"ppt_scheme": "x_b", "progress": true}, [3]]
      caller ← [50, 1, {"ppt_scheme": "x_b", "progress": true}, [3]]
      callee → [70, 1, {"ppt_scheme": "x_c"}, [4]]
      caller ← [50, 1, {"ppt_scheme": "x_c"}, [4]]
    `));
});

describe('without the announcement', () => {
  test.each([
    ['CALL', 'caller', '[48, 1, {"ppt_scheme": "x_custom"}, "com.secret"]'],
    ['PUBLISH', 'publisher', '[16, 1, {"ppt_scheme": "x_custom"}, "com.secret"]'],
    [
      'PUBLISH with acknowledge',
      'publisher',
      '[16, 1, {"ppt_scheme": "x_custom", "acknowledge": true}, "com.secret"]',
    ],
  ])('PPT-2 VIO-8 %s is a violation', (_what, role, message) =>
    converse(
      `
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, *]
      callee → [32, 2, {"match": "prefix"}, ""]
      callee ← [33, 2, *]
      plain → ${message}
      plain ← [3, {...}, "wamp.error.protocol_violation"]
      plain ← closed
      callee ← nothing
    `,
      without('plain', role),
    ),
  );

  test('PPT-2 VIO-8 so is YIELD, and the caller learns that the callee is gone', () =>
    converse(
      `
      plain → [64, 1, {}, "com.secret"]
      plain ← [65, 1, $secret]
      caller → [48, 1, {}, "com.secret"]
      plain ← [68, 1, $secret, {}]
      plain → [70, 1, {"ppt_scheme": "x_custom"}, ${BINARY}]
      plain ← [3, {...}, "wamp.error.protocol_violation"]
      plain ← closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
    `,
      without('plain', 'callee'),
    ));

  test('PPT-2 each role announces for itself', () =>
    converse(
      `
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      plain → [48, 1, {"ppt_scheme": "x_custom"}, "com.secret"]
      callee ← [68, 1, $secret, {"ppt_scheme": "x_custom"}]
      plain → [16, 2, {"ppt_scheme": "x_custom"}, "com.secret"]
      plain ← [3, {...}, "wamp.error.protocol_violation"]
      plain ← closed
      callee ← [69, 1, {...}]
    `,
      {
        peers: {
          plain: { roles: { caller: { features: { payload_passthru_mode: true } }, publisher: {} } },
        },
      },
    ));

  test('PPT-3 a call to a callee that does not know it fails', () =>
    converse(
      `
      plain → [64, 1, {}, "com.secret"]
      plain ← [65, 1, *]
      caller → [48, 1, {${PPT}}, "com.secret", ${BINARY}]
      caller ← [8, 48, 1, {}, "wamp.error.feature_not_supported", *]
      plain ← nothing
    `,
      without('plain', 'callee'),
    ));

  test('PPT-4 T-30 a result for a caller without the feature: both get an error', () =>
    converse(
      `
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      plain → [48, 1, {}, "com.secret"]
      callee ← [68, 1, $secret, {}]
      callee → [70, 1, {${PPT}}, ${BINARY}]
      callee ← [8, 70, 1, {}, "wamp.error.feature_not_supported", *]
      plain ← [8, 48, 1, {}, "wamp.error.feature_not_supported", *]
      callee → [70, 1, {}, ["in plain"]]
      plain ← nothing
      plain → [48, 2, {}, "com.secret"]
      callee ← [68, 2, $secret, {}]
    `,
      without('plain', 'caller'),
    ));

  test('PPT-4 T-30 a progressive one as well', () =>
    converse(
      `
      callee → [64, 1, {}, "com.secret"]
      callee ← [65, 1, $secret]
      plain → [48, 1, {"receive_progress": true}, "com.secret"]
      callee ← [68, 1, $secret, {"receive_progress": true}]
      callee → [70, 1, {${PPT}, "progress": true}, ${BINARY}]
      callee ← [8, 70, 1, {}, "wamp.error.feature_not_supported", *]
      plain ← [8, 48, 1, {}, "wamp.error.feature_not_supported", *]
    `,
      { peers: { plain: { roles: { caller: { features: { progressive_call_results: true } } } } } },
    ));

  test('PPT-5 subscribers that do not know it get it all the same', () =>
    converse(
      `
      plain → [32, 1, {}, "com.secret"]
      plain ← [33, 1, $secret]
      publisher → [16, 1, {${PPT}}, "com.secret", ${BINARY}]
      plain ← [36, $secret, *, {${PPT}}, ${BINARY}]
    `,
      without('plain', 'subscriber'),
    ));
});
