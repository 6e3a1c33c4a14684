/** Answers requests below `/health` with JSON. */
import type { ServerResponse } from 'node:http';
import type { Unready } from './health.ts';

/** The attributes of `/health` besides `status`. */
export type About = Readonly<Record<string, string | number | object>>;

/** What the answers are computed from; promises where several processes have to be asked. */
export interface HealthAnswers {
  readonly health: { unready(): readonly Unready[] | Promise<readonly Unready[]> };
  readonly about: () => About | Promise<About>;
}

/**
 * Answers requests for health: `/health` and `/health/live` report that the process responds, `/health/ready` whether
 * clients should be sent to it (200 or 503).
 * @returns false for other paths
 */
export function answerHealth(
  path: string,
  response: ServerResponse,
  { health, about }: HealthAnswers,
): boolean {
  switch (path) {
    case '/health':
      void Promise.resolve(about()).then((told) => {
        sendJson(response, 200, { status: 'ok', ...told });
      });
      return true;
    case '/health/live':
      sendJson(response, 200, { status: 'live' });
      return true;
    case '/health/ready':
      void Promise.resolve(health.unready()).then((reasons) => {
        if (reasons.length === 0) sendJson(response, 200, { status: 'ready' });
        else sendJson(response, 503, { status: 'not ready', reasons });
      });
      return true;
    default:
      return false;
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  };
  // Node omits the body of an answer to HEAD by itself.
  response.writeHead(status, headers).end(body);
}
