/** A valid message of every type that a client sends, some of them in several forms. */
import { fromList, MessageType, type Serializer } from '@wamp/protocol';
import { REALM } from './router.ts';
import { ALL_ROLES } from './wire-session.ts';

const BYTES = Uint8Array.from([0, 1, 127, 128, 255]);

const PUBLISH_OPTIONS = {
  acknowledge: true,
  exclude_me: false,
  disclose_me: true,
  exclude: [1, 2 ** 32, 2 ** 53],
  eligible_authrole: ['anonymous'],
  retain: false,
};
const DEEP = { list: [[[[null, true, -1.5e-3]]]], text: 'Grüße ☃ 😀', 'a.b': { '': [] } };

/** As lists. */
export const MESSAGES: readonly (readonly unknown[])[] = [
  [MessageType.HELLO, REALM, { roles: ALL_ROLES, agent: 'fuzz', authid: 'joe', authmethods: ['anonymous'] }],
  [MessageType.ABORT, { message: 'no more' }, 'wamp.error.canceled'],
  [MessageType.AUTHENTICATE, 'signature', { nonce: 'abc' }],
  [MessageType.GOODBYE, {}, 'wamp.close.close_realm'],
  [MessageType.ERROR, MessageType.INVOCATION, 1, {}, 'com.example.error', ['no', 7], { code: DEEP }],
  [MessageType.PUBLISH, 1, {}, 'com.example.topic'],
  [MessageType.PUBLISH, 2, PUBLISH_OPTIONS, 'com.example.topic', [1, 'two', null, BYTES], DEEP],
  [MessageType.PUBLISH, 3, { acknowledge: true }, 'com.example.other', [2 ** 40, -(2 ** 33), 0.1]],
  [MessageType.SUBSCRIBE, 4, {}, 'com.example.topic'],
  [MessageType.SUBSCRIBE, 5, { match: 'prefix' }, 'com.example.'],
  [MessageType.SUBSCRIBE, 6, { match: 'prefix', get_retained: true }, ''],
  [MessageType.SUBSCRIBE, 7, { match: 'wildcard' }, 'com..topic'],
  [MessageType.UNSUBSCRIBE, 8, 3],
  [MessageType.CALL, 19, {}, 'com.example.procedure', [DEEP, BYTES]],
  [MessageType.CALL, 10, { receive_progress: true, progress: true, timeout: 5000 }, 'com.example.procedure'],
  [MessageType.CALL, 11, { disclose_me: true }, 'wamp.session.list', [['anonymous']]],
  [MessageType.CALL, 12, {}, 'wamp.session.get', [2 ** 53]],
  [MessageType.CANCEL, 9, { mode: 'kill' }],
  [MessageType.CANCEL, 10, {}],
  [MessageType.REGISTER, 13, {}, 'com.example.procedure'],
  [MessageType.REGISTER, 14, { match: 'prefix', invoke: 'roundrobin' }, 'com.example.'],
  [MessageType.REGISTER, 15, { match: 'wildcard', invoke: 'last', disclose_caller: true }, 'com..procedure'],
  [MessageType.UNREGISTER, 16, 40],
  [MessageType.YIELD, 1, {}, ['result'], { more: DEEP }],
  [MessageType.YIELD, 1, { progress: true }, [BYTES]],
  [MessageType.EVENT_RECEIVED, 2 ** 50],
];

/** Their frames as `serializer` writes them. */
export function validMessages(serializer: Serializer): readonly Buffer[] {
  return MESSAGES.map((list) => Buffer.from(serializer.encode(fromList(list))));
}
