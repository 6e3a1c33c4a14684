/** Recorded samples: the last hour, and what follows, as long as the page is open. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { joined, lastTime, NO_SAMPLES, readSamples, type Samples } from '../lib/samples.ts';
import { ask, operator } from '../operator/operator.ts';
import { EVERY, failure, type Asked } from './asked.ts';

/** Kept from one view to the next. */
const recorded = signal<Asked<Samples>>({ state: 'loading' });

/** Forgets them: another router has others. */
export function forgetSamples(): void {
  recorded.value = { state: 'loading' };
}

/** Asks for the rows that are missing, every five seconds. */
export function useSamples(): ReadonlySignal<Asked<Samples>> {
  const isConnected = operator.value.state === 'in';
  useEffect(() => {
    if (!isConnected) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const step = async (): Promise<void> => {
      if (document.visibilityState === 'visible') await more();
      if (!ended) timer = setTimeout(() => void step(), EVERY);
    };
    void step();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [isConnected]);
  return recorded;
}

async function more(): Promise<void> {
  const { value } = recorded;
  const before = value.state === 'known' ? value.value : NO_SAMPLES;
  try {
    const answer = await ask('samples', { after: lastTime(before), exclude_own: true });
    recorded.value = { state: 'known', value: joined(before, readSamples(answer)) };
  } catch (error) {
    if (operator.value.state === 'in') recorded.value = failure('samples', error);
  }
}
