/** Which web pages may connect (reliability.md, threat 16: cross-site WebSocket hijacking). */
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isLoopback } from '../src/addresses.ts';
import { isOriginRule, originAllowed, Origins } from '../src/transports/origin.ts';

function headers(origin: string | undefined, host: string): IncomingHttpHeaders {
  return origin === undefined ? { host } : { host, origin };
}

const LIST = new Origins(['https://app.example.org', 'http://intranet:8080']);
const NONE = new Origins([]);

/** From a router that listens on a public address. */
function allowed(origin: string | undefined): boolean {
  return originAllowed(headers(origin, 'router.example.com'), '203.0.113.7', LIST);
}

/** From a router that listens on loopback. */
function allowedAtHome(origin: string | undefined): boolean {
  return originAllowed(headers(origin, '127.0.0.1:8080'), '127.0.0.1', NONE);
}

describe('on a public address', () => {
  test.each([
    ['no Origin, from a program', undefined],
    ['a page of this host', 'https://router.example.com'],
    ['a page of this host without TLS', 'http://router.example.com'],
    ['an origin in the list', 'https://app.example.org'],
    ['an origin in the list, with its port', 'http://intranet:8080'],
  ])('%s may', (_what, origin) => {
    expect(allowed(origin)).toBe(true);
  });

  test.each([
    ['a foreign page', 'https://evil.example'],
    ['a sandboxed page', 'null'],
    ['a file', 'file://'],
    ['an extension', 'chrome-extension://abcdefgh'],
    ['nothing', ''],
    ['a page on loopback', 'http://localhost:3000'],
    ['a page on loopback by address', 'http://127.0.0.1'],
    ['another port of this host', 'https://router.example.com:8443'],
    ['a name that begins like this host', 'https://router.example.com.evil.example'],
    ['a name that ends like this host', 'https://evilrouter.example.com'],
    ['a subdomain', 'https://sub.router.example.com'],
    ['the parent domain', 'https://example.com'],
    ['this host as a path', 'https://evil.example/router.example.com'],
    ['this host as a query', 'https://evil.example?router.example.com'],
    ['this host as a fragment', 'https://evil.example#router.example.com'],
    ['this host as a user', 'https://router.example.com@evil.example'],
    ['this host as a user with a port', 'https://router.example.com:443@evil.example'],
    ['this host with a path', 'https://router.example.com/'],
    ['this host with a trailing dot', 'https://router.example.com.'],
    ['this host without a scheme', 'router.example.com'],
    ['this host by another scheme', 'ftp://router.example.com'],
    ['two origins', 'https://router.example.com, https://evil.example'],
    ['two origins with a blank', 'https://router.example.com https://evil.example'],
    ['an origin like one in the list', 'https://app.example.org.evil.example'],
    ['an origin in the list by another scheme', 'http://app.example.org'],
    ['an origin in the list on another port', 'https://app.example.org:8443'],
    ['an origin in the list with a path', 'https://app.example.org/'],
    ['an origin in the list in capitals', 'HTTPS://APP.EXAMPLE.ORG'],
  ])('%s may not', (_what, origin) => {
    expect(allowed(origin)).toBe(false);
  });
});

describe('on loopback', () => {
  test.each([
    undefined,
    'http://localhost',
    'http://localhost:3000',
    'https://localhost:3000',
    'http://127.0.0.1:5173',
    'http://127.1.2.3',
    'http://[::1]:3000',
    'http://127.0.0.1:8080',
  ])('%s may', (origin) => {
    expect(allowedAtHome(origin)).toBe(true);
  });

  test.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://evil-localhost',
    'http://127.0.0.1.evil.example',
    'http://127.evil.example',
    'http://localhost@evil.example',
    'http://evil.example/localhost',
    'http://192.168.1.5',
    'http://128.0.0.1',
    'http://0.0.0.0',
    'http://[::2]',
    'http://[::ffff:8.8.8.8]',
  ])('%s may not', (origin) => {
    expect(allowedAtHome(origin)).toBe(false);
  });

  test.each([
    ['rebound.example', 'http://rebound.example'],
    ['rebound.example:8080', 'http://rebound.example:8080'],
    ['localhost.rebound.example:8080', 'http://localhost.rebound.example:8080'],
    ['192.168.1.5:8080', 'http://192.168.1.5:8080'],
  ])('a page of %s that resolves to loopback may not, unless it is listed', (host, origin) => {
    expect(originAllowed(headers(origin, host), '127.0.0.1', NONE)).toBe(false);
    expect(originAllowed(headers(origin, host), '::1', NONE)).toBe(false);
    expect(originAllowed(headers(origin, host), '127.0.0.1', new Origins([origin]))).toBe(true);
  });

  test('a program that knows the router by a foreign name may', () => {
    expect(originAllowed(headers(undefined, 'router.example.com'), '127.0.0.1', NONE)).toBe(true);
  });

  test('an address of loopback in its IPv6 form is loopback', () => {
    expect(originAllowed(headers('http://localhost:3000', 'localhost:8080'), '::ffff:127.0.0.1', NONE)).toBe(
      true,
    );
  });

  test('a server without an address, such as one on a Unix socket, is bound to none', () => {
    expect(originAllowed(headers('http://localhost', 'x'), '', NONE)).toBe(false);
  });
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['', false],
  ['10.0.0.1', false],
  ['localhost.example', false],
  ['127.0.0.1.example', false],
  ['example.127.0.0.1', false],
])('isLoopback(%j) is %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

describe('C3 entries of the list', () => {
  function has(rule: string, origin: string): boolean {
    return new Origins([rule]).has(origin);
  }

  test.each([
    ['https://*.app.example', 'https://a.app.example'],
    ['https://*.app.example', 'https://xn--bcher-kva.app.example'],
    ['https://a.*.example', 'https://a.app.example'],
    ['https://a.app.*', 'https://a.app.example'],
    ['https://*.*.example', 'https://a.app.example'],
    ['https://*.app.example:8443', 'https://a.app.example:8443'],
    ['http://10.0.0.*:8080', 'http://10.0.0.7:8080'],
    ['http://[::1]:5173', 'http://[::1]:5173'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['ionic://localhost', 'ionic://localhost'],
    ['tauri://localhost', 'tauri://localhost'],
    ['app://obsidian.md', 'app://obsidian.md'],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://abcdefghijklmnop'],
    ['moz-extension://*', 'moz-extension://6e9c9c5e-8a4f-4a6e-a1f3-0a4b4f3e2d1c'],
    ['file://', 'file://'],
    ['null', 'null'],
  ])('%s lets %s in', (rule, origin) => {
    expect(has(rule, origin)).toBe(true);
  });

  test.each([
    ['https://*.app.example', 'https://app.example'],
    ['https://*.app.example', 'https://a.b.app.example'],
    ['https://*.app.example', 'https://.app.example'],
    ['https://*.app.example', 'http://a.app.example'],
    ['https://*.app.example', 'https://a.app.example:8443'],
    ['https://*.app.example', 'https://a.app.example.evil.example'],
    ['https://*.app.example', 'https://evil.example/.app.example'],
    ['https://*.app.example', 'https://a.appXexample'],
    ['https://*.app.example', 'https://a@b.app.example'],
    ['moz-extension://*', 'chrome-extension://a'],
    ['capacitor://localhost', 'capacitor://localhost.evil'],
    ['null', 'file://'],
  ])('%s does not let %s in', (rule, origin) => {
    expect(has(rule, origin)).toBe(false);
  });

  test.each([
    '',
    '*',
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://app.example:443',
    'http://app.example:80',
    'https://App.example',
    'HTTPS://app.example',
    'https://bücher.example',
    'https://user@app.example',
    'https://*',
    'https://*.*',
    'https://*app.example',
    'https://app.example:*',
    '*://app.example',
    '*.app.example',
    'wss://app.example',
    'ws://localhost',
    'data://x',
    'file:///index.html',
    'Null',
    'capacitor://localhost/',
    'capacitor://',
    'Capacitor://localhost',
    'https://a.example https://b.example',
  ])('%j can never match, or names nobody, and is refused', (rule) => {
    expect(isOriginRule(rule)).toBe(false);
    expect(() => new Origins([rule])).toThrow(TypeError);
  });
});
