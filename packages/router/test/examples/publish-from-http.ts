import { createServer, type IncomingMessage, type Server } from 'node:http';
import { ApplicationError } from '@wamp/protocol';
import type { LocalSession } from '@wamp/router';

/** The status for each refusal; any other is the client's mistake. */
const STATUS: Readonly<Record<string, number>> = {
  'wamp.error.not_authorized': 403,
  'wamp.error.limit_exceeded': 503,
};

/** Publishes what is posted: the path is the topic, the body a JSON list of arguments. */
export function publishFromHttp(session: LocalSession): Server {
  return createServer((request, response) => {
    publish(session, request).then(
      (publication) => response.writeHead(200).end(JSON.stringify({ publication })),
      (error: unknown) => {
        const uri = error instanceof ApplicationError ? error.uri : 'wamp.error.invalid_argument';
        response.writeHead(STATUS[uri] ?? 400).end(uri);
      },
    );
  });
}

async function publish(session: LocalSession, request: IncomingMessage): Promise<number> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) {
    body += String(part);
    if (body.length > 64 * 1024) throw new ApplicationError('wamp.error.payload_size_exceeded');
  }
  const args: unknown = JSON.parse(body);
  if (!Array.isArray(args)) throw new ApplicationError('wamp.error.invalid_argument');
  return session.publish((request.url ?? '/').slice(1), args);
}
