/** A thousand devices: all that the office counts adds up. */
import { randomBytes } from 'node:crypto';
import { portOf } from '@wamp/example-support';
import { makeKeys, startFleetRouter } from './fleet.ts';
import { ask, commandAll, openOffice, startSite, upload, watchReadings, watchStates } from './office.ts';

const keys = makeKeys(1000);
await using router = await startFleetRouter(keys, portOf(8080));
await using office = await openOffice(router.url);
const readings = await watchReadings(office);
const [north, south] = [keys.slice(0, 500), keys.slice(500)];
const sites = await Promise.all([north, south].map((one) => startSite(router.rawUrl, one)));

const states = await watchStates(office);
await Promise.all(sites.map((site) => ask(site, 'measure')));
await until(() => readings.count === 3 * keys.length && states.online === keys.length);
console.log(`readings:  ${readings.count} received, their sum is ${readings.sum}`);
console.log(`commands:  ${await commandAll(office, keys)} of ${keys.length} obeyed`);
const steps = await upload(office, 'd7', randomBytes(256 * 1024));
console.log(`firmware:  256 KiB in device d7, whose progress was told ${steps} times`);
console.log(`states:    ${states.online} online, ${states.offline} offline`);

sites[1]?.kill('SIGKILL');
await until(() => states.offline === south.length);
console.log(`power cut: ${states.online} online, ${states.offline} offline`);
sites[0]?.kill();

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
