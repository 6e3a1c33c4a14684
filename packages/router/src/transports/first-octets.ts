/** What a client says first, by which it is told what it speaks. */
import type { Socket } from 'node:net';
import { deadline } from '../connection/deadline.ts';
import type { Host } from '../host.ts';

/**
 * Waits until a client has said something, and puts that back where it came from: whoever takes the socket resumes it.
 * @param take is told undefined when nothing came in time, or ever
 */
export function onFirstOctets(
  router: Host,
  socket: Socket,
  take: (octets: Buffer | undefined) => void,
): void {
  const dismiss = deadline(router, 'hello_timeout', () => socket.destroy());
  const gone = (): void => {
    dismiss();
    take(undefined);
  };
  // Whoever takes it hears its errors, too; until then, unheard, one would end the process.
  socket.on('error', () => undefined);
  const end = (): void => {
    socket.destroy();
  };
  socket.once('end', end);
  socket.once('close', gone);
  socket.once('data', (octets: Buffer) => {
    dismiss();
    socket.off('end', end);
    socket.off('close', gone);
    socket.pause();
    socket.unshift(octets);
    take(octets);
  });
}
