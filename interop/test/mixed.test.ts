/** Each make of client against each, over each serializer: what arrives is what was sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Meeting } from './support/meeting.ts';
import { PAYLOADS } from './support/payloads.ts';
import { MAKES } from './support/peers.ts';
import { startRouter, type Listening } from './support/router.ts';
import { until } from './support/until.ts';

let router: Listening;
let meeting: Meeting;

beforeAll(async () => {
  router = await startRouter();
  meeting = await Meeting.of(MAKES, router.url);
});
afterAll(async () => {
  await meeting.end();
  await until(() => router.realm.sessions.size === 0);
  expect(router.complaints).toEqual([]);
  await router.close();
});

describe.each(MAKES)('$name', (from) => {
  it.each(MAKES)('calls $name, and publishes to it', async (to) => {
    const { sent, invoked, answered, heard } = await meeting.exchange(from, to, PAYLOADS);
    expect(invoked).toEqual(sent.callee);
    expect(answered).toEqual(sent.caller);
    expect(heard).toEqual(sent.callee);
  });
});
