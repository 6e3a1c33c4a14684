/** Everything that can be wrong with the command line or the machine: one line on stderr, and no stack trace. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../src/command-line.ts';
import { whyNotListening } from '../src/listening.ts';
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

describe('what cannot be asked for ends with 2', () => {
  const notAPort = 'It must be a number from 0 to 65535.';
  test.each([
    [[], 'no command given; try: wamp-router start'],
    [['begin'], "unknown command 'begin'"],
    [['star'], "unknown command 'star' (Did you mean start?)"],
    [['start', '--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['start', '-x'], "unknown option '-x'"],
    [['start', 'now'], "too many arguments for 'start'. Expected 0 arguments but got 1: now."],
    [['start', '--port'], "option '--port <number>' argument missing"],
    ...['x', '', '-1', '65536', '80.5', '1e3', ' 1', '999999999999'].map((port) => [
      ['start', `--port=${port}`],
      `option '--port <number>' argument '${port}' is invalid. ${notAPort}`,
    ]),
    [['start', '--host', ''], "option '--host <address>' argument '' is invalid. It must not be empty."],
    [
      ['start', '--realm', 'not a realm'],
      "option '--realm <uri>' argument 'not a realm' is invalid. It must be a URI such as realm1 or com.example.",
    ],
    [
      ['start', '--realm', 'wamp.mine'],
      "option '--realm <uri>' argument 'wamp.mine' is invalid. URIs that begin with wamp are reserved.",
    ],
    [
      ['start', '--origin', 'https://app.example/'],
      "option '--origin <origin>' argument 'https://app.example/' is invalid. " +
        'It must be an origin such as https://app.example.',
    ],
    [
      ['start', '--host', '0.0.0.0', '--port', '0'],
      'refusing to listen on 0.0.0.0: anyone who reaches it could do everything; ' +
        'listen on 127.0.0.1, or add --insecure-dev if that is meant',
    ],
  ] as [string[], string][])('%j', async (args, words) => {
    expectOneLine(await workshop.run(args), 2, words);
  });
});

describe('what the machine refuses ends with 1', () => {
  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const outcome = await workshop.run(['start', '--port', port]);
    other.close();
    const advice = 'choose another with --port, or --port 0 for any free one';
    expectOneLine(outcome, 1, `port ${port} on 127.0.0.1 is in use; ${advice}`);
  });

  test('a host that is not known', async () => {
    const outcome = await workshop.run(['start', '--host', 'no-such-host.invalid']);
    expectOneLine(outcome, 1, 'the host "no-such-host.invalid" is not known');
  }, 30_000);

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
    expect(whyNotListening(failure('EACCES'), '127.0.0.1', 80)).toBe(
      'not permitted to listen on port 80; ports below 1024 need privileges',
    );
    expect(whyNotListening(failure('EMFILE'), '::1', 80)).toBe('cannot listen on [::1]:80: listen EMFILE');
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
