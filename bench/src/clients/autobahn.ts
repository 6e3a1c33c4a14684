/** autobahn-js, for the benchmark of client libraries. */
import autobahn from 'autobahn';
import { WebSocket } from 'ws';
import type { Client } from './client.ts';

export function join(url: string): Promise<Client> {
  // It uses the runtime's class, which Node 20 does not have.
  Object.assign(globalThis, { WebSocket });
  const connection = new autobahn.Connection({
    url,
    realm: 'realm1',
    serializers: [new autobahn.serializer.JSONSerializer()],
  });
  return new Promise((resolve) => {
    connection.onopen = (session) =>
      resolve({
        call: (procedure, args) => session.call(procedure, args),
        async echo(procedure, served) {
          await session.register(procedure, ([value]) => {
            served();
            return value;
          });
        },
        async subscribe(topic, heard) {
          await session.subscribe(topic, () => heard());
        },
      });
    connection.open();
  });
}
