/** `@wamp/client` with default options, for the benchmark of client libraries. */
import { connect } from '@wamp/client';
import type { Client } from './client.ts';

export async function join(url: string): Promise<Client> {
  const session = await connect(url, { realm: 'realm1' });
  return {
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
  };
}
