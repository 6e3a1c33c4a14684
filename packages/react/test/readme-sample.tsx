import { connect } from '@wamp/client';
import { WampProvider, wampHooks } from '@wamp/react';

interface Api {
  procedures: { 'user.get': { kwargs: { id: string }; result: { name: string } } };
  topics: { 'chat.message': [text: string] };
}
const { useCall, useEvents, useSessionState } = wampHooks<Api>();

const Chat = () => {
  const state = useSessionState();
  const user = useCall('user.get', { id: '7' });
  const texts = useEvents(
    'chat.message',
    (all: string[], { args: [text] }) => [...all, text].slice(-100),
    [],
  );
  return (
    <section>
      <h1>
        {user.value?.name} ({state})
      </h1>
      {texts.map((text, at) => (
        <p key={at}>{text}</p>
      ))}
    </section>
  );
};

const session = await connect<Api>('wss://example.com/ws', { realm: 'realm1' });
export const app = (
  <WampProvider session={session}>
    <Chat />
  </WampProvider>
);
