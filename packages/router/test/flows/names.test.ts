/** Conversations with names that JavaScript knows otherwise (reliability.md, threats 1 and 2). */
import { ticket } from '@wamp/router';
import { converse } from '@wamp/router/testing';
import { describe, test } from 'vitest';

const NAMES = [
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'prototype',
  'valueOf',
  '__defineGetter__',
];

describe.each(NAMES)('%s', (name) => {
  test('URI-1 is a topic like any other', () =>
    converse(`
      publisher → [16, 1, {"acknowledge": true}, "${name}"]
      publisher ← [17, 1, *]
      subscriber → [32, 1, {}, "${name}"]
      subscriber ← [33, 1, $topic]
      subscriber → [32, 2, {"match": "prefix"}, "${name}."]
      subscriber ← [33, 2, $prefix]
      subscriber → [32, 3, {"match": "wildcard"}, "${name}..${name}"]
      subscriber ← [33, 3, $wildcard]
      publisher → [16, 2, {}, "${name}", [1]]
      subscriber ← [36, $topic, *, {}, [1]]
      publisher → [16, 3, {}, "${name}.${name}.${name}", [2]]
      subscriber ← [36, $prefix, *, {"topic": "${name}.${name}.${name}"}, [2]]
      subscriber ← [36, $wildcard, *, {"topic": "${name}.${name}.${name}"}, [2]]
      publisher → [16, 4, {}, "other", [3]]
      subscriber ← nothing
    `));

  test('URI-1 is a procedure like any other', () =>
    converse(`
      caller → [48, 1, {}, "${name}"]
      caller ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      callee → [64, 1, {}, "${name}"]
      callee ← [65, 1, $exact]
      callee → [64, 2, {"match": "wildcard"}, ".${name}"]
      callee ← [65, 2, $wildcard]
      caller → [48, 2, {}, "${name}", [1]]
      callee ← [68, 1, $exact, {}, [1]]
      caller → [48, 3, {}, "${name}.${name}", [2]]
      callee ← [68, 2, $wildcard, {"procedure": "${name}.${name}"}, [2]]
      caller → [48, 4, {}, "com.other"]
      caller ← [8, 48, 4, {}, "wamp.error.no_such_procedure"]
      callee → [8, 68, 1, {}, "${name}", ["failed"]]
      caller ← [8, 48, 2, {}, "${name}", ["failed"]]
    `));

  test('SES-5 is a realm only where it was made', () =>
    Promise.all([
      converse(`
        client → [1, "${name}", {"roles": {"caller": {}}}]
        client ← [3, {...}, "wamp.error.no_such_realm"]
        client ← closed
      `),
      converse(
        `
        client → [1, "${name}", {"roles": {"caller": {}}}]
        client ← [2, $session, {"realm": "${name}", ...}]
        client → [48, 1, {}, "wamp.session.list"]
        client ← [50, 1, {}, [[$session]]]
      `,
        { router: { realms: [name] } },
      ),
    ]));

  test('TIC-1 is an authid only where it was given', () => {
    const hello = `[1, "realm1", {"roles": {"caller": {}}, "authmethods": ["${name}", "ticket"], "authid": "${name}"}]`;
    return Promise.all([
      converse(
        `
        client → ${hello}
        client ← [4, "ticket", {}]
        client → [5, "${name}", {}]
        client ← [3, {...}, "wamp.error.authentication_denied"]
        client ← closed
      `,
        { router: { authenticators: [ticket(new Map([['joe', { ticket: 'x', authrole: 'user' }]]))] } },
      ),
      converse(
        `
        client → ${hello}
        client ← [4, "ticket", {}]
        client → [5, "secret", {}]
        client ← [2, *, {"authid": "${name}", "authrole": "${name}", ...}]
        other → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "${name}"}]
        other ← [4, "ticket", {}]
        other → [5, "secret", {}]
        other ← [2, *, {...}]
        other → [48, 1, {}, "wamp.session.count", [["${name}"]]]
        other ← [50, 1, {}, [2]]
      `,
        { router: { authenticators: [ticket(new Map([[name, { ticket: 'secret', authrole: name }]]))] } },
      ),
    ]);
  });

  test('EXT-1 is an unknown option', () =>
    converse(`
      client → [1, "realm1", {"roles": {"subscriber": {"features": {"${name}": true}}, "callee": {}, "${name}": {"features": {"call_canceling": true}}}, "${name}": {"polluted": true}}]
      client ← [2, *, {...}]
      client → [32, 1, {"${name}": {"match": "prefix"}}, "com.topic"]
      client ← [33, 1, $topic]
      client → [64, 2, {"${name}": {"disclose_caller": true}}, "com.procedure"]
      client ← [65, 2, $procedure]
      other → [16, 1, {"${name}": {"eligible": [], "disclose_me": true, "acknowledge": true}}, "com.topic", [1]]
      other ← nothing
      client ← [36, $topic, *, {}, [1]]
      other → [48, 2, {"${name}": {"disclose_me": true, "timeout": 1}}, "com.procedure", [2]]
      client ← [68, 1, $procedure, {}, [2]]
      clock +1
      client → [70, 1, {"${name}": {"progress": true}}, [3]]
      other ← [50, 2, {}, [3]]
      other → [16, 3, {"acknowledge": true}, "com.topic.more"]
      other ← [17, 3, *]
      client ← nothing
    `));

  test('EVT-3 CALL-2 is a key of a payload like any other', () =>
    converse(`
      client → [32, 1, {}, "com.topic"]
      client ← [33, 1, $topic]
      client → [64, 2, {}, "com.procedure"]
      client ← [65, 2, $procedure]
      other → [16, 1, {}, "com.topic", [{"${name}": {"a": 1}}], {"${name}": {"polluted": true}, "b": 2}]
      client ← [36, $topic, *, {}, [{"${name}": {"a": 1}}], {"${name}": {"polluted": true}, "b": 2}]
      other → [48, 2, {}, "com.procedure", [], {"${name}": 1}]
      client ← [68, 1, $procedure, {}, [], {"${name}": 1}]
      client → [70, 1, {}, [], {"${name}": [2]}]
      other ← [50, 2, {}, [], {"${name}": [2]}]
    `));

  test('META-2 T-23 is no role, no argument and no list in the meta API', () =>
    converse(`
      client → [48, 1, {}, "wamp.session.count", [["${name}"]]]
      client ← [50, 1, {}, [0]]
      client → [48, 2, {}, "wamp.session.get", ["${name}"]]
      client ← [8, 48, 2, {}, "wamp.error.invalid_argument", *]
    `));
});
