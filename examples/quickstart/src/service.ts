/** A service: adds numbers, and looks at what is published. */
import { connect, type Session } from '@wamp/client';

/** @param print prints a line */
export async function serve(url: string, print: (line: string) => void): Promise<Session> {
  const session = await connect(url, { realm: 'myapp' });
  await session.register('com.myapp.calculate', ([a, b]: [number, number]) => a + b);
  await session.subscribe('com.myapp.updates', async (_args, { kwargs }) => {
    print(`service: an update says ${JSON.stringify(kwargs)}`);
    const status = await session.call('com.myapp.getStatus');
    print(`service: com.myapp.getStatus answers ${JSON.stringify(status)}`);
  });
  return session;
}
