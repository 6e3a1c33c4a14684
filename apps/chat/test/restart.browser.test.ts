/** A router that ends in mid-conversation, and comes back. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Browsing, noBrowser, OPENING_TIMEOUT } from '../../router/test/browser.ts';
import { Demo } from './support/demo.ts';
import { logIn, message, person, say, shown } from './support/person.ts';

let browsing: Browsing | undefined;
beforeAll(async () => {
  browsing = await Browsing.open();
}, OPENING_TIMEOUT);
afterEach(() => browsing?.closePages());
afterAll(() => browsing?.[Symbol.asyncDispose]());

test.for(['SIGTERM', 'SIGKILL'] as const)(
  'D1 E4 after %s in mid-conversation both pages go on by themselves, and nothing is lost or doubled',
  async (signal, { skip }) => {
    const pages = browsing ?? skip(noBrowser);
    await using demo = await Demo.start();
    const ada = await pages.page(`${demo.page}#/engine-room`);
    const grace = await pages.page(`${demo.page}#/engine-room`);
    await logIn(ada, 'ada', 'lovelace');
    await logIn(grace, 'grace', 'murray-hopper');
    await say(ada, 'before');
    await message(grace, 'before').waitFor();
    const before = await shown(grace);

    await demo.stopRouter(signal);
    await ada.getByRole('alert').getByText('Offline.').waitFor();
    await say(ada, 'written offline');
    await say(ada, 'and another');
    await message(ada, 'and another').getByText('waiting to be sent').waitFor();

    await demo.startRouter();
    await message(grace, 'and another').waitFor();
    await say(grace, 'welcome back');
    await message(ada, 'welcome back').waitFor();
    const expected = [...before, 'written offline', 'and another', 'welcome back'];
    for (const page of [ada, grace]) await expect.poll(() => shown(page)).toEqual(expected);
    await person(ada, 'grace (online)').waitFor();
    await person(grace, 'ada (online)').waitFor();
    expect(pages.complaints).toEqual([]);
  },
);
