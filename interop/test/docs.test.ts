/** Runs the samples of docs/authentication.md and docs/authorization.md as they are printed there. */
import * as crypto from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from '@wamp/client';
import * as clientScram from '@wamp/client/scram';
import * as router from '@wamp/router';
import { expect, test } from 'vitest';
import { sample, samplesIn } from './support/samples.ts';

const modules = {
  '@wamp/client': client,
  '@wamp/client/scram': clientScram,
  '@wamp/router': router,
  'node:crypto': crypto,
  'node:http': http,
};
const [server = '', login = '', realmOfAccount = '', twoFactorServer = '', twoFactorLogin = ''] =
  samplesIn('docs/authentication.md');

/** A router as a sample starts it, on any free port. */
class Started implements AsyncDisposable {
  readonly parts: {
    router: router.Router;
    server: http.Server;
    codeAt?: (secret: string, now: number) => Code;
  };

  private constructor(parts: Started['parts']) {
    this.parts = parts;
  }

  static async by(code: string, names: string): Promise<Started> {
    const anyPort = code.replace('server.listen(8080,', 'server.listen(0,');
    expect(anyPort).not.toBe(code);
    const parts = (await sample(`${anyPort}\nreturn { ${names} };`)(modules, console)) as Started['parts'];
    await once(parts.server, 'listening');
    return new Started(parts);
  }

  /** Runs a client, with what its page leaves out. @returns its session */
  async join(code: string, missing = ''): Promise<client.Session> {
    const { port } = this.parts.server.address() as AddressInfo;
    const here = code.replace('ws://127.0.0.1:8080/ws', `ws://127.0.0.1:${port}/ws`);
    expect(here).not.toBe(code);
    const quiet = { log: () => undefined };
    return (await sample(`${missing}\n${here}\nreturn session;`)(modules, quiet)) as client.Session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.router.close();
    this.parts.server.closeAllConnections();
    this.parts.server.close();
  }
}

interface Code {
  readonly number: number;
  readonly code: string;
}

test('authentication: a password', async () => {
  await using started = await Started.by(server, 'router, server');
  await using session = await started.join(login);
  expect([session.authid, session.authrole]).toEqual(['joe', 'user']);
  await expect(started.join(login.replace('pencil', 'crayon'))).rejects.toMatchObject({
    uri: 'wamp.error.authentication_denied',
  });
});

test('authentication: an authenticator that names the realm', async () => {
  await sample(realmOfAccount)(modules, console);
});

test('SES-11 SCR-7 authentication: a password, and then a code that serves once', async () => {
  await using started = await Started.by(twoFactorServer, 'router, server, codeAt');
  const { codeAt } = started.parts;
  const secret = '12345678901234567890';
  // RFC 6238, appendix B, of whose eight digits these are the last.
  expect(codeAt?.(secret, 59_000)).toEqual({ number: 1, code: '287082' });
  const enter = (code: string | undefined): Promise<client.Session> =>
    started.join(twoFactorLogin, `const askForCode = () => '${code ?? ''}';`);
  const DENIED = { uri: 'wamp.error.authentication_denied' };
  await expect(enter('none')).rejects.toMatchObject(DENIED);
  for (;;) {
    const { number, code } = codeAt?.(secret, Date.now()) ?? { number: 0, code: '' };
    const entered = await enter(code).catch((error: unknown) => error);
    if (codeAt?.(secret, Date.now()).number !== number) continue; // the 30 seconds were over
    expect(entered).toMatchObject({ authid: 'joe', authrole: 'user' });
    await expect(enter(code)).rejects.toMatchObject(DENIED);
    await (entered as client.Session).close();
    return;
  }
});

test('authorization: permissions, explained', async () => {
  const [permissions = '', dynamic = ''] = samplesIn('docs/authorization.md');
  const printed: unknown[] = [];
  await sample(permissions)(modules, { log: (line) => printed.push(line) });
  expect(printed).toEqual([
    'roles.user.permissions[0] allows action call',
    'roles.user.permissions[2] denies action call',
    'no permission of role user allows action register',
  ]);
  expect(await sample(`${dynamic}\nreturn router;`)(modules, console)).toHaveProperty('join');
});
