/** A relay that spoils one message: the load has to notice. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

export type Fault = 'none' | 'drop' | 'duplicate' | 'corrupt' | 'swap';

/** Which of the messages that come from callers or the publisher is spoilt. */
export const SPOILT = 20;
const OPPOSITE: Readonly<Record<string, string>> = {
  caller: 'callee',
  callee: 'caller',
  publisher: 'subscriber',
  subscriber: 'publisher',
};

export interface FaultyRelay {
  readonly url: string;
  close(): void;
}

/** @param from the role whose messages are spoilt */
export async function faultyRelay(
  fault: Fault,
  from: 'caller' | 'callee' | 'publisher',
): Promise<FaultyRelay> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  const members = new Map<string, WebSocket[]>();
  sockets.on('connection', (socket, request) => {
    const role = (request.url ?? '').split('/')[1] ?? '';
    members.set(role, [...(members.get(role) ?? []), socket]);
    const send = (data: Buffer, isBinary: boolean, to?: WebSocket): void => {
      for (const member of members.get(OPPOSITE[role] ?? '') ?? []) {
        if (to === undefined || to === member) member.send(data, { binary: isBinary });
      }
    };
    const spoil = role === from ? spoiler(fault) : (data: Buffer): Buffer[] => [data];
    socket.on('message', (data: Buffer, isBinary) => {
      for (const one of spoil(data)) send(one, isBinary);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
    },
  };
}

/** Turns each message into those that are sent on. */
function spoiler(fault: Fault): (data: Buffer) => Buffer[] {
  let count = 0;
  let held: Buffer | undefined;
  return (data) => {
    count += 1;
    if (count === SPOILT) {
      if (fault === 'drop') return [];
      if (fault === 'duplicate') return [data, data];
      if (fault === 'corrupt') return [spoilt(data)];
      if (fault === 'swap') {
        held = data;
        return [];
      }
    }
    if (held === undefined) return [data];
    const swapped = [data, held];
    held = undefined;
    return swapped;
  };
}

/** One letter of the payload is another. */
function spoilt(data: Buffer): Buffer {
  const copy = Buffer.from(data);
  const at = copy.lastIndexOf('abcd');
  copy[at] = 'X'.charCodeAt(0);
  return copy;
}
