/**
 * Runs before all tests of the router: what sockets have read is spoiled once it has been taken, and frames once they have
 * left. Whoever keeps a message longer than its call without making it its own, finds nothing of it.
 */
import { vi } from 'vitest';
import { spoil, spoilMemory } from './spoiling.ts';

spoilMemory();

vi.mock(import('../../src/plain-socket.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    read: (socket, take, rest) =>
      real.read(
        socket,
        (chunk, size) => {
          take(chunk, size);
          spoil(chunk, size);
        },
        rest,
      ),
  };
});
