/** One device: tells its state, measures, obeys commands, and takes new firmware in parts. */
import { createHash } from 'node:crypto';
import { connect, type Session } from '@wamp/client';
import { cryptosign } from '@wamp/client/cryptosign';
import { addTestament } from '@wamp/client/meta';
import { msgpack } from '@wamp/client/msgpack';
import { rawSocket } from '@wamp/client/rawsocket';
import type { DeviceKey } from './fleet.ts';

export async function startDevice(url: string, { authid, privateKey }: DeviceKey): Promise<Session> {
  const device = await connect(url, {
    realm: 'fleet',
    transport: rawSocket(),
    serializers: [msgpack], // bytes of firmware stay bytes
    auth: cryptosign(privateKey, { authid }),
  });
  const state = `fleet.${authid}.state`;
  // Who comes later gets the latest state from the router, and the router says `offline` when the device cannot.
  await addTestament(device, state, ['offline'], { retain: true });
  await device.publish(state, ['online'], { retain: true, acknowledge: true });

  await device.register(`fleet.${authid}.command`, ([name]: [string]) => `${authid}: ${name} done`);
  await device.register(`fleet.${authid}.firmware`, async ([first]: [Uint8Array], { input, progress }) => {
    const hash = createHash('sha256').update(first);
    let received = first.length;
    for await (const { args } of input) {
      const [part] = args as [Uint8Array];
      hash.update(part);
      received += part.length;
      await progress(received);
    }
    return { received, sha256: hash.digest('hex') };
  });
  return device;
}

/** Publishes three readings, of which the router has confirmed each. */
export async function measure(device: Session): Promise<void> {
  for (const value of [1, 2, 3]) {
    await device.publish(`fleet.${device.authid ?? ''}.reading`, [value], { acknowledge: true });
  }
}
