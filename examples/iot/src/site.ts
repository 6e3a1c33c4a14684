/** A process with many devices, as at one place with one supply of electricity. */
import type { Session } from '@wamp/client';
import { measure, startDevice } from './device.ts';
import type { DeviceKey } from './fleet.ts';

export interface SiteStart {
  readonly url: string;
  readonly keys: readonly DeviceKey[];
}

const devices: Session[] = [];

process.on('message', (message: SiteStart | 'measure') => {
  const work = message === 'measure' ? Promise.all(devices.map(measure)) : start(message);
  void work.then(() => process.send?.('done'));
});

/** Connects twenty at a time. */
async function start({ url, keys }: SiteStart): Promise<void> {
  const left = [...keys];
  const connectNext = async (): Promise<void> => {
    for (let key = left.pop(); key !== undefined; key = left.pop()) devices.push(await startDevice(url, key));
  };
  await Promise.all(Array.from({ length: 20 }, connectNext));
}
