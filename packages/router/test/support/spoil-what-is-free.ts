/**
 * Runs before all tests of the router: what sockets have read is spoiled once it has been taken, and frames once they have
 * left. Whoever keeps a message longer than its call without making it its own, finds nothing of it.
 */
import { vi } from 'vitest';
import { spoil, spoilMemory } from './spoiling.ts';

spoilMemory();

vi.mock(import('../../src/transports/reading.ts'), async (original) => {
  const reading = await original();
  return {
    ...reading,
    read: (socket, take, rest) =>
      reading.read(
        socket,
        (chunk, size) => {
          take(chunk, size);
          spoil(chunk, size);
        },
        rest,
      ),
  };
});
