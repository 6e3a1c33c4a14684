/** A thousand devices in two processes: the totals add up, and rights end at the own topics. */
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { connect } from '@wamp/client';
import { cryptosign } from '@wamp/client/cryptosign';
import { expect, test } from 'vitest';
import { compiled } from '../../../test/compiled.ts';
import { makeKeys, startFleetRouter } from '../src/fleet.ts';
import { ask, commandAll, openOffice, startSite, upload, watchReadings, watchStates } from '../src/office.ts';

test('what a thousand devices send, answer and leave behind adds up', async () => {
  const keys = makeKeys(1000);
  await using router = await startFleetRouter(keys);
  await using office = await openOffice(router.url);
  const readings = await watchReadings(office);
  const folder = await compiled({ site: 'examples/iot/src/site.ts' });
  const program = { file: pathToFileURL(`${folder}/site.js`).href, execArgv: [] };
  const sites = await Promise.all(
    [keys.slice(0, 500), keys.slice(500)].map((one) => startSite(router.rawUrl, one, program)),
  );
  try {
    expect(router.router.realm('fleet')?.sessions.size).toBe(1001);
    await Promise.all(sites.map((site) => ask(site, 'measure')));
    await expect.poll(() => readings).toEqual({ count: 3000, sum: 6000 });
    expect(await commandAll(office, keys)).toBe(1000);
    expect(await upload(office, 'd7', randomBytes(256 * 1024))).toBe(15);

    // Who comes late gets all states from the router.
    const states = await watchStates(office);
    await expect.poll(() => states).toEqual({ online: 1000, offline: 0 });
    sites[1]?.kill('SIGKILL');
    await expect.poll(() => states).toEqual({ online: 500, offline: 500 });
    await using other = await openOffice(router.url);
    const later = await watchStates(other);
    await expect.poll(() => later).toEqual({ online: 500, offline: 500 });
  } finally {
    for (const site of sites) site.kill('SIGKILL');
  }
});

test('a device may not publish for another, and a wrong key is refused', async () => {
  const [one, other] = makeKeys(2);
  if (one === undefined || other === undefined) throw new Error('two keys were asked for');
  await using router = await startFleetRouter([one, other]);
  const as = (authid: string, key: string) =>
    connect(router.url, { realm: 'fleet', auth: cryptosign(key, { authid }), reconnect: false });
  await expect(as('d1', one.privateKey)).rejects.toMatchObject({ uri: 'wamp.error.authentication_denied' });
  await using device = await as('d0', one.privateKey);
  await expect(device.publish('fleet.d1.state', ['on fire'], { acknowledge: true })).rejects.toMatchObject({
    uri: 'wamp.error.not_authorized',
  });
});
