/** Everything that can be wrong with the command line or the machine: one line on stderr, and no stack trace. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCommandLine } from '../src/command-line.ts';
import { CannotStart, USAGE } from '../src/failure.ts';
import { whyNotListening } from '../src/listening.ts';
import { version } from '../src/version.ts';
import { Workshop, type Outcome } from './workshop.ts';

const page = { 'index.html': '<!doctype html><title>stand-in</title>' };
let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open({ chat: page, dashboard: page });
});
afterAll(() => workshop[Symbol.asyncDispose]());

function expectOneLine({ code, stdout, stderr }: Outcome, exitCode: number, words: string): void {
  expect(stderr).toBe(`wamp-router: ${words}\n`);
  expect(stdout).toBe('');
  expect(code).toBe(exitCode);
}

const OPTIONS: Readonly<Record<string, string>> = {
  '--host': '--host <address>',
  '--port': '--port <number>',
  '--realm': '--realm <uri>',
  '--origin': '--origin <origin>',
};

describe('what cannot be asked for', () => {
  const notAPort = 'It must be a number from 0 to 65535.';
  const notARealm = 'It must be a URI such as realm1 or com.example.';
  const notAnOrigin = 'It must be an origin such as https://app.example or https://*.app.example.';
  test.each<[args: string[], words: string]>([
    [[], 'no command given; try: wamp-router start'],
    [['star'], "unknown command 'star' (Did you mean start?)"],
    [['start', '-x'], "unknown option '-x'"],
    [['start', 'now'], "too many arguments for 'start'. Expected 0 arguments but got 1."],
    [['start', '--port'], "option '--port <number>' argument missing"],
    [['start', '--host', ''], "option '--host <address>' argument '' is invalid. It must not be empty."],
    ...['256.1.1.1', 'a b', 'http://a', '-x', '[::1'].map((host): [string[], string] => [
      ['start', `--host=${host}`],
      `option '--host <address>' argument '${host}' is invalid. It must be a host name or an address.`,
    ]),
    [['start', '--realm', 'a b'], `option '--realm <uri>' argument 'a b' is invalid. ${notARealm}`],
    [
      ['start', '--realm', 'wamp.mine'],
      "option '--realm <uri>' argument 'wamp.mine' is invalid. URIs that begin with wamp are reserved.",
    ],
    [
      ['start', '--origin', 'https://app.example/'],
      `option '--origin <origin>' argument 'https://app.example/' is invalid. ${notAnOrigin}`,
    ],
    [['check'], "required option '--config <file>' not specified"],
    [['start', '--config', ''], "option '--config <file>' argument '' is invalid. It must not be empty."],
    ...['--host=::1', '--port=8080', '--realm=a', '--origin=https://a.example'].map(
      (flag): [string[], string] => [
        ['start', '--config', 'wamp.yaml', flag],
        `option '--config <file>' cannot be used with option '${OPTIONS[flag.split('=')[0] ?? ''] ?? ''}'`,
      ],
    ),
    ...['', '-1', '65536', '80.5', '1e3', '0x50', ' 1', '999999999999'].map((port): [string[], string] => [
      ['start', `--port=${port}`],
      `option '--port <number>' argument '${port}' is invalid. ${notAPort}`,
    ]),
  ])('%j', (args, words) => {
    expect(() => readCommandLine(args)).toThrow(new CannotStart(words, USAGE));
  });

  test.each<[args: string[], words: string]>([
    [['begin'], "unknown command 'begin'"],
    [['start', '--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['start', '--port', 'x'], `option '--port <number>' argument 'x' is invalid. ${notAPort}`],
    [
      ['start', '--host', '0.0.0.0', '--port', '0'],
      'refusing to listen on 0.0.0.0: anyone who reaches it could do everything; ' +
        'listen on 127.0.0.1, or add --insecure-dev if that is meant',
    ],
  ])('%j ends the process with 2', async (args, words) => {
    expectOneLine(await workshop.run(args), 2, words);
  });
});

describe('what can be asked for', () => {
  test('nothing in particular', () => {
    expect(readCommandLine(['start'])).toEqual({
      name: 'start',
      from: { host: '127.0.0.1', port: 8080, realms: ['realm1'], origins: [] },
      insecureDev: false,
      workers: 1,
      natsServer: 'nats-server',
    });
  });

  test('everything', () => {
    const args =
      'start --host ::1 --port 0 --realm a --realm b --realm a --origin https://x.example --insecure-dev';
    expect(readCommandLine(args.split(' '))).toEqual({
      name: 'start',
      from: { host: '::1', port: 0, realms: ['a', 'b'], origins: ['https://x.example'] },
      insecureDev: true,
      workers: 1,
      natsServer: 'nats-server',
    });
  });

  test('what stands in a file', () => {
    expect(readCommandLine(['start', '--config', 'wamp.yaml'])).toEqual({
      name: 'start',
      from: 'wamp.yaml',
      insecureDev: false,
      workers: 1,
      natsServer: 'nats-server',
    });
    expect(readCommandLine(['check', '--config', 'wamp.yaml'])).toEqual({
      name: 'check',
      file: 'wamp.yaml',
      insecureDev: false,
    });
  });
});

describe('what the machine refuses ends the process with 1', () => {
  test('a word that a terminal would obey', async () => {
    const words =
      'a\\u001b[2Jb is neither a key of the configuration nor a code of the log; docs/configuration-reference.md has all keys';
    expectOneLine(await workshop.run(['explain', 'a\u001b[2Jb']), 2, words);
  });

  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const outcome = await workshop.run(['start', '--port', port]);
    other.close();
    const advice = 'choose another, or 0 for any free one';
    expectOneLine(outcome, 1, `port ${port} on 127.0.0.1 is in use; ${advice}`);
  });

  test('a host that is not known', async () => {
    const outcome = await workshop.run(['start', '--host', 'no-such-host.invalid']);
    expectOneLine(outcome, 1, 'the host "no-such-host.invalid" is not known');
  });

  test('an address of another machine', async () => {
    const outcome = await workshop.run(['start', '--host', '192.0.2.1', '--insecure-dev']);
    expectOneLine(outcome, 1, '192.0.2.1 is not an address of this machine');
  });

  test('web apps that are not built', async () => {
    await using unbuilt = await Workshop.open({ chat: page });
    expectOneLine(await unbuilt.run(['start']), 1, 'the web apps are not built: run npm run build');
  });

  test('a port for the privileged, and what has no words of its own', () => {
    const failure = (code: string) => Object.assign(new Error(`listen ${code}`), { code });
    const port80 = { address: '::1', port: 80 };
    expect(whyNotListening(failure('EACCES'), port80)).toBe(
      'not permitted to listen on port 80; ports below 1024 need privileges',
    );
    expect(whyNotListening(failure('EMFILE'), port80)).toBe('cannot listen on [::1]:80: listen EMFILE');
    const unix = { ...port80, unix: '/run/wamp' };
    expect(whyNotListening(failure('EACCES'), unix)).toBe('not permitted to listen on /run/wamp');
    expect(whyNotListening(failure('ENOENT'), unix)).toBe('cannot listen on /run/wamp: listen ENOENT');
  });
});

describe('what was asked for is printed', () => {
  test('help', async () => {
    const { code, stdout, stderr } = await workshop.run(['start', '--help']);
    for (const flag of ['--host', '--port', '--realm', '--origin', '--insecure-dev']) {
      expect(stdout).toContain(flag);
    }
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('the version', async () => {
    const { code, stdout } = await workshop.run(['--version']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${version()}\n` });
  });
});
