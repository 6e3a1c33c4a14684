/** The reference: forwards WebSocket frames between connections that name each other, and parses nothing. */
import { createServer, type IncomingMessage } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { listening, ready } from './ready.ts';

/** The role that receives what a role sends. */
const OPPOSITE: Readonly<Record<string, string>> = {
  caller: 'callee',
  callee: 'caller',
  publisher: 'subscriber',
  subscriber: 'publisher',
  idle: 'nobody',
};

/** Connections by the name of the connection whose frames they receive. */
const listeners = new Map<string, WebSocket[]>();

function listenersTo(name: string): WebSocket[] {
  let found = listeners.get(name);
  if (found === undefined) listeners.set(name, (found = []));
  return found;
}

/** Frames of `/caller/3` go to `callee/3`, and back; those of a publisher go to all subscribers. */
function open(socket: WebSocket, request: IncomingMessage): void {
  const [, role = '', index = ''] = (request.url ?? '').split('/');
  const group = role === 'subscriber' ? '0' : index;
  const audience = listenersTo(`${role}/${group}`);
  const own = listenersTo(`${OPPOSITE[role] ?? 'nobody'}/${group}`);
  own.push(socket);
  socket.on('message', (data, isBinary) => {
    for (const listener of audience) listener.send(data, { binary: isBinary });
  });
  socket.on('close', () => {
    own.splice(own.indexOf(socket), 1);
  });
}

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', open);
ready({ url: `ws://${await listening(server)}/` });
