/** Ends a session, after a question. */
import { useSignal } from '@preact/signals';
import { addressOf } from '../lib/route.ts';
import { ask } from '../operator/operator.ts';
import { failure } from '../parts/asked.ts';
import { Dialog } from '../parts/dialog.tsx';

interface KillProps {
  readonly realm: string;
  readonly session: number;
}

export function Kill({ realm, session }: KillProps) {
  const isOpen = useSignal(false);
  return (
    <>
      <button type="button" class="danger" onClick={() => (isOpen.value = true)}>
        Kill …
      </button>
      {isOpen.value && <Question realm={realm} session={session} onClose={() => (isOpen.value = false)} />}
    </>
  );
}

function Question({ realm, session, onClose }: KillProps & { readonly onClose: () => void }) {
  const told = useSignal('');
  const message = useSignal('');
  const kill = async (): Promise<void> => {
    try {
      await ask('session.kill', {
        realm,
        session,
        ...(message.value === '' ? {} : { message: message.value }),
      });
      location.hash = addressOf({ view: 'sessions', realm });
    } catch (error) {
      const failed = failure('session.kill', error);
      told.value = failed.state === 'denied' ? `Your role may not call ${failed.what}.` : failed.why;
    }
  };
  return (
    <Dialog title={`Kill session ${session}?`} onClose={onClose}>
      <p>It receives GOODBYE and leaves the realm at once. Its client may join again.</p>
      <label>
        Message to the client
        <input
          value={message.value}
          maxLength={1000}
          onInput={(event) => (message.value = event.currentTarget.value)}
        />
      </label>
      {told.value !== '' && <p role="alert">{told.value}</p>}
      <form method="dialog" class="actions">
        <button class="quiet">Cancel</button>
        <button type="button" class="danger" onClick={() => void kill()}>
          Kill
        </button>
      </form>
    </Dialog>
  );
}
