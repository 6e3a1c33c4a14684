/** What is answered below `/health`: JSON for load balancers and for people. */
import type { ServerResponse } from 'node:http';
import type { Health } from './health.ts';

/** What the answers are made of. */
export interface HealthAnswers {
  readonly health: Health;
  /** What `/health` tells besides `status`. */
  readonly about: () => Readonly<Record<string, string | number>>;
}

/**
 * Answers when the path is one of health: `/health` and `/health/live` say that the process answers at all, `/health/ready`
 * whether clients should be sent to it (200 or 503).
 * @returns false for other paths
 */
export function answerHealth(
  path: string,
  response: ServerResponse,
  { health, about }: HealthAnswers,
): boolean {
  switch (path) {
    case '/health':
      sendJson(response, 200, { status: 'ok', ...about() });
      return true;
    case '/health/live':
      sendJson(response, 200, { status: 'live' });
      return true;
    case '/health/ready': {
      const reasons = health.unready();
      if (reasons.length === 0) sendJson(response, 200, { status: 'ready' });
      else sendJson(response, 503, { status: 'not ready', reasons });
      return true;
    }
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
  // Node leaves the body out of an answer to HEAD by itself.
  response.writeHead(status, headers).end(body);
}
