/** A callee that uses the client library and answers at once, in a separate process; it reports the state of its session. */
import { connect } from '@wamp/client';

const port = process.argv[2] ?? '';
const text = 'x'.repeat(1_000_000);
const session = await connect(`ws://127.0.0.1:${port}/ws`, { realm: 'realm1' });
let state = 'open';
void session.closed.then((ending) => {
  state = JSON.stringify(ending);
});
await session.register('burst.length', ([value]) => (value as string).length);
await session.register('burst.text', () => text);
process.on('message', () => process.send?.(state));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
