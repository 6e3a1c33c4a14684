/** Two factors, one after the other (SES-11). */
import { both, createRouter, ticket, type Authenticator, type TicketVerifier } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import { DENIED, Login, welcomed } from '../support/login.ts';

const passwords = ticket(
  new Map([['joe', { ticket: 'pencil', authrole: 'clerk', authextra: { x_first: 1 } }]]),
);

/** Codes by authid, under a method of their own; keeps whom it was asked for. */
class Codes implements Authenticator {
  readonly method = 'code';
  readonly asked: unknown[] = [];
  readonly #authenticator: Authenticator;

  constructor(
    verify: TicketVerifier['verify'] = (code) => (code === '123456' ? { authrole: 'x' } : undefined),
  ) {
    this.#authenticator = ticket({ verify });
  }

  begin(...[hello, info]: Parameters<Authenticator['begin']>): ReturnType<Authenticator['begin']> {
    this.asked.push(hello.details.authid);
    return this.#authenticator.begin(hello, info);
  }
}

async function hello(codes: Codes, authmethods = ['ticket', 'code']): Promise<Login> {
  const login = new Login(createRouter({ realms: ['realm1'], authenticators: [both(passwords, codes)] }));
  const answer = await login.hello('ticket', { authid: 'joe', authmethods });
  expect(answer).toEqual([4, 'ticket', {}]);
  return login;
}

describe('SES-11 two factors', () => {
  test('accept a client that both accept, as the principal of the first', async () => {
    const codes = new Codes();
    const login = await hello(codes);
    expect(await login.authenticate('pencil')).toEqual([4, 'code', {}]);
    expect(await login.authenticate('123456')).toEqual(
      welcomed({ authid: 'joe', authrole: 'clerk', authmethod: 'ticket', authextra: { x_first: 1 } }),
    );
    expect(codes.asked).toEqual(['joe']);
  });

  test('deny a client with the first credential only, or the second only', async () => {
    const codes = new Codes();
    const first = await hello(codes);
    await first.authenticate('pencil');
    expect(await first.authenticate('000000')).toEqual(DENIED);
    const second = await hello(codes);
    expect(await second.authenticate('123456')).toEqual(DENIED);
    expect(codes.asked).toEqual(['joe']);
  });

  test('deny a client whose second credential is of another principal', async () => {
    const login = await hello(new Codes(() => ({ authrole: 'x', authid: 'ann' })));
    await login.authenticate('pencil');
    expect(await login.authenticate('123456')).toEqual(DENIED);
  });

  test('are not asked for by halves', async () => {
    const router = createRouter({ realms: ['realm1'], authenticators: [both(passwords, new Codes())] });
    const [type, , reason] = await new Login(router).hello('ticket', { authid: 'joe' });
    expect([type, reason]).toEqual([3, 'wamp.error.no_matching_auth_method']);
  });

  test('count as one attempt each, failing in either', async () => {
    const router = createRouter({
      realms: ['realm1'],
      attempts: { perAuthid: 2 },
      authenticators: [both(passwords, new Codes())],
    });
    for (const [first, second] of [
      ['guess', undefined],
      ['pencil', 'guess'],
    ]) {
      const login = new Login(router, { address: '192.0.2.1' });
      await login.hello('ticket', { authid: 'joe', authmethods: ['ticket', 'code'] });
      const answer = await login.authenticate(first ?? '');
      expect(second === undefined ? answer : await login.authenticate(second)).toEqual(DENIED);
    }
    const login = new Login(router, { address: '192.0.2.1' });
    await login.hello('ticket', { authid: 'joe', authmethods: ['ticket', 'code'] });
    expect((await login.authenticate('pencil'))[2]).toBe('wamp.error.unavailable');
  });
});
