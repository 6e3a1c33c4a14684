/** wampy, for the benchmark of client libraries. */
import { Wampy } from 'wampy';
import { JsonSerializer } from 'wampy/JsonSerializer.js';
import { WebSocket } from 'ws';
import type { Client } from './client.ts';

export async function join(url: string): Promise<Client> {
  // Its types accept only the WebSocket class of browsers.
  const ws = WebSocket as unknown as typeof globalThis.WebSocket;
  const wampy = new Wampy(url, { realm: 'realm1', ws, serializer: new JsonSerializer() });
  await wampy.connect();
  return {
    call: async (procedure, args) => (await wampy.call(procedure, [...args])).argsList?.[0],
    async echo(procedure, served) {
      await wampy.register(procedure, ({ argsList = [] }: { argsList?: unknown[] }) => {
        served();
        return { argsList: [argsList[0]] };
      });
    },
    async subscribe(topic, heard) {
      await wampy.subscribe(topic, () => heard());
    },
  };
}
