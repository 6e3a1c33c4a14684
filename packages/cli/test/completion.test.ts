/** Completion: what bash offers, asked of bash itself, and that the other scripts name every command and option. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Place } from './support/place.ts';

let place: Place;

beforeAll(async () => {
  place = await Place.open();
});
afterAll(() => place[Symbol.asyncDispose]());

async function script(shell: string): Promise<string> {
  const { exit, stdout } = await place.wamp(['completion', shell]);
  expect(exit).toBe(0);
  return stdout;
}

/** What bash offers behind these words; the last one is what is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `${await script('bash')}
COMP_WORDS=(wamp "$@"); COMP_CWORD=$#
_wamp; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', program, 'bash', ...words], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

test('bash offers commands, their options, and values where there is a choice', async () => {
  expect(await offered('su')).toEqual(['subscribe', 'subscriptions']);
  expect(await offered('auth', '')).toEqual(['hash', '--help']);
  expect(await offered('subscribe', 'com.a', '--mat')).toEqual(['--match']);
  expect(await offered('subscribe', '--match', '')).toEqual(['exact', 'prefix', 'wildcard']);
  expect(await offered('bench', 'rpc', '--call')).toEqual(['--callers']);
  expect(await offered('call', '--auth', 'wamp')).toEqual(['wampcra']);
  // Files are bash's own business.
  expect(await offered('call', '--secret-file', '')).toEqual([]);
});

test.each(['zsh', 'fish'])('the script for %s names every command and option', async (shell) => {
  const text = await script(shell);
  for (const command of ['call', 'bench', 'rpc', 'hash', 'profile', 'completion'])
    expect(text).toContain(command);
  for (const option of ['realm', 'secret-file', 'kdf', 'subscribers']) expect(text).toContain(option);
  expect(text).toContain('exact prefix wildcard');
});

test('another shell is refused', async () => {
  expect(await place.wamp(['completion', 'csh'])).toMatchObject({ exit: 2 });
});
