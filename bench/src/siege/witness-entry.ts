/** The process of the witness: joins on request, and reports its figures when it is told to stop. */
import type { Place } from './link.ts';
import { Witness } from './witness.ts';

let witness: Witness | undefined;

async function begin(place: Place): Promise<void> {
  witness = await Witness.join(place);
  witness.begin();
  process.send?.('begun');
}

async function finish(): Promise<void> {
  const testimony = await witness?.finish();
  process.send?.(testimony, () => process.exit(0));
}

process.on('message', (message: Place | 'end') => void (message === 'end' ? finish() : begin(message)));
process.on('disconnect', () => process.exit(0));
