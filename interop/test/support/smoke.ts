/** What every runtime has to be able to do with the client: written for Deno, Bun, pages and workers alike. */
import { connect, ConnectionLostError, type Session, type WampEvent } from '@wamp/client';

/** Goes through it all, and tells each step. @param url of a router with the procedure `com.example.cut`, see runtimes.test.ts */
export async function smoke(url: string): Promise<readonly string[]> {
  const steps: string[] = [];
  const session = await connect(url, { realm: 'realm1' });
  steps.push(`connected: ${session.state}`);

  await session.register('com.example.add', ([a, b]: [number, number]) => a + b);
  steps.push(`called: ${String(await session.call('com.example.add', [2, 3]))}`);

  await session.register('com.example.count', async function* ([to]: [number]) {
    for (let n = 1; n <= to; n += 1) yield n;
    return await Promise.resolve('end');
  });
  const parts: unknown[] = [];
  for await (const n of session.stream('com.example.count', [3])) parts.push(n);
  steps.push(`streamed: ${parts.join(' ')}`);

  const events = await session.subscribe('com.example.log');
  const heard = events[Symbol.asyncIterator]() as AsyncIterator<WampEvent, undefined>;
  await session.publish('com.example.log', ['hello'], { excludeMe: false });
  steps.push(`heard: ${String((await heard.next()).value?.args[0])}`);

  const restored = new Promise((resolve) => session.on('restored', resolve));
  steps.push(`cut: ${await cut(session)}`);
  await restored;
  steps.push(`resumed: ${session.state}`);
  const { value: missed } = await heard.next();
  steps.push(`recovered: ${String(missed?.args[0])} ${String(missed?.recovered)}`);
  steps.push(`called again: ${String(await session.call('com.example.add', [20, 30]))}`);

  await session.close();
  steps.push(`closed: ${session.state}`);
  return steps;
}

/** Has the connection cut, in the middle of a call. */
async function cut(session: Session): Promise<string> {
  try {
    await session.call('com.example.cut');
    return 'not at all';
  } catch (error) {
    return error instanceof ConnectionLostError && error.sent ? 'the call was sent' : String(error);
  }
}
