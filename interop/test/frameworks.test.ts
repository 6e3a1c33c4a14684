/** The samples of docs/frameworks.md in Vue, Svelte and Solid themselves, over a real router in memory. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as reactivity from '@vue/reactivity';
import * as client from '@wamp/client';
import * as store from '@wamp/client/store';
import { createTestRealm, type TestRealm } from '@wamp/router/testing';
import { compile } from 'svelte/compiler';
import { render } from 'svelte/server';
import * as svelteStore from 'svelte/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultsOf, guidesIn, runGuide } from './support/guide.ts';

const PAGE = 'docs/frameworks.md';
const guides = guidesIn(PAGE);
const inInterop = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

let realm: TestRealm;
let session: client.Session;
beforeEach(async () => {
  realm = createTestRealm();
  const server = await realm.connect(client.connect);
  await server.register('user.get', (_args, { kwargs }) => ({ name: `user ${String(kwargs['id'])}` }));
  session = (await exportsOf('// session.ts'))['session'] as client.Session;
});
afterEach(() => realm.close());

/** Runs the program of the page that has this text. */
async function exportsOf(text: string, more: Readonly<Record<string, unknown>> = {}): Promise<Exports> {
  const guide = guides.find(({ code }) => code.includes(text));
  if (guide === undefined) throw new Error(`${PAGE} has no sample with ${text}`);
  const createSession = (): unknown => client.createSession(realm.url, realm.client());
  const modules = {
    '@wamp/client': { ...client, createSession },
    '@wamp/client/store': store,
    './session.js': { session },
    ...more,
  };
  return runGuide(guide, { modules, print: () => undefined });
}
type Exports = Record<string, unknown>;

/** Publishes a message of the chat to everybody. */
async function say(text: string): Promise<void> {
  await session.publish('chat.message', [text], { excludeMe: false, acknowledge: true });
  await realm.settle();
}

test('every sample compiles', () => {
  // What the page takes of Vue is its package for reactivity.
  expect(faultsOf(guides, { vue: [inInterop('node_modules/@vue/reactivity/dist/reactivity.d.ts')] })).toEqual(
    [],
  );
});

test('Vue: a ref follows its store until its scope ends', async () => {
  const wamp = await exportsOf('// wamp.ts', { vue: reactivity });
  const scope = reactivity.effectScope();
  const running = scope.run(() => exportsOf('Chat.vue', { './wamp.js': wamp }));
  const { state, user, texts } = (await running) as Record<string, reactivity.ShallowRef<unknown>>;
  const shown: unknown[] = [];
  reactivity.effect(() => void shown.push(texts?.value));
  await realm.settle();
  await say('hi');
  expect(state?.value).toBe('open');
  expect(user?.value).toMatchObject({ value: { name: 'user 7' } });
  expect(shown).toEqual([[], ['hi']]);
  scope.stop();
});

test('Svelte: $store shows a store, and svelte/store takes it', async () => {
  const { isOnline } = await exportsOf("from 'svelte/store'", { 'svelte/store': svelteStore });
  await realm.settle();
  expect(svelteStore.get(isOnline as svelteStore.Readable<boolean>)).toBe(true);

  // Somebody looks already, so that there is something to show.
  store.callStore(session, 'user.get', { id: '7' }).subscribe(() => undefined);
  await realm.settle();
  expect(await rendered()).toContain('<h1>user 7 (open)</h1>');
});

/** The HTML that the component of the page renders on a server. */
async function rendered(): Promise<string> {
  const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8');
  const [, component = ''] = /^```svelte\n(.*?)^```$/ms.exec(page) ?? [];
  const { js, warnings } = compile(component, { generate: 'server' });
  expect(warnings).toEqual([]);
  // The modules that it imports are those of this test.
  Object.assign(globalThis, { forSvelte: { session, store } });
  const code = js.code
    .replace(/import (\{.*\}) from '@wamp\/client\/store';/, 'const $1 = forSvelte.store;')
    .replace(/import (\{.*\}) from '.\/session.js';/, 'const $1 = forSvelte;');
  const folder = await mkdtemp(inInterop('node_modules/svelte-'));
  await writeFile(`${folder}/chat.mjs`, code);
  const { default: Chat } = (await import(pathToFileURL(`${folder}/chat.mjs`).href)) as {
    default: Parameters<typeof render>[0];
  };
  await rm(folder, { recursive: true });
  return render(Chat, { props: {} }).body.replaceAll(/<!--.*?-->/g, '');
}

test('Solid: a signal follows its store until its root is disposed of', async () => {
  // On Node, the name `solid-js` means the build for servers, whose signals do not change.
  const path = pathToFileURL(inInterop('node_modules/solid-js/dist/solid.js')).href;
  const solid = (await import(path)) as typeof import('solid-js');
  await solid.createRoot(async (dispose) => {
    const { state, user, texts } = (await exportsOf("from 'solid-js'", { 'solid-js': solid })) as Record<
      string,
      () => unknown
    >;
    await realm.settle();
    await say('hi');
    expect(state?.()).toBe('open');
    expect(user?.()).toMatchObject({ value: { name: 'user 7' } });
    expect(texts?.()).toEqual(['hi']);
    dispose();
  });
});
