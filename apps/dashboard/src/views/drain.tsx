/** Drains the router before it is stopped, after a question. */
import { useSignal } from '@preact/signals';
import { counted } from '../lib/figures.ts';
import { dictOf, numberOf } from '../lib/read.ts';
import { ask } from '../operator/operator.ts';
import { failure } from '../parts/asked.ts';
import { Dialog } from '../parts/dialog.tsx';

/** @param isDraining whether it drains already, which only a restart ends */
export function Drain({ isDraining }: { readonly isDraining: boolean }) {
  const isOpen = useSignal(false);
  if (isDraining) return <span class="badge warn">draining</span>;
  return (
    <>
      <button type="button" class="quiet" onClick={() => (isOpen.value = true)}>
        Drain …
      </button>
      {isOpen.value && <Question onClose={() => (isOpen.value = false)} />}
    </>
  );
}

function Question({ onClose }: { readonly onClose: () => void }) {
  const told = useSignal('');
  const isDone = useSignal(false);
  const drain = async (): Promise<void> => {
    try {
      const { calls_in_flight: calls } = dictOf(await ask('drain'));
      isDone.value = true;
      told.value = `The router drains: ${counted(numberOf(calls), 'call')} in flight.`;
    } catch (error) {
      const failed = failure('drain', error);
      told.value = failed.state === 'denied' ? 'Your role may not drain.' : failed.why;
    }
  };
  return (
    <Dialog title="Drain the router?" onClose={onClose}>
      <p>
        It is no longer ready, refuses new connections, and refuses calls outside of the admin realm; calls in
        flight go on. Only a restart ends that.
      </p>
      {told.value !== '' && <p role="alert">{told.value}</p>}
      <form method="dialog" class="actions">
        <button class="quiet">{isDone.value ? 'Close' : 'Cancel'}</button>
        {!isDone.value && (
          <button type="button" class="danger" onClick={() => void drain()}>
            Drain
          </button>
        )}
      </form>
    </Dialog>
  );
}
