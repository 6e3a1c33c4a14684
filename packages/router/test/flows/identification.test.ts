/** Conversations about telling one peer who the other is (checklist §2.17, §2.22). */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** Everybody comes under the name that HELLO gives, as a user. */
const named: ConversationOptions = {
  router: {
    authenticators: [
      {
        method: 'anonymous',
        begin: ({ details }) => ({
          welcome: {
            authid: details.authid ?? 'nobody',
            authrole: 'user',
            authmethod: 'anonymous',
            authprovider: 'test',
          },
        }),
      },
    ],
  },
  peers: {
    caller: { details: { authid: 'joe' } },
    publisher: { details: { authid: 'ann' } },
  },
};
const JOE = '"caller": $caller, "caller_authid": "joe", "caller_authrole": "user"';
const ANN = '"publisher": $publisher, "publisher_authid": "ann", "publisher_authrole": "user"';

describe('callers', () => {
  test('CID-1 CID-2 CID-3 T-13 who wants to be known is', () =>
    converse(
      `
      callee → [64, 1, {}, "com.who"]
      callee ← [65, 1, $who]
      caller → [48, 1, {"disclose_me": true}, "com.who", [1]]
      callee ← [68, 1, $who, {${JOE}}, [1]]
    `,
      named,
    ));

  test.each(['{}', '{"disclose_me": false}'])('CID-2 who does not is not: %s', (options) =>
    converse(
      `
      callee → [64, 1, {}, "com.who"]
      callee ← [65, 1, $who]
      caller → [48, 1, ${options}, "com.who"]
      callee ← [68, 1, $who, {}]
    `,
      named,
    ),
  );

  test('CID-4 a callee that requests it gets the identity of every caller', () =>
    converse(
      `
      callee → [64, 1, {"disclose_caller": true}, "com.who"]
      callee ← [65, 1, $who]
      caller → [48, 1, {}, "com.who"]
      callee ← [68, 1, $who, {${JOE}}]
      caller → [48, 2, {"disclose_me": false}, "com.who"]
      callee ← [68, 2, $who, {${JOE}}]
    `,
      named,
    ));

  test('CID-4 SHR-1 among callees of one procedure only those who ask', () =>
    converse(
      `
      curious → [64, 1, {"invoke": "roundrobin", "disclose_caller": true}, "com.who"]
      curious ← [65, 1, $who]
      discreet → [64, 1, {"invoke": "roundrobin"}, "com.who"]
      discreet ← [65, 1, $who]
      caller → [48, 1, {}, "com.who"]
      curious ← [68, 1, $who, {${JOE}}]
      caller → [48, 2, {}, "com.who"]
      discreet ← [68, 1, $who, {}]
    `,
      named,
    ));

  test('CID-2 CID-4 T-13 a router that does not disclose refuses', () =>
    converse(
      `
      callee → [64, 1, {"disclose_caller": true}, "com.who"]
      callee ← [8, 64, 1, {}, "wamp.error.option_disallowed.disclose_me"]
      callee → [64, 2, {"disclose_caller": false}, "com.who"]
      callee ← [65, 2, $who]
      caller → [48, 1, {"disclose_me": true}, "com.who"]
      caller ← [8, 48, 1, {}, "wamp.error.option_disallowed.disclose_me"]
      callee ← nothing
      caller → [48, 2, {"disclose_me": false}, "com.who"]
      callee ← [68, 1, $who, {}]
    `,
      { ...named, router: { ...named.router, disclosure: false } },
    ));

  test('T-13 the procedures of the router work where nothing is disclosed', () =>
    converse(
      `
      caller → [48, 1, {}, "wamp.session.get", [$caller]]
      caller ← [50, 1, {}, [{"session": $caller, "authid": "joe", ...}]]
    `,
      { ...named, router: { ...named.router, disclosure: false } },
    ));
});

describe('publishers', () => {
  test('PID-1 PID-2 who wants to be known is', () =>
    converse(
      `
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber → [32, 2, {"match": "prefix"}, "com."]
      subscriber ← [33, 2, $prefix]
      publisher → [16, 1, {"disclose_me": true}, "com.news", [1]]
      subscriber ← [36, $news, *, {${ANN}}, [1]]
      subscriber ← [36, $prefix, *, {${ANN}, "topic": "com.news"}, [1]]
    `,
      named,
    ));

  test.each(['{}', '{"disclose_me": false}', '{"acknowledge": false, "exclude_me": false}'])(
    'PID-2 who does not is not: %s',
    (options) =>
      converse(
        `
        subscriber → [32, 1, {}, "com.news"]
        subscriber ← [33, 1, $news]
        publisher → [16, 1, ${options}, "com.news"]
        subscriber ← [36, $news, *, {}]
      `,
        named,
      ),
  );

  test('PID-3 T-13 T-42 a router that does not disclose refuses, aloud only when asked to acknowledge', () =>
    converse(
      `
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {"disclose_me": true, "acknowledge": true}, "com.news"]
      publisher ← [8, 16, 1, {}, "wamp.error.option_disallowed.disclose_me"]
      publisher → [16, 2, {"disclose_me": true}, "com.news"]
      publisher ← nothing
      subscriber ← nothing
      publisher → [16, 3, {"disclose_me": false}, "com.news", [3]]
      subscriber ← [36, $news, *, {}, [3]]
    `,
      { ...named, router: { ...named.router, disclosure: false } },
    ));
});

describe('who is disclosed by the authorizer', () => {
  const router = {
    ...named.router,
    authorizer: {
      authorize: (_who: unknown, _action: unknown, uri: string) => ({
        allow: true,
        disclose: uri.startsWith('com.open'),
      }),
    },
  };

  const script = (options: string): string => `
    callee → [64, 1, {"match": "prefix"}, "com."]
    callee ← [65, 1, $who]
    caller → [48, 1, ${options}, "com.open", [1]]
    callee ← [68, 1, $who, {"procedure": "com.open", ${JOE}}, [1]]
    subscriber → [32, 1, {"match": "prefix"}, "com."]
    subscriber ← [33, 1, $news]
    publisher → [16, 1, ${options}, "com.open", [2]]
    subscriber ← [36, $news, *, {"topic": "com.open", ${ANN}}, [2]]`;

  test.each(['{}', '{"disclose_me": false}', '{"disclose_me": true}'])(
    'PID-4 CID-2 is, whatever the session wants: %s',
    (options) => converse(script(options), { ...named, router }),
  );

  test.each(['{}', '{"disclose_me": false}', '{"disclose_me": true}'])(
    'PID-4 is, whatever the realm grants: %s',
    (options) => converse(script(options), { ...named, router: { ...router, disclosure: false } }),
  );

  test.each(['com.open.book', 'com.closed'])('PID-4 is, and no other session: %s', (uri) => {
    const [caller, publisher] = uri === 'com.closed' ? ['', ''] : [`, ${JOE}`, `, ${ANN}`];
    return converse(
      `
      callee → [64, 1, {"match": "prefix"}, "com."]
      callee ← [65, 1, $who]
      caller → [48, 1, {}, "${uri}"]
      callee ← [68, 1, $who, {"procedure": "${uri}"${caller}}]
      subscriber → [32, 1, {"match": "prefix"}, "com."]
      subscriber ← [33, 1, $news]
      publisher → [16, 1, {}, "${uri}"]
      subscriber ← [36, $news, *, {"topic": "${uri}"${publisher}}]
    `,
      { ...named, router },
    );
  });

  test('PID-4 PCI-7 is for all the parts of a call', () =>
    converse(
      `
      callee → [64, 1, {}, "com.open"]
      callee ← [65, 1, $who]
      caller → [48, 1, {"progress": true}, "com.open", [1]]
      callee ← [68, 1, $who, {"progress": true, ${JOE}}, [1]]
      caller → [48, 1, {}, "com.open", [2]]
      callee ← [68, 1, $who, {${JOE}}, [2]]
    `,
      { ...named, router },
    ));

  test('PID-4 T-46 is in testaments, too', () =>
    converse(
      `
      subscriber → [32, 1, {"match": "prefix"}, "com."]
      subscriber ← [33, 1, $news]
      publisher → [48, 1, {}, "wamp.session.add_testament", ["com.open", ["bye"], {}]]
      publisher ← [50, 1, {}]
      publisher → [48, 2, {}, "wamp.session.add_testament", ["com.closed", ["bye"], {}]]
      publisher ← [50, 2, {}]
      publisher → closed
      subscriber ← [36, $news, *, {"topic": "com.open", ${ANN}}, ["bye"]]
      subscriber ← [36, $news, *, {"topic": "com.closed"}, ["bye"]]
    `,
      { ...named, router },
    ));
});
