/** The ways in which `npm run stores` fills the stores of the router: each sends until it is refused, or has sent enough. */
import { request, type ClientRequest } from 'node:http';
import { sleep } from '../sleep.ts';
import type { Head } from './heads.ts';
import { Link } from './link.ts';
import { newKindTally } from './tally.ts';

/** The length of each payload (bytes). */
export const PAYLOAD = 1_024_000;
const TEXT = `["${'x'.repeat(PAYLOAD)}"]`;
/** The ends of messages: shared, because composing them takes longer than sending them. */
const ARGUMENTS = Buffer.from(`,${TEXT}]`);
const TESTAMENT = Buffer.from(`,["stores.testament",${TEXT},{}]]`);

/** How the router answered one hostile session. */
interface Hoard {
  /** The payloads that were sent. */
  readonly sent: number;
  /** The last answer of the router: an error, or why the session stopped. */
  readonly answer: string;
}

/** A session, and how much it sends at most. */
interface Target {
  readonly port: number;
  /** The open session. */
  readonly link: Link;
  /** The number of the session; each has names of its own. */
  readonly session: number;
  /** The maximum number of payloads. */
  readonly most: number;
}

export type Hoarding = (target: Target) => Promise<Hoard>;

const RESULT = 50;
const PUBLISHED = 17;
/** How long the router may leave a session unread before that counts as its answer (s). */
const PATIENCE = 10;

export function openSession(port: number): Promise<Link> {
  return Link.open({ port, realm: 'realm1', patience: PATIENCE }, 'rawsocket', newKindTally());
}

/** Sends one request after the other, until one is refused. `requestAt` composes the part of a message that follows its id. */
async function askUntilRefused(
  { link, most }: Target,
  accepted: number,
  requestAt: (number: number) => readonly [type: number, rest: string, end: Buffer],
): Promise<Hoard> {
  let refusal: Head | undefined;
  let sent = 0;
  while (sent < most && refusal === undefined && !link.isOver) {
    const [type, rest, end] = requestAt(sent);
    const number = link.newRequest();
    const answer = link.answerTo(number);
    link.send(`[${type},${number},${rest}`, end);
    sent += 1;
    const head = await answer;
    if (head?.type !== accepted)
      refusal = head ?? { type: 0, second: 0, third: 0, uri: link.ended ?? 'no answer' };
  }
  return { sent, answer: refusal?.uri ?? 'none' };
}

export const testaments: Hoarding = (target) =>
  askUntilRefused(target, RESULT, () => [48, '{},"wamp.session.add_testament"', TESTAMENT]);

export const retained: Hoarding = (target) =>
  askUntilRefused(target, PUBLISHED, (number) => [
    16,
    `{"acknowledge":true,"retain":true},"stores.retained.s${target.session}.n${number}"`,
    ARGUMENTS,
  ]);

export const history: Hoarding = (target) =>
  askUntilRefused(target, PUBLISHED, () => [16, '{"acknowledge":true},"stores.history"', ARGUMENTS]);

/** Sends requests that stay unanswered, until the first error, or until the router stops reading. */
async function sendUntilRefused({ link, most }: Target, start: (request: number) => string): Promise<Hoard> {
  const errors = (): string | undefined => Object.keys(link.tally.errors)[0];
  let sent = 0;
  while (sent < most && errors() === undefined && !link.isOver) {
    link.send(start(link.newRequest()), ARGUMENTS);
    sent += 1;
    await link.drained();
    if (link.unsent > PAYLOAD) {
      return { sent: sent - Math.ceil(link.unsent / PAYLOAD), answer: 'none: reading stops' };
    }
  }
  await sleep(0.5);
  return { sent, answer: errors() ?? link.ended ?? 'none' };
}

export const waitingCalls: Hoarding = (target) =>
  sendUntilRefused(target, (request) => `[48,${request},{},"stores.slow"`);

export const undecided: Hoarding = (target) =>
  sendUntilRefused(target, (request) => `[16,${request},{},"stores.undecided"`);

/** Sends bodies whose last byte never comes, over one long-poll channel. */
export const longPollBodies: Hoarding = async ({ port, most }) => {
  const opened = await answerOf(begin(port, '/lp/open', '{"protocols":["wamp.2.json"]}', 0));
  const { transport } = JSON.parse(opened.text) as { readonly transport: string };
  const hello = JSON.stringify([1, 'realm1', { roles: { caller: {} } }]);
  await answerOf(begin(port, `/lp/${transport}/send`, hello, 0));
  await answerOf(begin(port, `/lp/${transport}/receive`, '', 0));
  const body = 'x'.repeat(PAYLOAD);
  let sent = 0;
  let refused: Answer | undefined;
  while (sent < most && refused === undefined) {
    sent += 1;
    const answer = answerOf(begin(port, `/lp/${transport}/send`, body, 1));
    refused = await Promise.race([answer, sleep(0.3).then(() => undefined)]);
  }
  if (refused === undefined) return { sent, answer: 'none' };
  const { status, retryAfter } = refused;
  return { sent, answer: `HTTP ${status}, Retry-After ${retryAfter ?? 'absent'}` };
};

interface Answer {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Begins a POST, and withholds the last `withheld` bytes of its body. */
function begin(port: number, path: string, body: string, withheld: number): ClientRequest {
  const headers = { 'content-length': body.length };
  const asked = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
  asked.write(body.slice(0, body.length - withheld));
  if (withheld === 0) asked.end();
  return asked;
}

/** Never resolves for a request that the router leaves unanswered. */
function answerOf(asked: ClientRequest): Promise<Answer> {
  return new Promise((resolve) => {
    const over = (why: string): void => resolve({ status: undefined, retryAfter: undefined, text: why });
    asked.on('error', (error) => over(error.message));
    asked.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'], text }),
      );
    });
  });
}
