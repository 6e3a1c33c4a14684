/** A client: does each of the four things that WAMP is about, once. */
import { connect, type Session } from '@wamp/client';

/** @param print prints a line */
export async function visit(url: string, print: (line: string) => void): Promise<Session> {
  const session = await connect(url, { realm: 'myapp' });
  print(`client: welcome to realm ${session.realm}`);

  // Publish and subscribe: everybody who has subscribed to the topic gets the event.
  await session.subscribe('com.myapp.updates', (_args, { kwargs }) => {
    print(`client: an update says ${JSON.stringify(kwargs)}`);
  });

  // Remote procedures: anybody in the realm may call what somebody has registered.
  await session.register('com.myapp.getStatus', () => ({ status: 'online', clients: 1 }));
  const sum = await session.call('com.myapp.calculate', [42, 58]);
  print(`client: 42 + 58 = ${String(sum)}`);

  // An object is keyword arguments; `excludeMe: false` sends the event to its publisher, too.
  await session.publish(
    'com.myapp.updates',
    { status: 'ready', sum },
    { acknowledge: true, excludeMe: false },
  );
  return session;
}
